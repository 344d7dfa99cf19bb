"""What the others publish becomes figures that add up, of one community and of the platform."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Literal
from uuid import UUID, uuid4

from services.analytics.recurring.projections import RECURRING
from shared.contracts import billing_subscription as subscriptions
from shared.contracts.analytics_privacy import PersonForgotten
from shared.contracts.billing_dispute import DisputeClosed
from shared.contracts.billing_offer import Interval
from shared.contracts.billing_payment import MoneyLine, PaymentSucceeded, RefundIssued
from shared.contracts.contract import ChargedFor, MoneyValue
from shared.contracts.membership_access import AccessGranted, AccessRevoked
from shared.contracts.membership_community import CommunityCreated
from shared.contracts.membership_description import CommunityDescribed
from shared.contracts.membership_member import (
    MemberBanned,
    MemberJoined,
    MemberLeft,
    PersonErased,
)
from shared.money import rounded
from shared.projection import rebuild
from tests.integration.events.house import House, Json, Who, somebody

community = uuid4()
olga = somebody(community, "owner")
ada, bob, eve = uuid4(), uuid4(), uuid4()
gold = uuid4()
march = "from=2026-03-01&to=2026-03-31"
april = "from=2026-04-01&to=2026-04-30"


def on(day: int, month: int = 3, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def euros(minor: int) -> MoneyValue:
    return MoneyValue(minor=minor, currency="EUR")


def created(
    community_id: UUID = community, mode: Literal["live", "test"] = "live"
) -> CommunityCreated:
    return CommunityCreated(
        community_id=community_id,
        occurred_at=on(1),
        kind="association",
        name="Chess Club",
        currency="EUR",
        time_zone="Europe/Paris",
        mode=mode,
    )


class Subscription:
    """Tells of one subscription."""

    def __init__(self, person: UUID, community_id: UUID = community) -> None:
        self.id = uuid4()
        self.of: Json = {
            "community_id": community_id,
            "subscription_id": self.id,
            "person_id": person,
            "offer_id": uuid4(),
            "tier_id": None,
        }

    def trial(self, at: datetime) -> subscriptions.TrialStarted:
        return subscriptions.TrialStarted(**self.of, occurred_at=at, trial_ends_at=at)

    def activated(
        self, at: datetime, minor: int = 1000, interval: Interval = "month"
    ) -> subscriptions.SubscriptionActivated:
        return subscriptions.SubscriptionActivated(
            **self.of,
            occurred_at=at,
            price=euros(minor),
            interval=interval,
            quantity=1,
            period_start=at,
            period_end=at,
        )

    def past_due(self, at: datetime) -> subscriptions.SubscriptionPastDue:
        return subscriptions.SubscriptionPastDue(**self.of, occurred_at=at)

    def ended(self, at: datetime) -> subscriptions.SubscriptionEnded:
        return subscriptions.SubscriptionEnded(
            **self.of, occurred_at=at, reason="voluntary", was_paying=True
        )


def line(charged_for: ChargedFor, minor: int) -> MoneyLine:
    return MoneyLine(charged_for=charged_for, amount=euros(minor))


def paid(at: datetime, *lines: MoneyLine, community_id: UUID = community) -> PaymentSucceeded:
    return PaymentSucceeded(
        community_id=community_id,
        occurred_at=at,
        payment_id=uuid4(),
        person_id=ada,
        amount=euros(sum(one.amount.minor for one in lines)),
        lines=lines,
    )


def refunded(at: datetime, *lines: MoneyLine) -> RefundIssued:
    return RefundIssued(
        community_id=community,
        occurred_at=at,
        payment_id=uuid4(),
        refund_id=uuid4(),
        person_id=ada,
        amount=euros(sum(one.amount.minor for one in lines)),
        lines=lines,
    )


async def revenue(house: House, days: str, who: Who = olga) -> Json:
    await house.quiet()
    return await house.ask(who, "GET", f"/communities/{community}/revenue?{days}")


def recurring(start: int = 0, end: int = 0, **moves: int) -> list[Json]:
    """Of who paid at the start, one customer; who is new is another."""
    kinds = dict.fromkeys(("new", "reactivation", "expansion", "contraction", "churn"), 0)
    shown: Json = {"currency": "EUR", "start": start, **kinds, **moves, "end": end}
    after = end - shown["new"]
    shown["gross_retention"] = (
        rounded(Fraction(10_000 * min(start, after), start)) if start else None
    )
    shown["net_retention"] = rounded(Fraction(10_000 * after, start)) if start else None
    return [shown]


async def test_recurring_revenue_moves_and_adds_up(house: House) -> None:
    await house.hear(created())
    one, two, again = Subscription(ada), Subscription(bob), Subscription(ada)
    # The later subscription of a person is heard of first: nothing orders two streams.
    await house.hear(again.activated(on(20, 4), 1500), stream_id=again.id)
    await house.hear(one.activated(on(2)), one.ended(on(2, 4)), stream_id=one.id)
    await house.hear(two.activated(on(10), 12_000, "year"), stream_id=two.id)
    assert (await revenue(house, march))["recurring"] == recurring(new=2000, end=2000)
    assert (await revenue(house, april))["recurring"] == recurring(
        2000, reactivation=1500, churn=-1000, end=2500
    )


async def test_days_are_those_of_the_community(house: House) -> None:
    await house.hear(created())
    one = Subscription(ada)
    almost_april = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
    await house.hear(one.activated(almost_april), stream_id=one.id)
    await house.hear(paid(almost_april, line("subscription", 1000)))
    assert (await revenue(house, march))["takings"] == []
    shown = await revenue(house, april)
    assert (shown["from"], shown["to"], shown["time_zone"]) == (
        "2026-04-01",
        "2026-04-30",
        "Europe/Paris",
    )
    assert shown["recurring"] == recurring(new=1000, end=1000)
    assert [taking["month"] for taking in shown["takings"]] == ["2026-04-01"]


async def test_what_is_tried_out_or_at_risk_is_told_apart(house: House) -> None:
    await house.hear(created())
    trying, late = Subscription(ada), Subscription(bob)
    await house.hear(trying.trial(on(2)), stream_id=trying.id)
    await house.hear(late.activated(on(2), 999, "quarter"), late.past_due(on(3)), stream_id=late.id)
    shown = await revenue(house, march)
    assert shown["recurring"] == recurring(new=333, end=333)
    assert shown["subscriptions"] == {
        "trial": 1,
        "paying": 0,
        "past_due": 1,
        "paused": 0,
        "at_risk": [{"minor": 333, "currency": "EUR"}],
        "discounted": [],
    }


async def test_what_is_taken_off_for_a_time_is_shown_beside_what_recurs(house: House) -> None:
    await house.hear(created())
    member, donor = Subscription(ada), Subscription(bob)
    half = {"recurring": euros(2000), "charged": euros(1000)}
    began = member.activated(on(2), 2000).model_copy(update=half | {"every": 2})
    given = donor.activated(on(2), 500).model_copy(update={"charged_for": "donation"})
    await house.hear(began, stream_id=member.id)
    await house.hear(given, stream_id=donor.id)
    await house.hear(Subscription(eve).trial(on(3)))
    await house.hear(paid(on(2), line("subscription", 1000), line("donation", 500)))
    shown = await revenue(house, march)
    assert shown["recurring"] == recurring(new=1000, end=1000)
    assert shown["subscriptions"]["discounted"] == [{"minor": 500, "currency": "EUR"}]
    assert {taking["source"]: taking["net"]["minor"] for taking in shown["takings"]} == {
        "donation": 500,
        "subscription": 1000,
    }


async def test_takings_are_told_by_month_and_source(house: House) -> None:
    await house.hear(created())
    await house.hear(paid(on(2), line("subscription", 1000), line("ticket", 2400)))
    await house.hear(paid(on(3), line("ticket", 1200)))
    await house.hear(refunded(on(4, 4), line("ticket", 1200)))
    shown = await revenue(house, "from=2026-03-01&to=2026-04-30")
    assert [
        (t["month"], t["source"], t["gross"]["minor"], t["refunded"]["minor"], t["net"]["minor"])
        for t in shown["takings"]
    ] == [
        ("2026-03-01", "subscription", 1000, 0, 1000),
        ("2026-03-01", "ticket", 3600, 0, 3600),
        ("2026-04-01", "ticket", 0, 1200, -1200),
    ]


async def test_what_a_bank_took_back_is_lost_in_the_month_of_its_decision(house: House) -> None:
    await house.hear(created())
    await house.hear(paid(on(2), line("subscription", 1000)))
    lost = DisputeClosed(
        community_id=community,
        occurred_at=on(4, 4),
        payment_id=uuid4(),
        dispute="dp_1",
        person_id=ada,
        amount=MoneyValue(minor=1000, currency="EUR"),
        outcome="lost",
        lost=(line("subscription", 1000),),
    )
    await house.hear(lost, lost.model_copy(update={"outcome": "won", "lost": ()}))
    shown = await revenue(house, "from=2026-03-01&to=2026-04-30")
    assert [
        (t["month"], t["gross"]["minor"], t["lost"]["minor"], t["net"]["minor"])
        for t in shown["takings"]
    ] == [("2026-03-01", 1000, 0, 1000), ("2026-04-01", 0, 1000, -1000)]


async def test_members_and_access_are_counted_in_and_out(house: House) -> None:
    await house.hear(created())
    for person, facts in {
        ada: (MemberJoined, MemberLeft, PersonErased),
        bob: (MemberJoined,),
        eve: (MemberJoined, MemberBanned),
    }.items():
        told = [
            fact(community_id=community, occurred_at=on(1 + number), person_id=person)
            for number, fact in enumerate(facts)
        ]
        await house.hear(*told, stream_id=person)
    access: Json = {
        "community_id": community,
        "person_id": bob,
        "tier_id": gold,
        "reason_kind": "subscription",
    }
    one, two = uuid4(), uuid4()
    await house.hear(
        AccessGranted(**access, reason_id=one, occurred_at=on(1), first=True),
        AccessGranted(**access, reason_id=two, occurred_at=on(2), first=False),
        AccessRevoked(**access, reason_id=one, occurred_at=on(3), last=False),
        stream_id=uuid4(),
    )
    ended = AccessRevoked(**access, reason_id=two, occurred_at=on(4), last=True)
    await house.hear(ended, stream_id=uuid4())
    await house.quiet()
    shown = await house.ask(olga, "GET", f"/communities/{community}/members?{march}")
    assert shown["members"] == {
        "start": 0,
        "joined": 3,
        "left": 2,
        "end": 1,
        "days": [
            {"day": "2026-03-01", "joined": 3, "left": 0},
            {"day": "2026-03-02", "joined": 0, "left": 2},
        ],
    }
    tier = str(gold)
    assert shown["access"] == {
        "tiers": [{"tier_id": tier, "live": 0}],
        "days": [
            {"day": "2026-03-01", "tier_id": tier, "given": 1, "taken": 0},
            {"day": "2026-03-04", "tier_id": tier, "given": 0, "taken": 1},
        ],
    }
    (forgotten,) = await house.until_told(PersonForgotten)
    assert forgotten.person_id == ada


async def test_one_look_shows_the_month_so_far(house: House) -> None:
    now = house.service.clock.now()
    one = Subscription(ada)
    await house.hear(created())
    await house.hear(one.activated(now), stream_id=one.id)
    await house.hear(paid(now, line("subscription", 1000)))
    joined = MemberJoined(community_id=community, occurred_at=now, person_id=ada)
    await house.hear(joined, stream_id=ada)
    await house.quiet()
    shown = await house.ask(olga, "GET", f"/communities/{community}/dashboard")
    assert (shown["mode"], shown["currency"], shown["members"]["end"]) == ("live", "EUR", 1)
    assert shown["recurring"] == recurring(new=1000, end=1000)
    assert [taking["net"]["minor"] for taking in shown["takings"]] == [1000]


async def test_the_platform_counts_live_communities_only(house: House) -> None:
    other, trial_run = uuid4(), uuid4()
    await house.hear(created(), created(other), created(trial_run, "test"))
    for place in (community, other, trial_run):
        one = Subscription(ada, place)
        await house.hear(one.activated(on(2)), stream_id=one.id)
        await house.hear(paid(on(2), line("ticket", 500), community_id=place))
    await house.quiet()
    staff = somebody(community, platform=True)
    shown = await house.ask(staff, "GET", f"/platform/revenue?{march}")
    assert shown["recurring"] == recurring(new=2000, end=2000)
    assert [taking["gross"]["minor"] for taking in shown["takings"]] == [1000]
    assert await house.refusal(olga, "GET", "/platform/revenue") == (403, "forbidden")


async def test_another_communitys_figures_are_not_there(house: House) -> None:
    other = uuid4()
    await house.hear(created(), created(other))
    await house.quiet()
    for page in ("revenue", "members", "dashboard"):
        path = f"/communities/{other}/{page}"
        assert await house.refusal(olga, "GET", path) == (404, "community_not_found")
    member = somebody(community)
    path = f"/communities/{community}/revenue"
    assert await house.refusal(member, "GET", path) == (403, "forbidden")


async def test_a_window_that_cannot_be_is_named(house: House) -> None:
    await house.hear(created())
    await house.quiet()
    path = f"/communities/{community}/revenue"
    backwards = await house.refusal(olga, "GET", f"{path}?from=2026-03-02&to=2026-03-01")
    assert backwards == (422, "window_reversed")
    for wrong in ("from=yesterday", "to=9999-12-31", "from=0001-01-01"):
        assert (await house.answer(olga, "GET", f"{path}?{wrong}")).status_code == 422


async def test_folding_everything_again_gives_the_same_figures(house: House) -> None:
    await house.hear(created())
    for person in (ada, bob, eve):
        one, two = Subscription(person), Subscription(person)
        await house.hear(two.activated(on(5), 700, "week"), stream_id=two.id)
        await house.hear(one.activated(on(3)), one.ended(on(20)), stream_id=one.id)
    before = await revenue(house, march)
    service = house.service
    await rebuild(service.pool, service.name, RECURRING, service.sources())
    assert await revenue(house, march) == before
    week = 700 * 52
    assert before["recurring"] == recurring(
        new=3 * 1000,
        expansion=round(3 * week / 12),
        contraction=-3 * 1000,
        end=round(3 * week / 12),
    )


async def test_a_renewed_subscription_at_another_price_expands(house: House) -> None:
    await house.hear(created())
    one = Subscription(ada)
    renewed = subscriptions.SubscriptionRenewed(
        **one.of,
        occurred_at=on(2, 4),
        price=euros(1300),
        period_start=on(2, 4),
        period_end=on(2, 4) + timedelta(days=30),
    )
    await house.hear(one.activated(on(2)), renewed, stream_id=one.id)
    assert (await revenue(house, april))["recurring"] == recurring(1000, expansion=300, end=1300)


async def test_more_is_expansion_a_pause_contraction_and_all_of_it_adds_up(house: House) -> None:
    await house.hear(created())
    one = Subscription(ada)

    def plan(minor: int, interval: Interval) -> subscriptions.SubscriptionPlan:
        return subscriptions.SubscriptionPlan(
            offer_id=one.of["offer_id"],
            tier_id=None,
            price=euros(minor),
            interval=interval,
            every=1,
            quantity=1,
            recurring=euros(minor),
        )

    changed = subscriptions.SubscriptionChanged(
        **one.of,
        occurred_at=on(2, 4),
        before=plan(1000, "month"),
        after=plan(18_000, "year"),
        charged=euros(18_000),
    )
    paused = subscriptions.SubscriptionPaused(**one.of, occurred_at=on(10, 4), resumes_at=on(1, 5))
    resumed = subscriptions.SubscriptionResumed(
        **one.of, occurred_at=on(20, 4), recurring=euros(18_000), period_end=on(1, 5)
    )
    await house.hear(one.activated(on(2)), changed, paused, stream_id=one.id)
    shown = (await revenue(house, april))["recurring"]
    assert shown == recurring(1000, expansion=500, contraction=-1500)
    await house.hear(resumed, stream_id=one.id)
    shown = (await revenue(house, april))["recurring"]
    assert shown == recurring(1000, expansion=500, contraction=-1500, reactivation=1500, end=1500)


async def test_a_community_that_reckons_otherwise_is_shown_so_whatever_is_heard_first(
    house: House,
) -> None:
    def described(community_id: UUID) -> CommunityDescribed:
        return CommunityDescribed(
            community_id=community_id,
            occurred_at=on(2),
            name="Chess Club",
            currency="CHF",
            time_zone="Asia/Tokyo",
            mode="live",
        )

    other = uuid4()
    await house.hear(created(), described(community), described(other), created(other))
    await house.quiet()
    for who in (olga, somebody(other, "owner")):
        shown = await house.ask(who, "GET", f"/communities/{who.community_id}/dashboard")
        assert (shown["currency"], shown["mode"]) == ("CHF", "live")
        assert shown["time_zone"] == "Asia/Tokyo"
