"""Who may be about to go is told by codes, who does less where somebody wants to know; and when it is over."""

from datetime import UTC, timedelta
from uuid import UUID, uuid4

from services.analytics.risk.projections import RISKS
from shared.clock import real_now
from shared.contracts.analytics_risk import AtRiskSeen, RiskOver
from shared.contracts.billing_subscription import (
    CancellationScheduled,
    CancellationWithdrawn,
    SubscriptionEnded,
    SubscriptionPastDue,
    SubscriptionRecovered,
)
from shared.contracts.contract import Contract
from shared.contracts.membership_activity import ActivityRecorded
from shared.contracts.membership_activity_choice import ActivityDeclined
from shared.contracts.membership_community import CommunityCreated
from shared.contracts.membership_member import MemberJoined, MemberLeft, PersonErased
from shared.contracts.membership_merging import MemberMerged
from shared.projection import rebuild
from tests.integration.events.house import House, Json, Who, somebody

community, other = uuid4(), uuid4()
olga, moderator = somebody(community, "owner"), somebody(community, "moderator")
accountant = somebody(community, "accountant")
ada, bob = somebody(community), somebody(community)
subscription = uuid4()
now = real_now().astimezone(UTC)
RISK = f"/communities/{community}/risk"
WATCH = f"{RISK}-watch"


def about(subscription_id: UUID = subscription, person_id: UUID = ada.person_id) -> Json:
    return {
        "community_id": community,
        "occurred_at": now,
        "subscription_id": subscription_id,
        "person_id": person_id,
        "offer_id": uuid4(),
        "tier_id": None,
    }


def created() -> CommunityCreated:
    return CommunityCreated(
        community_id=community,
        occurred_at=now - timedelta(days=400),
        kind="association",
        name="Chess Club",
        currency="EUR",
        time_zone="Europe/Paris",
        mode="live",
    )


def joined(who: Who) -> MemberJoined:
    return MemberJoined(
        community_id=community, occurred_at=now - timedelta(days=300), person_id=who.person_id
    )


def active(who: Who, *days_ago: int) -> list[Contract]:
    return [
        ActivityRecorded(
            community_id=community,
            occurred_at=now - timedelta(days=days),
            person_id=who.person_id,
            kind="comment",
            source="chat",
        )
        for days in days_ago
    ]


HABIT = tuple(range(29, 140, 3))  # Nine or ten days of every twenty-eight, until four weeks ago.


async def opened(house: House, *more: Contract, watched: bool = True) -> None:
    await house.hear(created(), joined(ada), joined(bob), *more)
    await house.quiet()
    if watched:
        await house.ask(olga, "PUT", WATCH, {"watched": True})
        await house.quiet()


async def a_day_passes(house: House, days: int = 1) -> None:
    await house.quiet()
    await house.move_clock(house.service.clock.now() + timedelta(days=days, minutes=1))
    await house.quiet()


async def reasons(house: House) -> list[tuple[str, ...]]:
    await house.quiet()
    return [told.reasons for told in await house.told(AtRiskSeen)]


async def over(house: House) -> list[UUID]:
    await house.quiet()
    return [told.person_id for told in await house.told(RiskOver)]


async def listed(house: House, who: Who = moderator) -> dict[str, list[str]]:
    await house.quiet()
    shown = await house.ask(who, "GET", RISK)
    return {one["person_id"]: one["reasons"] for one in shown["items"]}


async def test_who_is_past_due_is_at_risk_until_they_have_paid(house: House) -> None:
    await opened(house, watched=False)
    await house.hear(SubscriptionPastDue(**about()), stream_id=subscription)
    assert await reasons(house) == [("payment_failing",)]
    (told,) = await house.told(AtRiskSeen)
    assert (told.community_id, told.person_id) == (community, ada.person_id)
    assert await listed(house) == {str(ada.person_id): ["payment_failing"]}
    await house.hear(SubscriptionRecovered(**about()), stream_id=subscription)
    assert await over(house) == [ada.person_id]
    assert await listed(house) == {}
    await a_day_passes(house)
    assert len(await reasons(house)) == 1


async def test_who_is_going_to_leave_is_at_risk_until_they_think_again_or_are_gone(
    house: House,
) -> None:
    second = uuid4()
    await opened(house, watched=False)
    scheduled = CancellationScheduled(**about(), ends_at=now)
    await house.hear(scheduled, stream_id=subscription)
    await house.hear(CancellationWithdrawn(**about()), stream_id=subscription)
    assert await over(house) == [ada.person_id]
    await house.hear(CancellationScheduled(**about(second), ends_at=now), stream_id=second)
    await house.hear(SubscriptionPastDue(**about(second)), stream_id=second)
    assert (await reasons(house))[1:] == [("leaving",), ("leaving", "payment_failing")]
    ended = SubscriptionEnded(**about(second), reason="voluntary", was_paying=True)
    await house.hear(ended, stream_id=second)
    assert len(await over(house)) == 2


async def test_what_comes_twice_is_told_once_and_of_nobody_else(house: House) -> None:
    eve = somebody(other)
    past_due = SubscriptionPastDue(**about())
    await house.hear(past_due, past_due, stream_id=subscription)
    await opened(house)
    await a_day_passes(house)
    assert await reasons(house) == [("payment_failing",)]
    mine = await house.ask(ada, "GET", "/me/data")
    hers = await house.ask(eve, "GET", "/me/data")
    assert "AtRiskSeen" in str(mine)
    assert str(ada.person_id) not in str(hers)


async def test_where_nobody_wants_to_know_nothing_is_written_of_who_does_less(house: House) -> None:
    await opened(house, *active(ada, *HABIT), *active(bob, *HABIT), watched=False)
    await a_day_passes(house)
    left = MemberLeft(community_id=community, occurred_at=now, person_id=ada.person_id)
    await house.hear(left, stream_id=ada.person_id)
    await house.quiet()
    assert await house.service.pool.fetchval("SELECT count(*) FROM events") == 0
    assert (await house.ask(moderator, "GET", RISK))["watched"] is False


async def test_who_stops_wanting_to_know_has_nobody_at_risk_for_doing_less(house: House) -> None:
    await house.hear(SubscriptionPastDue(**about()), stream_id=subscription)
    await opened(house, *active(ada, *HABIT), *active(bob, *HABIT))
    both = ["payment_failing", "doing_less"]
    assert await listed(house) == {str(ada.person_id): both, str(bob.person_id): ["doing_less"]}
    await house.ask(olga, "PUT", WATCH, {"watched": False})
    assert await over(house) == [bob.person_id]
    assert await listed(house) == {str(ada.person_id): ["payment_failing"]}
    told = await reasons(house)
    await a_day_passes(house, 2)
    assert await reasons(house) == told


async def test_a_look_finds_no_guest_at_risk_and_who_was_merged_as_one(house: House) -> None:
    guest, theirs = uuid4(), uuid4()
    await house.hear(SubscriptionPastDue(**about()), stream_id=subscription)
    await house.hear(SubscriptionPastDue(**about(theirs, guest)), stream_id=theirs)
    await opened(house)
    assert await over(house) == [guest]
    assert await listed(house) == {str(ada.person_id): ["payment_failing"]}
    merged = MemberMerged(
        community_id=community, occurred_at=now, person_id=bob.person_id, taken_in=ada.person_id
    )
    await house.hear(merged, stream_id=bob.person_id)
    assert await over(house) == [guest, ada.person_id]
    later = uuid4()
    await house.hear(SubscriptionPastDue(**about(later)), stream_id=later)
    assert await listed(house) == {}
    await a_day_passes(house)
    assert await listed(house) == {str(bob.person_id): ["payment_failing"]}
    assert await over(house) == [guest, ada.person_id, ada.person_id]


async def test_no_guest_is_shown_at_risk_where_nobody_looks(house: House) -> None:
    guest, theirs = uuid4(), uuid4()
    await opened(house, watched=False)
    await house.hear(SubscriptionPastDue(**about()), stream_id=subscription)
    await house.hear(SubscriptionPastDue(**about(theirs, guest)), stream_id=theirs)
    assert await listed(house) == {str(ada.person_id): ["payment_failing"]}


async def test_who_does_half_of_the_usual_is_at_risk_until_they_are_back(house: House) -> None:
    await opened(house, *active(ada, 3, *HABIT), *active(bob, *range(1, 140, 3)))
    assert await reasons(house) == [("doing_less",)]
    (shown,) = (await house.ask(moderator, "GET", RISK))["items"]
    assert (shown["person_id"], shown["recent"]) == (str(ada.person_id), 1)
    assert shown["usual"] >= 9
    await a_day_passes(house)
    assert len(await reasons(house)) == 1
    await house.hear(*active(ada, *range(4, 12)))
    await a_day_passes(house)
    assert await over(house) == [ada.person_id]


async def test_who_was_merged_is_as_active_as_both(house: House) -> None:
    merged = MemberMerged(
        community_id=community, occurred_at=now, person_id=bob.person_id, taken_in=ada.person_id
    )
    await house.hear(merged, stream_id=bob.person_id)
    await opened(house, *active(ada, *HABIT), *active(bob, *range(1, 28, 3)))
    assert await listed(house) == {}


async def test_silence_says_nothing_of_who_is_new_or_gone_or_wants_nothing_recorded(
    house: House,
) -> None:
    declined = ActivityDeclined(community_id=community, occurred_at=now, person_id=bob.person_id)
    await opened(house, *active(ada, *range(29, 50, 2)), *active(bob, *HABIT), declined)
    assert await listed(house) == {}
    await house.hear(*active(ada, *HABIT))
    left = MemberLeft(community_id=community, occurred_at=now, person_id=ada.person_id)
    await house.hear(left, stream_id=ada.person_id)
    await a_day_passes(house)
    assert await reasons(house) == []


async def test_who_leaves_is_at_risk_no_more(house: House) -> None:
    await opened(house, *active(ada, *HABIT))
    left = MemberLeft(community_id=community, occurred_at=now, person_id=ada.person_id)
    await house.hear(left, stream_id=ada.person_id)
    assert await over(house) == [ada.person_id]


async def test_of_who_is_erased_no_day_is_kept(house: House) -> None:
    await opened(house, *active(ada, *HABIT), *active(bob, *HABIT))
    erased = PersonErased(community_id=community, occurred_at=now, person_id=ada.person_id)
    await house.hear(erased, stream_id=ada.person_id)
    assert await over(house) == [ada.person_id]
    kept = await house.service.pool.fetch("SELECT DISTINCT person_id FROM risks_v1_days")
    assert [row["person_id"] for row in kept] == [bob.person_id]


async def test_only_who_may_wants_to_know_and_sees_whom(house: House) -> None:
    await opened(house, watched=False)
    watch = {"watched": True}
    for who in (accountant, ada):
        assert (await house.refusal(who, "PUT", WATCH, watch))[0] == 403
        assert (await house.refusal(who, "GET", RISK))[0] == 403
    stranger = somebody(other, "owner")
    assert (await house.refusal(stranger, "PUT", WATCH, watch))[0] == 404
    assert (await house.refusal(stranger, "GET", RISK))[0] == 404
    assert (await house.refusal(olga, "PUT", WATCH, {"watched": "maybe"}))[0] == 422
    await house.ask(olga, "PUT", WATCH, watch)
    await house.ask(olga, "PUT", WATCH, watch)
    await house.quiet()
    assert await house.service.pool.fetchval("SELECT count(*) FROM events") == 1


async def test_a_rebuild_says_the_same(house: House) -> None:
    await house.hear(SubscriptionPastDue(**about()), stream_id=subscription)
    await opened(house, *active(bob, *HABIT))
    before = await listed(house)
    assert len(before) == 2
    service = house.service
    await rebuild(service.pool, service.name, RISKS, service.sources())
    assert await listed(house) == before
