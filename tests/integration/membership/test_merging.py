"""Two persons who are one: by the word of both, once; what one had and is said to have, the other has."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.membership.merging import routes
from services.membership.merging.projections import merging_now
from shared.clock import real_now
from shared.contracts.billing_subscription import SubscriptionActivated, SubscriptionEnded
from shared.contracts.contract import Contract
from shared.ids import random_id
from shared.testing import eventually
from tests.integration.membership.house import BASE, House, Json
from tests.integration.membership.test_access import (
    give,
    order_paid,
    order_refunded,
    subscribed,
    ten_euros,
)

PATH = "/me/merging"
ADA, IDA = "ada@example.com", "ida@example.com"


class Two:
    """Ada, who has paid with another address, as Ida."""

    def __init__(self, house: House, community_id: str, owner: str, gold: str) -> None:
        self.house, self.community_id, self.owner, self.gold = house, community_id, owner, gold
        self.ada = self.ida = self.ada_token = self.ida_token = ""

    async def merge(self, **more: Any) -> Json:
        body = await self.house.proof(IDA)
        return await self.house.call("POST", PATH, body, token=self.ada_token, **more)

    async def live(self, *wanted: tuple[str, str]) -> None:
        await self.house.eventually_live(self.ada, self.owner, *wanted)


async def two(house: House) -> Two:
    community_id, owner = await house.community("olga@example.com")
    found = Two(house, community_id, owner, await house.tier(owner, "Gold", paid=True))
    found.ada, found.ada_token = await house.join(ADA, community_id, "Ada")
    found.ida, found.ida_token = await house.join(IDA, community_id, "Ida")
    return found


def began(both: Two, subscription_id: UUID) -> SubscriptionActivated:
    told: SubscriptionActivated = subscribed(
        SubscriptionActivated,
        both.community_id,
        both.ida,
        both.gold,
        subscription_id=subscription_id,
        price=ten_euros,
        interval="month",
        quantity=1,
        source="bought",
        period_start=real_now(),
        period_end=real_now() + timedelta(days=30),
    )
    return told


def ended(both: Two, subscription_id: UUID) -> Contract:
    told: SubscriptionEnded = subscribed(
        SubscriptionEnded,
        both.community_id,
        both.ida,
        both.gold,
        subscription_id=subscription_id,
        reason="voluntary",
        was_paying=True,
    )
    return told


async def test_who_paid_with_another_address_has_it_all_and_signs_in_by_both(house: House) -> None:
    both = await two(house)
    order_id = random_id()
    await house.hear(order_paid(both.community_id, both.ida, both.gold, order_id), order_id)
    await give(house, both.ida, both.owner, both.gold, real_now() + timedelta(days=9))
    await house.eventually_live(both.ida, both.owner, ("Gold", "gift"), ("Gold", "purchase"))
    answer = await both.merge()
    assert (answer["person_id"], answer["taken_in"]) == (both.ada, both.ida)
    await both.live(("Gold", "gift"), ("Gold", "purchase"))
    await house.eventually_live(both.ida, both.owner)
    for email in (ADA, IDA):
        me = await house.call("GET", "/me", token=await house.token(email, both.community_id))
        assert (me["person_id"], me["name"]) == (both.ada, "Ada")
    seen = await house.call("GET", f"/people/{both.ida}/merging", token=both.owner)
    assert seen == {"person_id": both.ida, "into": both.ada, "taken_in": []}
    await house.quiet()
    listed = await house.call("GET", "/members", token=both.owner)
    standings = {one["person_id"]: one["standing"] for one in listed["items"]}
    assert standings == {both.ada: "joined", both.ida: "taken_in"}


async def test_what_is_said_later_of_who_was_taken_in_holds_for_who_they_are(house: House) -> None:
    both = await two(house)
    before, after, gone = random_id(), random_id(), random_id()
    await house.hear(order_paid(both.community_id, both.ida, both.gold, before), before)
    await house.quiet()
    await both.merge()
    await house.hear(began(both, after), after)
    await both.live(("Gold", "purchase"), ("Gold", "subscription"))
    await house.hear(order_refunded(both.community_id, both.ida, before), before)
    await both.live(("Gold", "subscription"))
    # What has ended before it began never begins, and what is told twice happens once.
    await house.hear(ended(both, gone), gone)
    await house.quiet()
    await house.hear(began(both, gone), gone)
    await house.hear(began(both, after), after)
    await house.quiet()
    await both.live(("Gold", "subscription"))
    await house.hear(ended(both, after), after)
    await both.live()


async def test_a_gift_that_was_taken_over_runs_out_on_its_day(house: House) -> None:
    both = await two(house)
    until = real_now() + timedelta(days=30)
    await give(house, both.ida, both.owner, both.gold, until)
    await house.quiet()
    await both.merge()
    await both.live(("Gold", "gift"))
    await house.service.move_clock(until + timedelta(seconds=1))
    await both.live()


async def test_what_lasts_for_a_grace_lasts_for_who_they_are(house: House) -> None:
    """Over before the two were one, or after."""
    both, before, after = await two(house), random_id(), random_id()
    await house.call("PUT", "/access/grace", {"end_days": 14}, token=both.owner)
    await house.hear(began(both, before), before)
    await house.quiet()
    await house.hear(ended(both, before), before)
    await house.quiet()
    await both.merge()
    await both.live(("Gold", "subscription"))
    await house.hear(began(both, after), after)
    await both.live(*[("Gold", "subscription")] * 2)
    await house.hear(ended(both, after), after)
    await house.quiet()
    await both.live(*[("Gold", "subscription")] * 2)
    await house.service.move_clock(real_now() + timedelta(days=14, minutes=5))
    await both.live()


async def test_a_repeat_and_a_dry_run_change_nothing(house: House) -> None:
    both = await two(house)
    path = f"{PATH}?dry_run=true"
    body = await house.proof(IDA)
    dry = await house.call("POST", path, body, token=both.ada_token)
    would = {one["type"] for one in dry["would"]["events"]}
    assert would == {"MemberMerged", "PersonTakenIn", "MemberTakenIn"}
    assert (await merging_now(house.service, UUID(both.community_id), UUID(both.ida))).into is None
    key = str(uuid4())
    body = await house.proof(IDA)

    async def merge(key: str) -> Json:
        return await house.call("POST", PATH, body, token=both.ada_token, Idempotency_Key=key)

    first = await merge(key)
    assert await merge(key) == first
    await merge(str(uuid4()))
    count = "SELECT count(*) FROM events WHERE type = 'MemberMerged'"
    assert await house.service.pool.fetchval(count) == 1


async def test_who_was_taken_in_is_no_member_who_has_not_accepted(house: House) -> None:
    both = await two(house)
    terms = {"kind": "terms", "url": "https://chess.example/terms.pdf", "sha256": "0" * 64}
    await house.call("POST", "/documents", terms, token=both.owner, expect=201)
    await both.merge()
    await house.call("POST", "/documents/terms/acceptance", {"version": 1}, token=both.ada_token)
    await house.quiet()
    told = await house.call("GET", "/documents/terms/acceptances", token=both.owner)
    assert (told["members"], told["accepted"], told["items"]) == (1, 1, [])


async def test_of_two_who_take_somebody_in_at_once_one_does(house: House) -> None:
    both = await two(house)
    _, eve_token = await house.join("eve@example.com", both.community_id, "Eve")
    body = await house.proof(IDA)

    async def take(token: str) -> int:
        sent = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
        return (await house.client.post(BASE + PATH, json=body, headers=sent)).status_code

    assert sorted(await asyncio.gather(take(both.ada_token), take(eve_token))) == [200, 422]
    count = "SELECT count(*) FROM events WHERE type = 'MemberMerged'"
    assert await house.service.pool.fetchval(count) == 1


async def test_who_is_shut_out_while_they_merge_is_not_merged(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ban comes once the request has looked who they are: nobody goes on as somebody else."""
    both = await two(house)
    body = await house.proof(IDA)

    async def as_it_was(*_: object) -> str:
        return "joined"

    await house.call("POST", f"/people/{both.ida}/ban", {}, token=both.owner)
    monkeypatch.setattr(routes, "standing_of", as_it_was)
    call = house.call("POST", PATH, body, token=both.ada_token, expect=409)
    assert (await call)["errors"][0]["code"] == "banned"
    assert (await merging_now(house.service, UUID(both.community_id), UUID(both.ida))).into is None


async def test_there_are_no_chains(house: House) -> None:
    both = await two(house)
    _, eve_token = await house.join("eve@example.com", both.community_id, "Eve")
    await both.merge()
    for token, other in ((eve_token, IDA), (both.ida_token, "eve@example.com")):
        body = await house.proof(other)
        problem = await house.call("POST", PATH, body, token=token, expect=409)
        assert problem["errors"][0]["code"] == "was_taken_in"
    body = await house.proof(ADA)
    problem = await house.call("POST", PATH, body, token=eve_token, expect=409)
    assert problem["errors"][0]["code"] == "has_taken_in"


async def test_all_that_is_wrong_is_said(house: House) -> None:
    both = await two(house)

    async def refused(token: str, other: str, status: int = 409) -> str:
        body = await house.proof(other)
        problem = await house.call("POST", PATH, body, token=token, expect=status)
        return str(problem["errors"][0]["code"])

    assert await refused(both.ada_token, ADA, 422) == "same_person"
    assert await refused(both.ada_token, "new@example.com", 422) == "nobody_to_take_in"
    stranger = await house.token("eve@example.com")
    assert await refused(both.ada_token, "eve@example.com", 422) == "nobody_to_take_in"
    body = await house.proof(ADA)
    await house.call("POST", PATH, body, token=stranger, expect=403)
    await house.call("POST", PATH, body, expect=401)
    await house.join("olga@example.com", both.community_id, "Olga")
    assert await refused(both.ada_token, "olga@example.com") == "last_owner"
    _, gus = await house.join("gus@example.com", both.community_id, "Gus")
    await house.call("POST", "/me/departure", token=gus)
    assert await refused(both.ada_token, "gus@example.com") == "not_a_member"
    await house.call("POST", f"/people/{both.ida}/ban", {}, token=both.owner)
    assert await refused(both.ada_token, IDA) == "banned"
    assert await refused(both.ida_token, ADA) == "banned"


async def test_whoever_cannot_read_the_others_mail_takes_nobody_in(house: House) -> None:
    both = await two(house)

    async def refused(body: Json) -> str:
        problem = await house.call("POST", PATH, body, token=both.ada_token, expect=422)
        return str(problem["errors"][0]["code"])

    # A token of the other, however new, is no proof.
    assert await refused({"access_token": both.ida_token, "email": IDA}) != "not_proved"
    assert await refused({"email": IDA, "code": "000000"}) == "not_proved"
    own = await house.proof(ADA)
    assert await refused(own | {"email": IDA}) == "not_proved"
    used = await house.proof(IDA)
    await house.call("POST", "/tokens", used | {"grant": "code"})
    assert await refused(used) == "not_proved"
    assert (await merging_now(house.service, UUID(both.community_id), UUID(both.ida))).into is None


async def test_both_addresses_are_told_once(house: House) -> None:
    both = await two(house)
    await both.merge()
    await both.merge()
    await house.quiet()
    for email in (ADA, IDA):
        told = [one for one in house.mailbox.to(email) if one.template == "persons_merged"]
        assert [(one.language, one.way_out) for one in told] == [("fr", None)]


async def test_another_community_knows_nothing_of_it(house: House) -> None:
    both = await two(house)
    go, gus = await house.community("gus@example.com", slug="go")
    at_go, go_token = await house.join(IDA, go, "Ida")
    await both.merge()
    me = await house.call("GET", "/me", token=await house.token(IDA, go))
    assert me["person_id"] == at_go
    path = f"/people/{both.ida}/merging"
    await house.call("GET", path, token=gus, expect=404)
    await house.call("GET", path, token=go_token, expect=403)
    # Who signs in is the same everywhere; who they are is asked where the caller is.
    body = await house.proof(ADA)
    problem = await house.call("POST", PATH, body, token=go_token, expect=422)
    assert problem["errors"][0]["code"] == "nobody_to_take_in"


async def test_who_left_comes_back_by_either_address(house: House) -> None:
    both = await two(house)
    await both.merge()
    await house.quiet()
    await house.call("POST", "/me/departure", token=both.ada_token)
    again, _ = await house.join(IDA, both.community_id, "Ida")
    assert again == both.ada


async def test_their_own_data_is_of_both(house: House) -> None:
    both = await two(house)
    await both.merge()
    await house.quiet()
    document = await house.call("GET", "/me/data", token=both.ada_token)
    assert {both.ada, both.ida} <= set(document["ids"])
    names = [one["data"]["name"] for one in document["facts"] if one["type"] == "MemberJoined"]
    assert sorted(names) == ["Ada", "Ida"]


async def test_who_is_erased_is_erased_as_both(house: House) -> None:
    both = await two(house)
    order_id = random_id()
    await house.hear(order_paid(both.community_id, both.ida, both.gold, order_id), order_id)
    await both.merge()
    await both.live(("Gold", "purchase"))
    await house.call("POST", f"/people/{both.ada}/erasure", {}, token=both.ada_token)
    vault = house.service.vault

    async def keys() -> int:
        count: int = await house.service.pool.fetchval(
            "SELECT count(*) FROM membership_personal.keys WHERE person_id = ANY ($1)",
            [UUID(both.ada), UUID(both.ida)],
        )
        return count

    await eventually(keys, lambda left: left == 0)
    assert await vault.find("email", UUID(both.community_id), IDA) is None
    new, _ = await house.join(IDA, both.community_id, "Ida")
    assert new not in (both.ada, both.ida)


async def test_who_is_shut_out_is_shut_out_as_both(house: House) -> None:
    both = await two(house)
    await both.merge()
    await house.quiet()
    problem = await house.call("POST", f"/people/{both.ida}/ban", {}, token=both.owner, expect=409)
    assert problem["errors"][0]["code"] == "was_taken_in"
    await house.call("POST", f"/people/{both.ada}/ban", {}, token=both.owner)
    me = await house.call("GET", "/me", token=await house.token(IDA, both.community_id))
    assert me["person_id"] == both.ada
    order_id = random_id()
    await house.hear(order_paid(both.community_id, both.ida, both.gold, order_id), order_id)
    await house.quiet()
    await both.live()


async def test_who_is_let_in_again_is_so_as_both(house: House) -> None:
    both = await two(house)
    await both.merge()
    await house.quiet()
    await house.call("POST", f"/people/{both.ada}/ban", {}, token=both.owner)
    await house.quiet()
    await house.call("DELETE", f"/people/{both.ada}/ban", token=both.owner)
    await house.quiet()
    merging = await merging_now(house.service, UUID(both.community_id), UUID(both.ada))
    assert merging.barred is None
    again, _ = await house.join(IDA, both.community_id, "Ida")
    assert again == both.ada
    order_id = random_id()
    await house.hear(order_paid(both.community_id, both.ida, both.gold, order_id), order_id)
    await both.live(("Gold", "purchase"))


async def test_who_was_taken_in_is_in_the_directory_no_more(house: House) -> None:
    both = await two(house)
    entry = {"name": "Ida", "about": "Plays the Budapest Gambit"}
    await house.call("PUT", "/me/directory-entry", entry, token=both.ida_token)
    await both.merge()
    await house.quiet()
    shown = await house.call("GET", "/directory", token=both.ada_token)
    assert shown["items"] == []


async def test_the_address_of_whom_one_took_in_becomes_ones_own(house: House) -> None:
    both = await two(house)
    await both.merge()
    body = await house.proof(IDA)
    await house.call("PUT", "/me/address", body, token=both.ada_token)
    await house.quiet()
    for email in (ADA, IDA):
        token = await house.token(email, both.community_id)
        me = await house.call("GET", "/me", token=token)
        assert (me["person_id"], me["email"]) == (both.ada, IDA)
    told = [letter.template for letter in house.mailbox.to(ADA)]
    assert "address_changed" in told


async def test_the_address_of_somebody_else_stays_theirs_whoever_one_took_in(house: House) -> None:
    both = await two(house)
    await both.merge()
    await house.join("bob@example.com", both.community_id, "Bob")
    taken = await house.proof("bob@example.com")
    refused = await house.call("PUT", "/me/address", taken, token=both.ada_token, expect=422)
    assert refused["errors"][0]["code"] == "address_taken"
