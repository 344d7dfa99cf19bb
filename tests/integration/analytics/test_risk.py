"""Who may be about to go is told by codes, and told again when nothing says so any more."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from shared.contracts.analytics_risk import AtRiskSeen, RiskOver
from shared.contracts.billing_subscription import (
    CancellationScheduled,
    CancellationWithdrawn,
    SubscriptionEnded,
    SubscriptionPastDue,
    SubscriptionRecovered,
)
from shared.contracts.membership_merging import MemberMerged
from tests.integration.events.house import House, Json, somebody

community, other = uuid4(), uuid4()
ada = somebody(community)
subscription = uuid4()
now = datetime(2026, 3, 1, 12, tzinfo=UTC)


def about(subscription_id: UUID = subscription) -> Json:
    return {
        "community_id": community,
        "occurred_at": now,
        "subscription_id": subscription_id,
        "person_id": ada.person_id,
        "offer_id": uuid4(),
        "tier_id": None,
    }


async def reasons(house: House) -> list[tuple[str, ...]]:
    await house.quiet()
    return [told.reasons for told in await house.told(AtRiskSeen)]


async def over(house: House) -> int:
    await house.quiet()
    return len(await house.told(RiskOver))


async def test_who_is_past_due_is_at_risk_until_they_have_paid(house: House) -> None:
    await house.hear(SubscriptionPastDue(**about()), stream_id=subscription)
    assert await reasons(house) == [("payment_failing",)]
    (told,) = await house.told(AtRiskSeen)
    assert (told.community_id, told.person_id) == (community, ada.person_id)
    await house.hear(SubscriptionRecovered(**about()), stream_id=subscription)
    assert await over(house) == 1
    assert len(await reasons(house)) == 1


async def test_who_is_going_to_leave_is_at_risk_until_they_think_again_or_are_gone(
    house: House,
) -> None:
    second = uuid4()
    scheduled = CancellationScheduled(**about(), ends_at=now)
    await house.hear(scheduled, CancellationWithdrawn(**about()), stream_id=subscription)
    assert await over(house) == 1
    await house.hear(CancellationScheduled(**about(second), ends_at=now), stream_id=second)
    await house.quiet()
    await house.hear(SubscriptionPastDue(**about(second)), stream_id=second)
    assert (await reasons(house))[1:] == [("leaving",), ("leaving", "payment_failing")]
    ended = SubscriptionEnded(**about(second), reason="voluntary", was_paying=True)
    await house.hear(ended, stream_id=second)
    assert await over(house) == 2


async def test_what_comes_twice_is_told_once_and_of_nobody_else(house: House) -> None:
    eve = somebody(other)
    past_due = SubscriptionPastDue(**about())
    await house.hear(past_due, past_due, stream_id=subscription)
    assert await reasons(house) == [("payment_failing",)]
    mine = await house.ask(ada, "GET", "/me/data")
    hers = await house.ask(eve, "GET", "/me/data")
    assert "AtRiskSeen" in str(mine)
    assert str(ada.person_id) not in str(hers)


async def test_who_was_taken_in_is_at_risk_no_more(house: House) -> None:
    await house.hear(SubscriptionPastDue(**about()), stream_id=subscription)
    assert await reasons(house) == [("payment_failing",)]
    into = uuid4()
    merged = MemberMerged(
        community_id=community, occurred_at=now, person_id=into, taken_in=ada.person_id
    )
    await house.hear(merged, stream_id=into)
    assert await over(house) == 1
