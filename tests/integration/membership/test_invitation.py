"""People who are expected: to join, to work, in time, once, and by nobody else's hand."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.membership.community.commands import GrantRole
from services.membership.community.decider import COMMUNITY
from services.membership.gateways.gateway import Letter, Unreachable, Unsendable
from shared.clock import real_now
from shared.command_handler import Origin
from shared.event_store import Meta
from shared.ids import AccountId, random_id
from shared.reaction import Ask
from shared.testing import eventually
from tests.integration.membership.house import House, Json, code_of, link_in

ada = "ada@example.com"


async def invite(house: House, token: str, email: str = ada, **more: Any) -> str:
    body = {"email": email} | more
    path = "/staff/invitations" if "role" in more else "/invitations"
    invited = await house.call("POST", path, body, token=token, expect=201)
    return str(invited["invitation_id"])


async def letter_to(house: House, email: str = ada, number: int = 1) -> Letter:
    """The letter of this number among the invitations to an address."""

    async def letters() -> list[Letter]:
        return [one for one in house.mailbox.to(email) if one.template.startswith("invited")]

    return (await eventually(letters, lambda seen: len(seen) >= number))[number - 1]


async def accept(house: House, link: str, token: str, **more: Any) -> Json:
    expect = more.pop("expect", 201)
    body = {"link": link, "name": "Ada"} | more
    return await house.call("POST", "/invitations/acceptance", body, token=token, expect=expect)


async def listed(house: House, token: str, standing: str = "") -> list[Json]:
    query = f"?filter[standing]={standing}" if standing else ""
    return list((await house.call("GET", f"/invitations{query}", token=token))["items"])


async def standing(house: House, token: str) -> list[str]:
    return [one["standing"] for one in await listed(house, token)]


async def moves_to(house: House, moment: datetime) -> None:
    await house.service.move_clock(moment)


async def person_once_admitted(house: House, email: str, community_id: str) -> tuple[str, str]:
    async def person() -> str | None:
        token = await house.token(email, community_id)
        found: str | None = (await house.call("GET", "/me", token=token)).get("person_id")
        return found

    person_id = await eventually(person, lambda seen: seen is not None)
    return str(person_id), await house.token(email, community_id)


async def test_who_is_invited_with_a_gift_comes_in_and_has_it_until_that_day(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.tier(owner, "Everybody", paid=False)
    gold = await house.tier(owner, "Gold", paid=True)
    until = real_now() + timedelta(days=30)
    invitation_id = await invite(house, owner, tier_id=gold, until=until.isoformat(), language="fr")
    letter = await letter_to(house)
    assert (letter.sender, letter.template) == ("Chess Club", "invited_with_gift_until")
    assert (letter.language, letter.values["tier"]) == ("fr", "Gold")
    shown = await house.call("GET", f"/public/invitations/{link_in(letter)}")
    assert (shown["community"], shown["tier"], shown["standing"]) == ("Chess Club", "Gold", "open")
    assert ada not in str(shown)
    accepted = await accept(house, link_in(letter), await house.token(ada))
    person_id, token = await person_once_admitted(house, ada, community_id)
    assert accepted["person_id"] == person_id
    await house.eventually_live(person_id, token, ("Everybody", "joined"), ("Gold", "gift"))
    (row,) = await listed(house, owner, "accepted")
    assert (row["invitation_id"], row["person_id"]) == (invitation_id, person_id)
    assert row["email"] is None
    await moves_to(house, until + timedelta(seconds=1))
    await house.eventually_live(
        person_id, await house.token(ada, community_id), ("Everybody", "joined")
    )


async def publish_terms(house: House, owner: str) -> None:
    body = {"kind": "terms", "url": "https://chess.example/terms.pdf", "sha256": "0" * 64}
    await house.call("POST", "/documents", body, token=owner, expect=201)


async def test_who_comes_in_by_invitation_accepts_what_is_asked(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await publish_terms(house, owner)
    await invite(house, owner)
    link = link_in(await letter_to(house))
    shown = await house.call("GET", f"/public/invitations/{link}")
    url = "https://chess.example/terms.pdf"
    (asked,) = shown["documents"]
    assert (asked["kind"], asked["version"], asked["url"]) == ("terms", 1, url)
    assert [(one["url"], one["binds"]) for one in asked["texts"]] == [(url, True)]
    account = await house.token(ada)
    assert code_of(await accept(house, link, account, expect=422)) == "documents_not_accepted"
    assert await standing(house, owner) == ["open"]
    agreed = [{"kind": "terms", "version": 1}]
    await accept(house, link, account, accepted_documents=agreed)
    _, token = await person_once_admitted(house, ada, community_id)
    (terms,) = (await house.call("GET", "/documents/mine", token=token))["items"]
    assert (terms["accepted"], terms["asked"]) == (1, False)


async def documents(house: House, link: str) -> list[Json]:
    shown: list[Json] = (await house.call("GET", f"/public/invitations/{link}"))["documents"]
    return shown


@pytest.mark.parametrize("end", ["accepted", "withdrawn", "over"])
async def test_a_link_that_opens_nothing_any_more_shows_no_documents(
    house: House, end: str
) -> None:
    _, owner = await house.community("olga@example.com")
    await publish_terms(house, owner)
    invitation_id = await invite(house, owner, days=3)
    link = link_in(await letter_to(house))
    assert len(await documents(house, link)) == 1
    if end == "accepted":
        agreed = [{"kind": "terms", "version": 1}]
        await accept(house, link, await house.token(ada), accepted_documents=agreed)
    elif end == "withdrawn":
        await house.call("POST", f"/invitations/{invitation_id}/withdrawal", {}, token=owner)
    else:
        await moves_to(house, real_now() + timedelta(days=3, minutes=1))
    assert await documents(house, link) == []


async def test_who_comes_to_work_is_asked_to_accept_nothing(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    await publish_terms(house, owner)
    await invite(house, owner, role="moderator")
    link = link_in(await letter_to(house))
    assert (await house.call("GET", f"/public/invitations/{link}"))["documents"] == []
    await accept(house, link, await house.token(ada), name=None)


async def test_who_is_invited_to_work_gets_the_role_and_becomes_no_member(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await invite(house, owner, role="moderator", language="fr")
    letter = await letter_to(house)
    assert (letter.template, letter.values["role"]) == ("invited_to_work", "modération")
    accepted = await accept(house, link_in(letter), await house.token(ada), name=None)
    assert accepted["person_id"] is None

    async def roles() -> object:
        me = await house.call("GET", "/me", token=await house.token(ada, community_id))
        return me["roles"]

    await house.eventually(roles, ["moderator"])
    assert (await house.call("GET", "/members", token=owner))["items"] == []


async def test_a_member_is_invited_to_work_but_not_to_join_again(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    person_id, token = await house.join(ada, community_id)
    problem = await house.call("POST", "/invitations", {"email": ada}, token=owner, expect=409)
    assert code_of(problem) == "already_member"
    await invite(house, owner, role="accountant")
    link = link_in(await letter_to(house))
    assert (await accept(house, link, token))["person_id"] == person_id

    async def roles() -> object:
        return (await house.call("GET", "/me", token=await house.token(ada, community_id)))["roles"]

    await house.eventually(roles, ["accountant"])
    body = {"email": ada, "role": "accountant"}
    again = await house.call("POST", "/staff/invitations", body, token=owner, expect=409)
    assert code_of(again) == "already_staff"
    members = await house.call("GET", "/members", token=owner)
    assert [member["email"] for member in members["items"]] == [ada]


async def test_the_link_alone_opens_nothing(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await invite(house, owner, role="admin")
    link = link_in(await letter_to(house))
    eve = await house.token("eve@example.com")
    assert code_of(await accept(house, link, eve, expect=409)) == "not_your_email"
    await house.call("POST", "/invitations/acceptance", {"link": link}, expect=401)
    token = await house.token("eve@example.com", community_id)
    assert (await house.call("GET", "/me", token=token))["roles"] == []
    for forged in (link[:-4] + "AAAA", "nothing", "x" * 2001):
        status = 422 if len(forged) > 2000 else 403
        await accept(house, forged, eve, expect=status)
    await house.call("GET", f"/public/invitations/{link[:-4]}AAAA", expect=403)


async def test_an_invitation_is_accepted_once_however_often_it_is_tried(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await invite(house, owner)
    link = link_in(await letter_to(house))
    token = await house.token(ada)
    answers = await asyncio.gather(*(accept(house, link, token) for _ in range(6)))
    person_id, _ = await person_once_admitted(house, ada, community_id)
    later = await accept(house, link, token)
    assert {answer["person_id"] for answer in [*answers, later]} == {person_id}
    eve = await house.token("eve@example.com")
    assert code_of(await accept(house, link, eve, expect=409)) == "invitation_used"
    events = await house.service.pool.fetch(
        "SELECT type FROM events WHERE type IN ('MemberJoined', 'InvitationAccepted') ORDER BY 1"
    )
    assert [event["type"] for event in events] == ["InvitationAccepted", "MemberJoined"]


async def test_who_came_in_by_the_front_door_may_still_accept(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    await invite(house, owner, tier_id=gold)
    link = link_in(await letter_to(house))
    person_id, token = await house.join(ada, community_id, name="Ada Lovelace")
    assert (await accept(house, link, token))["person_id"] == person_id
    await house.eventually_live(person_id, token, ("Gold", "gift"))
    me = await house.call("GET", "/me", token=token)
    assert me["name"] == "Ada Lovelace"


async def test_who_joins_says_a_name(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    await invite(house, owner)
    link = link_in(await letter_to(house))
    problem = await accept(house, link, await house.token(ada), name=None, expect=422)
    assert (code_of(problem), problem["errors"][0]["pointer"]) == ("missing", "/name")


async def test_an_invitation_runs_out_and_its_address_is_forgotten(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    invitation_id = await invite(house, owner, days=3)
    link = link_in(await letter_to(house))
    await moves_to(house, real_now() + timedelta(days=3, minutes=1))
    assert code_of(await accept(house, link, await house.token(ada), expect=409)) in (
        "invitation_expired"
    )

    async def over() -> list[tuple[str, object]]:
        return [(one["standing"], one["email"]) for one in await listed(house, owner)]

    await house.eventually(over, [("expired", None)])
    resend = f"/invitations/{invitation_id}/letters"
    problem = await house.call("POST", resend, {}, token=owner, expect=409)
    assert code_of(problem) == "invitation_expired"
    await invite(house, owner)


async def test_what_is_sent_again_has_time_again(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    invitation_id = await invite(house, owner, days=3)
    await letter_to(house)
    await moves_to(house, real_now() + timedelta(days=2))
    await house.call("POST", f"/invitations/{invitation_id}/letters", {}, token=owner, expect=200)
    link = link_in(await letter_to(house, number=2))
    await moves_to(house, real_now() + timedelta(days=5))
    assert await standing(house, owner) == ["open"]
    await accept(house, link, await house.token(ada))
    await person_once_admitted(house, ada, community_id)


async def test_nobody_gets_letters_without_end(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    path = f"/invitations/{await invite(house, owner)}/letters"
    for _ in range(4):
        await house.call("POST", path, {}, token=owner)
    assert code_of(await house.call("POST", path, {}, token=owner, expect=409)) == (
        "sent_often_enough"
    )


async def test_what_was_withdrawn_opens_nothing_and_is_forgotten_at_once(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    invitation_id = await invite(house, owner)
    link = link_in(await letter_to(house))
    path = f"/invitations/{invitation_id}/withdrawal"
    await house.call("POST", path, {}, token=owner)
    await house.call("POST", path, {}, token=owner)
    problem = await accept(house, link, await house.token(ada), expect=409)
    assert code_of(problem) == "invitation_withdrawn"
    shown = await house.call("GET", f"/public/invitations/{link}")
    assert shown["standing"] == "withdrawn"
    keys = await house.service.pool.fetchval("SELECT count(*) FROM membership_personal.keys")
    assert keys == 0
    await invite(house, owner)


async def test_an_address_has_one_open_invitation(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    first = await house.call(
        "POST", "/invitations", {"email": ada}, token=owner, Idempotency_Key="one"
    )
    again = await house.call(
        "POST", "/invitations", {"email": ada}, token=owner, Idempotency_Key="one"
    )
    assert first == again
    for body, path in (
        ({"email": "ADA@example.com"}, "/invitations"),
        ({"email": ada, "role": "admin"}, "/staff/invitations"),
    ):
        problem = await house.call("POST", path, body, token=owner, expect=409)
        assert code_of(problem) == "already_invited"
    _, other = await house.community("gina@example.com", "go")
    await invite(house, other)


async def test_who_was_shut_out_is_neither_invited_nor_let_in(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await invite(house, owner)
    link = link_in(await letter_to(house))
    person_id, token = await house.join(ada, community_id)
    await house.call("POST", f"/people/{person_id}/ban", {}, token=owner)
    assert code_of(await accept(house, link, token, expect=409)) == "banned"
    for path, body in (
        ("/invitations", {"email": ada}),
        ("/staff/invitations", {"email": ada, "role": "admin"}),
    ):
        await house.call(
            "POST",
            f"/invitations/{(await listed(house, owner))[0]['invitation_id']}/withdrawal",
            {},
            token=owner,
        )
        problem = await house.call("POST", path, body, token=owner, expect=409)
        assert code_of(problem) == "banned"


async def test_a_role_given_at_the_moment_of_a_ban_goes_with_it(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    person_id, token = await house.join(ada, community_id)
    account_id = (await house.call("GET", "/me", token=token))["account_id"]
    await house.call("POST", f"/people/{person_id}/ban", {}, token=owner)
    await house.quiet()
    role = {"account_id": account_id, "role": "admin"}
    problem = await house.call("POST", "/staff", role, token=owner, expect=422)
    assert code_of(problem) == "banned"
    # As an invitation does that was accepted before the ban, and is heard after it.
    grant = GrantRole(AccountId(UUID(account_id)), AccountId(UUID(account_id)), "admin")
    meta = Meta(random_id(), random_id(), mode="live")
    origin = Origin(random_id(), UUID(community_id), real_now(), meta)
    await house.service.handler.handle([Ask(COMMUNITY, UUID(community_id), grant)], origin)
    await house.quiet()
    staff = (await house.call("GET", "/staff", token=owner))["items"]
    assert account_id not in [one["account_id"] for one in staff]
    await house.call("DELETE", f"/people/{person_id}/ban", token=owner)
    await house.call("POST", "/staff", role, token=owner, expect=201)
    await house.quiet()
    staff = (await house.call("GET", "/staff", token=owner))["items"]
    assert account_id in [one["account_id"] for one in staff]


async def test_an_invitation_is_worth_as_much_as_who_invited(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    mona = (await house.call("GET", "/me", token=await house.token("mona@example.com")))[
        "account_id"
    ]
    await house.call("POST", "/staff", {"account_id": mona, "role": "admin"}, token=owner)
    await invite(house, await house.token("mona@example.com", community_id), role="admin")
    link = link_in(await letter_to(house))
    await house.call("DELETE", f"/staff/{mona}/admin", token=owner)
    problem = await accept(house, link, await house.token(ada), expect=409)
    assert code_of(problem) == "invitation_void"


async def test_who_may_invite_whom(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    mona = (await house.call("GET", "/me", token=await house.token("mona@example.com")))[
        "account_id"
    ]
    await house.call("POST", "/staff", {"account_id": mona, "role": "moderator"}, token=owner)
    moderator = await house.token("mona@example.com", community_id)
    await invite(house, moderator, "bob@example.com")
    gift = {"email": ada, "tier_id": gold}
    await house.call("POST", "/invitations", gift, token=moderator, expect=403)
    work = {"email": ada, "role": "read_only"}
    await house.call("POST", "/staff/invitations", work, token=moderator, expect=403)
    staff = await invite(house, owner, role="admin")
    for path in ("letters", "withdrawal"):
        await house.call("POST", f"/invitations/{staff}/{path}", {}, token=moderator, expect=403)
    _, member = await house.join("eve@example.com", community_id)
    await house.call("GET", "/invitations", token=member, expect=403)
    await house.call("POST", "/invitations", {"email": ada}, token=member, expect=403)
    await house.call("POST", "/invitations", {"email": ada}, expect=401)


async def test_all_that_is_wrong_with_an_invitation_is_said(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    body = {"email": "nobody", "language": "de", "days": 61, "tier_id": "gold", "until": "soon"}
    problem = await house.call("POST", "/invitations", body | {"x": 1}, token=owner, expect=422)
    assert {wrong["pointer"] for wrong in problem["errors"]} == {
        "/email", "/language", "/days", "/tier_id", "/until", "/x",
    }  # fmt: skip
    body = {"email": ada, "role": "owner"}
    await house.call("POST", "/staff/invitations", body, token=owner, expect=422)
    until = (real_now() + timedelta(days=1)).isoformat()
    problem = await house.call(
        "POST", "/invitations", {"email": ada, "until": until}, token=owner, expect=422
    )
    assert problem["errors"][0]["pointer"] == "/until"


async def test_another_community_s_invitations_and_tiers_are_not_there(house: House) -> None:
    _, chess = await house.community("olga@example.com", "chess")
    _, go = await house.community("gina@example.com", "go")
    gold = await house.tier(chess, "Gold", paid=True)
    invitation_id = await invite(house, chess)
    for path in ("letters", "withdrawal"):
        await house.call("POST", f"/invitations/{invitation_id}/{path}", {}, token=go, expect=404)
    assert await listed(house, go) == []
    body = {"email": ada, "tier_id": gold}
    problem = await house.call("POST", "/invitations", body, token=go, expect=422)
    assert code_of(problem) == "tier_not_found"


async def test_a_letter_waits_for_the_mail_server_and_goes_once(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    house.mailbox.failure = Unreachable("The mail server does not answer.")
    await invite(house, owner)

    async def tries() -> int:
        count: int = await house.service.pool.fetchval(
            "SELECT coalesce(max(attempts), 0) FROM agenda WHERE kind = 'call'"
        )
        return count

    await eventually(tries, lambda count: count >= 2)
    house.mailbox.failure = None
    await letter_to(house)

    async def posted() -> int:
        count: int = await house.service.pool.fetchval(
            "SELECT count(*) FROM events WHERE type = 'InvitationPosted'"
        )
        return count

    await house.eventually(posted, 1)
    await house.service.pool.execute(
        "UPDATE agenda SET state = 'waiting', claimed_until = NULL WHERE kind = 'call'"
    )

    async def waiting() -> int:
        count: int = await house.service.pool.fetchval(
            "SELECT count(*) FROM agenda WHERE state = 'waiting' AND kind = 'call'"
        )
        return count

    await house.eventually(waiting, 0)
    assert len(house.mailbox.to(ada)) == 1


async def test_staff_see_that_an_address_takes_no_mail(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    house.mailbox.failure = Unsendable("refused_by_mail_server")
    await invite(house, owner)

    async def told() -> list[object]:
        return [one["not_posted"] for one in await listed(house, owner)]

    await house.eventually(told, ["refused_by_mail_server"])


async def test_invitations_are_listed_page_by_page_the_newest_first(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    for number in range(5):
        invited = await house.call(
            "POST", "/invitations", {"email": f"guest{number}@example.com"}, token=owner
        )
    await house.call("GET", "/tiers", token=owner, Tessera_Wait_For=invited["position"])
    seen: list[str] = []
    after = ""
    while True:
        page = await house.call("GET", f"/invitations?limit=2{after}", token=owner)
        seen += [one["email"] for one in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == [f"guest{number}@example.com" for number in (4, 3, 2, 1, 0)]
    await house.call("GET", "/invitations?after=!!!", token=owner, expect=400)
    await house.call("GET", "/invitations?filter[colour]=red", token=owner, expect=422)


async def test_a_member_who_is_erased_takes_the_address_of_their_invitation_along(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    person_id, token = await house.join(ada, community_id)
    await invite(house, owner, role="moderator")
    await letter_to(house)
    await house.call("POST", f"/people/{person_id}/erasure", {}, token=token, expect=202)

    async def addresses() -> list[object]:
        return [one["email"] for one in await listed(house, owner)]

    await house.eventually(addresses, [None])


async def test_who_came_in_another_way_and_is_erased_is_expected_no_more(house: House) -> None:
    """The letter had gone before anybody was known by its address."""
    community_id, owner = await house.community("olga@example.com")
    invitation_id = await invite(house, owner)
    link = link_in(await letter_to(house))
    person_id, token = await house.join(ada, community_id)
    assert [one["email"] for one in await listed(house, owner)] == [ada]
    await house.call("POST", f"/people/{person_id}/erasure", {}, token=token, expect=202)

    async def addresses() -> list[object]:
        return [one["email"] for one in await listed(house, owner)]

    await house.eventually(addresses, [None])
    await house.call("POST", f"/invitations/{invitation_id}/letters", {}, token=owner)
    await house.quiet()
    letters = [one for one in house.mailbox.to(ada) if one.template.startswith("invited")]
    assert len(letters) == 1
    problem = await accept(house, link, await house.token(ada), expect=409)
    assert code_of(problem) == "not_your_email"
    await invite(house, owner)


@pytest.mark.parametrize("way", ["departure", "ban", "erasure"])
async def test_the_last_owner_stays_in_every_way(house: House, way: str) -> None:
    community_id, _ = await house.community("olga@example.com")
    olga, owner = await house.join("olga@example.com", community_id)
    path = "/me/departure" if way == "departure" else f"/people/{olga}/{way}"
    problem = await house.call("POST", path, {}, token=owner, expect=409)
    assert code_of(problem) == "last_owner"
    gina, second = await house.join("gina@example.com", community_id)
    account = (await house.call("GET", "/me", token=second))["account_id"]
    await house.call("POST", "/staff", {"account_id": account, "role": "owner"}, token=owner)
    second = await house.token("gina@example.com", community_id)
    await house.call("POST", path, {}, token=owner)
    if way == "departure":
        return  # Who leaves as a member goes on working.

    async def owners() -> int:
        return len((await house.call("GET", "/staff", token=second))["items"])

    await house.eventually(owners, 1)
    path = f"/people/{gina}/erasure"
    problem = await house.call("POST", path, {}, token=second, expect=409)
    assert code_of(problem) == "last_owner"


async def test_who_is_shut_out_loses_their_roles(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    mona, token = await house.join("mona@example.com", community_id)
    account = (await house.call("GET", "/me", token=token))["account_id"]
    await house.call("POST", "/staff", {"account_id": account, "role": "admin"}, token=owner)
    await house.call("POST", f"/people/{mona}/ban", {}, token=owner)

    async def staff() -> list[object]:
        return [one["roles"] for one in (await house.call("GET", "/staff", token=owner))["items"]]

    await house.eventually(staff, [["owner"]])


async def test_an_admin_shuts_out_no_owner(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    for email, role in (("gina@example.com", "owner"), ("adam@example.com", "admin")):
        _, token = await house.join(email, community_id)
        account = (await house.call("GET", "/me", token=token))["account_id"]
        await house.call("POST", "/staff", {"account_id": account, "role": role}, token=owner)
    gina = await house.call("GET", "/me", token=await house.token("gina@example.com", community_id))
    admin = await house.token("adam@example.com", community_id)
    for way in ("ban", "erasure"):
        path = f"/people/{gina['person_id']}/{way}"
        problem = await house.call("POST", path, {}, token=admin, expect=409)
        assert code_of(problem) == "owners_only"


async def test_a_moderator_shuts_out_nobody_who_works_here(house: House) -> None:
    """Their roles would go with them, and moderators take nobody's."""
    community_id, owner = await house.community("olga@example.com")
    people = {}
    for email, role in (("adam@example.com", "admin"), ("mona@example.com", "moderator")):
        people[role], token = await house.join(email, community_id)
        account = (await house.call("GET", "/me", token=token))["account_id"]
        await house.call("POST", "/staff", {"account_id": account, "role": role}, token=owner)
    bob, _ = await house.join("bob@example.com", community_id, "Bob")
    moderator = await house.token("mona@example.com", community_id)
    problem = await house.call(
        "POST", f"/people/{people['admin']}/ban", {}, token=moderator, expect=409
    )
    assert code_of(problem) == "works_here"
    await house.call("POST", f"/people/{bob}/ban", {}, token=moderator)
    admin = await house.token("adam@example.com", community_id)
    await house.call("POST", f"/people/{people['moderator']}/ban", {}, token=admin)

    async def staff() -> list[list[str]]:
        listed = (await house.call("GET", "/staff", token=owner))["items"]
        return sorted(one["roles"] for one in listed)

    await house.eventually(staff, [["admin"], ["owner"]])


async def test_everybody_can_read_what_each_role_may_do(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    _, token = await house.join(ada, community_id)
    told = await house.call("GET", "/roles", token=token)
    roles = {one["role"]: one["permissions"] for one in told["items"]}
    assert roles["owner"] == ["*"]
    assert roles["accountant"] == ["receipts.write", "refunds.write", "revenue.read", "sales.read"]
    await house.call("GET", "/roles", expect=401)
