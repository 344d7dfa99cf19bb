"""What some tiers give of a gathering: its seats earlier, for less, or to nobody else."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest

from shared.clock import real_now
from shared.contracts import events_gathering, events_sale, events_ticket
from shared.contracts.membership_access import AccessContract, AccessGranted, AccessRevoked
from shared.contracts.membership_tier import TierDefined
from tests.integration.events.house import House, Json, Who, somebody
from tests.integration.events.test_story import (
    ada,
    bob,
    community,
    created,
    gathering,
    hold,
    olga,
    order_paid,
    starts_at,
    stranger,
    tickets,
)

gold, silver, elsewhere = uuid4(), uuid4(), uuid4()
now = real_now()
soon, later = now + timedelta(days=1), now + timedelta(days=2)
CHEAPER = {"tiers": [str(gold)], "price": {"minor": 800, "currency": "EUR"}}


def defined(tier_id: UUID, community_id: UUID = community) -> TierDefined:
    return TierDefined(
        community_id=community_id, occurred_at=now, tier_id=tier_id, name="Gold", paid=True
    )


def access(
    kind: type[AccessGranted | AccessRevoked],
    who: Who = ada,
    tier_id: UUID = gold,
    *,
    reason_id: UUID = gold,
    minutes: int = 0,
) -> AccessContract:
    """Access of somebody began or ended, so many minutes after all began."""
    fact: Json = {
        "community_id": who.community_id,
        "occurred_at": now + timedelta(minutes=minutes),
        "person_id": who.person_id,
        "tier_id": tier_id,
        "reason_kind": "subscription",
        "reason_id": reason_id,
    }
    return kind(**fact, first=True) if issubclass(kind, AccessGranted) else kind(**fact, last=True)


def presale(tiers: Sequence[UUID] = (gold,), **more: Any) -> Json:
    named = {"tiers": [str(tier_id) for tier_id in tiers]}
    return named | {"opens_at": soon.isoformat(), "everybody_at": later.isoformat()} | more


async def published(house: House, **terms: Any) -> str:
    """Its sale has opened; the tiers are known."""
    await house.hear(defined(gold), defined(silver), defined(elsewhere, stranger.community_id))
    await house.quiet()
    told = await house.ask(olga, "POST", "/gatherings", gathering(40, **terms))
    await house.quiet()
    return str(told["gathering_id"])


async def hears(house: House, *told: AccessContract) -> None:
    await house.hear(*told, stream_id=uuid4())
    await house.quiet()


async def refused(house: House, gathering_id: str, who: Who = ada, **body: Any) -> tuple[int, str]:
    return await house.refusal(
        who, "POST", f"/gatherings/{gathering_id}/holds", {"seats": 1} | body
    )


def quoted(held: Json) -> tuple[int, int]:
    """What a seat costs, and all of them."""
    claims = jwt.decode(held["quote"], options={"verify_signature": False})
    (line,) = claims["lines"]
    return line["amount"]["minor"], claims["amount"]["minor"]


async def test_holders_of_a_tier_buy_before_everybody(house: House) -> None:
    gathering_id = await published(house, presale=presale())
    await hears(house, access(AccessGranted), access(AccessGranted, bob, silver))
    for who in (ada, bob):
        assert await refused(house, gathering_id, who) == (409, "not_yet_on_sale")
    await house.move_clock(soon)
    assert quoted(await hold(house, gathering_id, ada)) == (1200, 1200)
    assert await refused(house, gathering_id, bob) == (409, "not_yet_on_sale")
    answer = await house.answer(bob, "POST", f"/gatherings/{gathering_id}/holds", {"seats": 1})
    assert answer.json()["errors"][0]["params"] == {"opens_at": later.isoformat()}
    await house.move_clock(later)
    assert quoted(await hold(house, gathering_id, bob)) == (1200, 1200)


async def test_a_member_pays_less_as_long_as_they_have_the_tier(house: House) -> None:
    gathering_id = await published(house, member_price=CHEAPER)
    await hears(house, access(AccessGranted))
    assert quoted(await hold(house, gathering_id, seats=2)) == (800, 1600)
    assert quoted(await hold(house, gathering_id, bob)) == (1200, 1200)
    await hears(house, access(AccessRevoked, minutes=5))
    assert quoted(await hold(house, gathering_id)) == (1200, 1200)


async def test_what_was_quoted_stands_though_the_tier_is_lost_before_it_is_paid(
    house: House,
) -> None:
    gathering_id = await published(house, member_price=CHEAPER, only_for=[str(gold)])
    await hears(house, access(AccessGranted))
    path, body = f"/gatherings/{gathering_id}/holds", {"seats": 1}
    held = await house.ask(ada, "POST", path, body, Idempotency_Key="once")
    await hears(house, access(AccessRevoked, minutes=5))
    assert await house.ask(ada, "POST", path, body, Idempotency_Key="once") == held
    await house.hear(order_paid(held, minor=800))
    (bought,) = await house.until_told(events_ticket.TicketBought)
    assert bought.amount.minor == 800
    assert len(await tickets(house)) == 1
    assert await refused(house, gathering_id) == (409, "only_for_tiers")


async def test_who_pays_the_price_of_members_for_a_hold_that_is_none_gets_it_back(
    house: House,
) -> None:
    gathering_id = await published(house, member_price=CHEAPER)
    held = await hold(house, gathering_id)
    await house.hear(order_paid(held, minor=800))
    (denied,) = await house.until_told(events_sale.SeatDenied)
    assert str(denied.hold_id) == held["hold_id"]


async def test_what_is_free_for_members_is_theirs_at_once(house: House) -> None:
    free = CHEAPER | {"price": {"minor": 0, "currency": "EUR"}}
    gathering_id = await published(house, member_price=free)
    await hears(house, access(AccessGranted))
    assert (await hold(house, gathering_id))["quote"] is None
    assert len(await tickets(house)) == 1
    assert quoted(await hold(house, gathering_id, bob)) == (1200, 1200)


async def test_a_gathering_for_some_tiers_is_for_nobody_else(house: House) -> None:
    gathering_id = await published(house, only_for=[str(gold), str(silver)])
    await hears(house, access(AccessGranted, tier_id=silver))
    assert quoted(await hold(house, gathering_id, ada)) == (1200, 1200)
    assert await refused(house, gathering_id, bob) == (409, "only_for_tiers")
    # The same tier, as another community's own person has it.
    eve = somebody(stranger.community_id)
    await hears(house, access(AccessGranted, eve))
    assert await refused(house, gathering_id, eve) == (404, "not_found")


async def test_who_was_shown_another_price_is_told_so(house: House) -> None:
    gathering_id = await published(house, member_price=CHEAPER)
    shown = {"minor": 800, "currency": "EUR"}
    assert await refused(house, gathering_id, price=shown) == (422, "price_differs")
    await hears(house, access(AccessGranted))
    assert quoted(await hold(house, gathering_id, price=shown)) == (800, 800)


@pytest.mark.parametrize(
    ("told", "price"),
    [
        ([access(AccessRevoked, minutes=5), access(AccessGranted)], 1200),
        ([access(AccessRevoked, minutes=5), access(AccessGranted, minutes=9)], 800),
        ([access(AccessGranted), access(AccessGranted)], 800),
        ([access(AccessGranted), access(AccessGranted, reason_id=silver),
          access(AccessRevoked, minutes=5)], 800),
        ([access(AccessRevoked)], 1200),
        ([access(AccessGranted, tier_id=silver)], 1200),
    ],
    ids=["late", "again", "twice", "two reasons", "never begun", "another tier"],
)  # fmt: skip
async def test_access_is_what_was_said_last_of_each_reason(
    house: House, told: list[AccessContract], price: int
) -> None:
    gathering_id = await published(house, member_price=CHEAPER)
    await hears(house, *told)
    assert quoted(await hold(house, gathering_id))[0] == price


async def test_what_is_kept_for_members_is_shown_to_everybody_and_told(house: House) -> None:
    await house.hear(created())
    gathering_id = await published(
        house, presale=presale((gold, silver)), member_price=CHEAPER, only_for=[str(gold)]
    )
    page = await house.ask(None, "GET", f"/public/communities/{community}/gatherings")
    (item,) = page["items"]
    assert item["price"]["minor"] == 1200
    assert item["member_price"] == CHEAPER
    assert item["presale"]["tiers"] == [str(gold), str(silver)]
    assert item["only_for"] == [str(gold)]
    (told,) = await house.told(events_gathering.GatheringPublished)
    assert told.presale
    assert (told.presale.opens_at, told.presale.everybody_at) == (soon, later)
    assert told.member_price
    assert (told.member_price.price.minor, told.only_for) == (800, (gold,))
    plain = await published(house)
    shown = await house.ask(olga, "GET", f"/gatherings/{plain}")
    assert (shown["presale"], shown["member_price"], shown["only_for"]) == (None, None, [])
    assert gathering_id != plain


@pytest.mark.parametrize(
    ("terms", "code", "pointer"),
    [
        ({"presale": presale(())}, "no_tier_named", "/presale/tiers"),
        ({"presale": presale((gold, elsewhere))}, "tier_not_found", "/presale/tiers/1"),
        ({"only_for": [str(uuid4())]}, "tier_not_found", "/only_for/0"),
        (
            {"presale": presale(everybody_at=soon.isoformat())},
            "presale_not_earlier",
            "/presale/everybody_at",
        ),
        (
            {"presale": presale(everybody_at=(starts_at + timedelta(days=1)).isoformat())},
            "presale_too_long",
            "/presale/everybody_at",
        ),
        (
            {"member_price": CHEAPER | {"price": {"minor": 1200, "currency": "EUR"}}},
            "member_price_not_lower",
            "/member_price/price",
        ),
        ({"only_for": [str(gold)] * 51}, "too_long", "/only_for"),
    ],
)
async def test_what_cannot_be_kept_for_members_is_not_published(
    house: House, terms: Json, code: str, pointer: str
) -> None:
    await published(house)
    answer = await house.answer(olga, "POST", "/gatherings", gathering(40, **terms))
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"], error["pointer"]) == (422, code, pointer)
    assert len(await house.told(events_gathering.GatheringPublished)) == 1
