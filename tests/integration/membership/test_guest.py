"""Who gives without an account: an address, a pass, and nothing of what members have."""

import json
from datetime import timedelta
from uuid import UUID

import jwt

from services.membership.gateways.passes import AUDIENCE, PASS_LIFE
from shared.auth import ALGORITHM, ISSUER
from shared.clock import real_now
from shared.contracts.billing_donation import DonationReceived, DonorErasureAsked
from shared.contracts.billing_message import MessageRequested
from shared.contracts.contract import MoneyValue
from tests.integration.membership.house import BASE, House, Json, running

GUS = "gus@example.com"
EURO = MoneyValue(minor=2000, currency="EUR")


async def receive(house: House, community_id: str, email: str = GUS, expect: int = 201) -> Json:
    path = f"/public/communities/{community_id}/guests"
    return await house.call("POST", path, {"email": email, "language": "fr"}, expect=expect)


def read(house: House, told: Json) -> Json:
    """What billing reads in a pass."""
    (key,) = json.loads(house.service.settings.token_keys)["keys"]
    signed_by = jwt.PyJWK(key, algorithm=ALGORITHM).key
    claims: Json = jwt.decode(
        told["guest_pass"],
        signed_by,
        algorithms=[ALGORITHM],
        audience=AUDIENCE,
        issuer=ISSUER,
        options={"verify_exp": False},
    )
    return claims


async def guest(house: House, community_id: str, email: str = GUS) -> UUID:
    return UUID(read(house, await receive(house, community_id, email))["guest"])


async def gone(house: House, person_id: UUID, token: str) -> bool:
    path = f"/erasures/{person_id}"
    answer = await house.client.get(BASE + path, headers={"Authorization": f"Bearer {token}"})
    return answer.is_success


async def test_an_address_is_one_guest_of_one_community_and_each_pass_is_another(
    house: House,
) -> None:
    community_id, _ = await house.community("olga@example.com")
    other_id, _ = await house.community("pia@example.com", "go")
    await house.quiet()
    first = read(house, await receive(house, community_id))
    again = read(house, await receive(house, community_id, "Gus@Example.com"))
    assert first["guest"] == again["guest"]
    assert first["jti"] != again["jti"]
    assert first["community_id"] == community_id
    elsewhere = read(house, await receive(house, other_id))
    assert elsewhere["guest"] != first["guest"]
    ends = house.service.clock.now() + PASS_LIFE
    assert abs(first["exp"] - ends.timestamp()) < 60


async def test_a_pass_is_no_token(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    await house.quiet()
    told = await receive(house, community_id)
    for path in ("/me", "/members", "/me/data"):
        await house.call("GET", path, token=told["guest_pass"], expect=401)


async def test_a_guest_is_no_member_and_in_no_list(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.quiet()
    person_id = await guest(house, community_id)
    await house.quiet()
    people = (await house.call("GET", "/members", token=owner))["items"]
    assert str(person_id) not in {one["person_id"] for one in people}
    await house.call("POST", f"/people/{person_id}/ban", {}, token=owner, expect=404)
    # Whoever joins with the address is somebody of their own: nobody proved that the guest was them.
    joined, _ = await house.join(GUS, community_id)
    assert joined != str(person_id)
    assert await guest(house, community_id) == person_id


async def test_nothing_is_taken_from_who_was_shut_out(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    eve, _ = await house.join("eve@example.com", community_id)
    await house.quiet()
    await receive(house, community_id, "eve@example.com")
    await house.call("POST", f"/people/{eve}/ban", {}, token=owner)
    problem = await receive(house, community_id, "Eve@example.com", expect=409)
    assert problem["errors"][0]["code"] == "guest_not_welcome"


async def test_a_private_community_has_no_guests(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    path = f"/communities/{community_id}/visibility"
    await house.call("PUT", path, {"visibility": "private"}, token=owner)
    await house.quiet()
    await receive(house, community_id, expect=404)
    await receive(house, "00000000-0000-8000-8000-000000000001", expect=404)


async def test_passes_are_counted_as_codes_are(database_url: str) -> None:
    async with running(database_url, codes_per_email=3) as house:
        community_id, _ = await house.community("olga@example.com")
        await house.quiet()
        for _ in range(3):
            await receive(house, community_id)
        problem = await receive(house, community_id, expect=429)
        assert problem["errors"][0]["code"] == "too_many_passes"


async def test_an_address_that_is_none_gets_no_pass(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    await house.quiet()
    await receive(house, community_id, "not an address", expect=422)


async def test_what_billing_has_to_say_goes_to_the_guests_address(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    await house.quiet()
    person_id = await guest(house, community_id)
    asked = MessageRequested(
        community_id=UUID(community_id),
        occurred_at=real_now(),
        person_id=person_id,
        template="donation_received",
        values={"amount": EURO},
        link="/donations/abc",
    )
    await house.hear(asked)
    await house.quiet()
    (letter,) = house.mailbox.to(GUS)
    assert (letter.template, letter.language) == ("donation_received", "fr")
    assert letter.link is not None
    assert letter.link.endswith("/donations/abc")


async def test_of_whom_nothing_comes_the_address_is_forgotten(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.quiet()
    idle, giver = (
        await guest(house, community_id),
        await guest(house, community_id, "ada@a.example"),
    )
    here: Json = {"community_id": UUID(community_id), "occurred_at": real_now()}
    came = DonationReceived(
        **here, person_id=giver, offer_id=UUID(int=1), amount=EURO, recurs=False
    )
    await house.hear(came)
    await house.quiet()
    await house.service.move_clock(house.service.clock.now() + timedelta(days=8))
    await house.quiet()
    owner = await house.token("olga@example.com", community_id)
    await house.eventually(lambda: gone(house, idle, owner), wanted=True)
    assert not await gone(house, giver, owner)
    assert await guest(house, community_id) != idle
    assert await guest(house, community_id, "ada@a.example") == giver


async def test_who_is_named_again_is_kept_for_another_week(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    await house.quiet()
    person_id = await guest(house, community_id)
    await house.quiet()
    await house.service.move_clock(house.service.clock.now() + timedelta(days=6, hours=23))
    assert await guest(house, community_id) == person_id
    await house.quiet()
    await house.service.move_clock(house.service.clock.now() + timedelta(days=2))
    await house.quiet()
    owner = await house.token("olga@example.com", community_id)
    assert not await gone(house, person_id, owner)
    here: Json = {"community_id": UUID(community_id), "occurred_at": real_now()}
    came = DonationReceived(
        **here, person_id=person_id, offer_id=UUID(int=1), amount=EURO, recurs=False
    )
    await house.hear(came)
    await house.quiet()
    await house.service.move_clock(house.service.clock.now() + timedelta(days=8))
    await house.quiet()
    owner = await house.token("olga@example.com", community_id)
    assert not await gone(house, person_id, owner)
    assert await guest(house, community_id) == person_id


async def test_who_says_so_by_their_link_or_staff_are_forgotten_as_members_are(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.quiet()
    by_link = await guest(house, community_id)
    here: Json = {"community_id": UUID(community_id), "occurred_at": real_now()}
    await house.hear(DonorErasureAsked(**here, person_id=by_link))
    await house.eventually(lambda: gone(house, by_link, owner), wanted=True)
    by_staff = await guest(house, community_id, "ada@a.example")
    asked = await house.call("POST", f"/people/{by_staff}/erasure", {}, token=owner, expect=202)
    assert "#" in asked["certificate"]
    await house.eventually(lambda: gone(house, by_staff, owner), wanted=True)
    await house.quiet()
    assert await guest(house, community_id) != by_link
    # Of somebody who is no guest, billing's word erases nobody.
    ada, _ = await house.join("ida@example.com", community_id)
    await house.hear(DonorErasureAsked(**here, person_id=UUID(ada)))
    await house.quiet()
    assert not await gone(house, UUID(ada), owner)
