"""Whoever took somebody in has their tickets, and takes out their data."""

from shared.clock import real_now
from shared.contracts.membership_merging import MemberMerged
from tests.integration.events.house import House, Who
from tests.integration.events.test_story import ada, bob, community, hold, on_sale, order_paid

MERGED = MemberMerged(
    community_id=community,
    occurred_at=real_now(),
    person_id=bob.person_id,
    taken_in=ada.person_id,
)


async def seen_by(house: House, who: Who) -> list[str]:
    await house.quiet()
    return [one["ticket_id"] for one in (await house.ask(who, "GET", "/tickets"))["items"]]


async def test_who_was_merged_has_the_tickets_of_both(house: House) -> None:
    gathering_id = await on_sale(house, 5)
    await house.hear(order_paid(await hold(house, gathering_id)))
    (ticket,) = await seen_by(house, ada)
    assert await seen_by(house, bob) == []
    # Twice, and before what it is about is bought: the order does not matter.
    await house.hear(MERGED, MERGED)
    await house.hear(order_paid(await hold(house, gathering_id)))
    both = await seen_by(house, bob)
    assert len(both) == 2
    assert ticket in both
    document = await house.ask(bob, "GET", "/me/data")
    assert [one["type"] for one in document["facts"]].count("TicketIssued") == 2


async def test_nobody_else_has_them(house: House) -> None:
    gathering_id = await on_sale(house, 5)
    await house.hear(MERGED)
    await house.hear(order_paid(await hold(house, gathering_id, bob)))
    assert len(await seen_by(house, bob)) == 1
    assert await seen_by(house, ada) == []
