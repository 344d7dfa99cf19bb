"""Two who were merged are one in every figure that counts people, in whatever order it is heard."""

from itertools import permutations
from uuid import UUID, uuid4

import pytest

from services.analytics.recurring.projections import RECURRING
from services.analytics.retention.projections import ACCESS, MEMBERS
from shared.contracts.contract import Contract
from shared.contracts.membership_access import AccessGranted, AccessRevoked
from shared.contracts.membership_member import MemberJoined
from shared.contracts.membership_merging import MemberMerged
from shared.projection import rebuild
from tests.integration.analytics.test_attribution import (
    came,
    community,
    created,
    links,
    olga,
    on,
    paid,
    spring,
)
from tests.integration.analytics.test_figures import Subscription, recurring
from tests.integration.events.house import House, Json, somebody

ada = somebody(community)
bob, eve, gold, reason = (uuid4() for _ in range(4))


def joined(person_id: UUID, day: int) -> MemberJoined:
    return MemberJoined(community_id=community, occurred_at=on(day), person_id=person_id)


def merged(day: int = 10, into: UUID = ada.person_id) -> MemberMerged:
    return MemberMerged(community_id=community, occurred_at=on(day), person_id=into, taken_in=bob)


def access(person_id: UUID) -> Json:
    return {
        "community_id": community,
        "person_id": person_id,
        "tier_id": gold,
        "reason_kind": "subscription",
        "reason_id": reason,
    }


def given(person_id: UUID, day: int) -> AccessGranted:
    return AccessGranted(**access(person_id), occurred_at=on(day), first=True)


def taken(person_id: UUID, day: int) -> AccessRevoked:
    return AccessRevoked(**access(person_id), occurred_at=on(day), last=True)


async def people(house: House) -> Json:
    await house.quiet()
    path = f"/communities/{community}/members?from=2026-03-01&to=2026-03-31"
    shown = await house.ask(olga, "GET", path)
    return {"members": shown["members"], "access": shown["access"]}


ONE: Json = {
    "members": {
        "start": 0,
        "joined": 1,
        "left": 0,
        "end": 1,
        "days": [{"day": "2026-03-02", "joined": 1, "left": 0}],
    },
    "access": {
        "tiers": [{"tier_id": str(gold), "live": 1}],
        "days": [{"day": "2026-03-03", "tier_id": str(gold), "given": 1, "taken": 0}],
    },
}
TOLD: tuple[Contract, ...] = (
    merged(),
    joined(ada.person_id, 4),
    joined(bob, 2),
)
HANDED: tuple[Contract, ...] = (given(bob, 3), taken(bob, 10), given(ada.person_id, 11))


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_who_was_taken_in_is_counted_once_since_the_earlier_of_both(
    house: House, order: tuple[int, ...]
) -> None:
    await house.hear(created())
    for number in order:
        await house.hear(TOLD[number])
        await house.hear(HANDED[number])
        await house.quiet()
    assert await people(house) == ONE
    await house.hear(merged())
    service = house.service
    for projection in (MEMBERS, ACCESS):
        await rebuild(service.pool, service.name, projection, service.sources())
    assert await people(house) == ONE


async def test_who_was_never_heard_of_is_taken_in_without_a_trace(house: House) -> None:
    await house.hear(created(), joined(ada.person_id, 2), joined(eve, 2))
    await house.hear(merged(into=eve))
    seen = (await people(house))["members"]
    assert (seen["joined"], seen["left"], seen["end"]) == (2, 0, 2)


async def revenue(house: House, month: str) -> Json:
    await house.quiet()
    path = f"/communities/{community}/revenue?from=2026-{month}-01&to=2026-{month}-28"
    return await house.ask(olga, "GET", path)


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_what_both_pay_is_of_one_customer(house: House, order: tuple[int, ...]) -> None:
    """The one who stays subscribes as well, and what the other had ends: they pay less, and are not lost."""
    theirs, own = (Subscription(person, community) for person in (bob, ada.person_id))
    await house.hear(created())
    told: list[tuple[UUID, list[Contract]]] = [
        (theirs.id, [theirs.activated(on(2)), theirs.ended(on(20, 4))]),
        (own.id, [own.activated(on(12), 1500)]),
        (uuid4(), [merged()]),
    ]
    for number in order:
        stream_id, facts = told[number]
        await house.hear(*facts, stream_id=stream_id)
        await house.quiet()
    for _ in range(2):
        march, april = await revenue(house, "03"), await revenue(house, "04")
        assert march["recurring"] == recurring(new=1000, expansion=1500, end=2500)
        assert april["recurring"] == recurring(2500, contraction=-1000, end=1500)
        service = house.service
        await rebuild(service.pool, service.name, RECURRING, service.sources())


async def test_who_came_by_a_link_buys_what_both_pay_for(house: House) -> None:
    await house.hear(
        created(), came(ada.person_id, spring, 2), paid(bob, 3), paid(ada.person_id, 4)
    )
    assert (await links(house))[str(spring)]["payments"] == 1
    await house.hear(came(bob, spring, 5), paid(bob, 12), merged())
    seen = (await links(house))[str(spring)]
    assert (seen["leads"], seen["buyers"], seen["payments"]) == (1, 1, 3)
    await house.hear(came(eve, spring, 6), paid(eve, 7))
    seen = (await links(house))[str(spring)]
    assert (seen["leads"], seen["buyers"], seen["payments"]) == (2, 2, 4)


async def test_who_took_somebody_in_takes_out_what_was_heard_of_both(house: House) -> None:
    await house.hear(created(), joined(ada.person_id, 2), joined(bob, 3), paid(bob, 4))
    await house.hear(joined(eve, 3))
    await house.quiet()
    before = await house.ask(ada, "GET", "/me/data")
    assert [one["type"] for one in before["heard"]] == ["io.tessera.membership.MemberJoined"]
    await house.hear(merged())
    await house.quiet()
    document = await house.ask(ada, "GET", "/me/data")
    assert sorted(one["type"].rpartition(".")[2] for one in document["heard"]) == [
        "MemberJoined",
        "MemberJoined",
        "MemberMerged",
        "PaymentSucceeded",
    ]
    assert {str(ada.person_id), str(bob)} <= {*document["ids"]}
    assert str(eve) not in str(document)
    nobody = await house.ask(somebody(community), "GET", "/me/data")
    assert nobody["heard"] == []
