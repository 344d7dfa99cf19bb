"""Why paying subscriptions ended, as billing saw it and as people say, whichever is heard first."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from services.analytics.exits.projections import EXITS
from shared.contracts.billing_exit_survey import ExitAnswerDropped, ExitAnswered, ExitReason
from shared.contracts.billing_subscription import EndReason, SubscriptionEnded
from shared.contracts.membership_community import CommunityCreated
from shared.projection import rebuild
from tests.integration.events.house import House, Json, somebody

community, other = uuid4(), uuid4()
olga, eve = somebody(community, "owner"), somebody(other, "owner")
moderator = somebody(community, "moderator")


def on(day: int, month: int = 3) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def created(community_id: UUID) -> CommunityCreated:
    return CommunityCreated(
        community_id=community_id,
        occurred_at=on(1),
        kind="association",
        name="Chess Club",
        currency="EUR",
        time_zone="Europe/Paris",
        mode="live",
    )


def ended(
    subscription_id: UUID, reason: EndReason, at: datetime, *, was_paying: bool = True
) -> SubscriptionEnded:
    return SubscriptionEnded(
        community_id=community,
        occurred_at=at,
        subscription_id=subscription_id,
        person_id=uuid4(),
        offer_id=uuid4(),
        tier_id=None,
        reason=reason,
        was_paying=was_paying,
    )


def said(subscription_id: UUID, reason: ExitReason) -> ExitAnswered:
    return ExitAnswered(
        community_id=community,
        occurred_at=on(2),
        subscription_id=subscription_id,
        person_id=uuid4(),
        reason=reason,
    )


def dropped(subscription_id: UUID) -> ExitAnswerDropped:
    return ExitAnswerDropped(
        community_id=community,
        occurred_at=on(3),
        subscription_id=subscription_id,
        person_id=uuid4(),
    )


async def exits(house: House, month: int = 3) -> Json:
    await house.quiet()
    days = f"from=2026-{month:02}-01&to=2026-{month:02}-28"
    shown: Json = await house.ask(olga, "GET", f"/communities/{community}/exits?{days}")
    told: Json = shown["exits"]
    return told


def times(reason: str, subscriptions: int) -> Json:
    return {"reason": reason, "subscriptions": subscriptions}


async def test_what_ended_them_and_what_people_say(house: House) -> None:
    one, two, three, four, trial, moved = (uuid4() for _ in range(6))
    await house.hear(created(community), created(other))
    # Said while they were cancelling, changed once; said after the end; not said at all.
    for subscription_id, facts in {
        one: (said(one, "other"), said(one, "too_expensive"), ended(one, "voluntary", on(9))),
        two: (ended(two, "voluntary", on(10)), said(two, "too_expensive")),
        three: (ended(three, "payment_failed", on(11)),),
        four: (said(four, "other"), dropped(four), ended(four, "refunded", on(12))),
        trial: (ended(trial, "voluntary", on(13), was_paying=False), said(trial, "other")),
        moved: (ended(moved, "migrated", on(14)),),
    }.items():
        await house.hear(*facts, stream_id=subscription_id)
    wanted = {
        "lost": 4,
        "lost_for": [times("voluntary", 2), times("payment_failed", 1), times("refunded", 1)],
        "said": [times("too_expensive", 2)],
        "silent": 2,
    }
    assert await exits(house) == wanted
    assert await exits(house, month=4) == {"lost": 0, "lost_for": [], "said": [], "silent": 0}
    service = house.service
    await rebuild(service.pool, service.name, EXITS, service.sources())
    assert await exits(house) == wanted


async def test_who_may_see_it(house: House) -> None:
    await house.hear(created(community), created(other))
    await house.quiet()
    path = f"/communities/{community}/exits"
    assert (await house.refusal(moderator, "GET", path))[0] == 403
    assert (await house.refusal(eve, "GET", path))[0] == 404
    assert (await house.refusal(None, "GET", path))[0] == 401
    reversed_days = f"{path}?from=2026-03-02&to=2026-03-01"
    assert await house.refusal(olga, "GET", reversed_days) == (422, "window_reversed")
