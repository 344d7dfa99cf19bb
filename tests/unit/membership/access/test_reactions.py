from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.membership.access import commands, events
from services.membership.access.decider import ACCESS, stream_of
from services.membership.access.reactions import REACTIONS
from services.membership.content.events import ContentId
from services.membership.grace.events import Over
from services.membership.member.events import (
    BanLifted,
    MemberBanned,
    MemberJoined,
    MemberLeft,
    PersonErased,
)
from services.membership.recognition.events import (
    Badge,
    LevelLost,
    LevelReached,
    LevelRevised,
)
from services.membership.tier.events import TierId
from shared.contracts.billing_order import (
    OrderLine,
    OrderPaid,
    OrderRefunded,
    OrderReinstated,
    OrderSuspended,
)
from shared.contracts.billing_subscription import (
    SubscriptionActivated,
    SubscriptionChanged,
    SubscriptionEnded,
    SubscriptionPaused,
    SubscriptionPlan,
    SubscriptionReinstated,
    SubscriptionResumed,
    SubscriptionSuspended,
    TrialStarted,
)
from shared.contracts.contract import MoneyValue
from shared.ids import AccountId, Code, Label, PersonId, derive
from shared.personal_value import Sealed
from shared.reaction import Ask, At, Call, Intent, intents_of
from tests.unit.membership.facts import community_id, event_id, fact, noon

ada = PersonId(UUID(int=1))
free, gold = TierId(UUID(int=2)), TierId(UUID(int=3))
subscription, order, offer, present = (UUID(int=number) for number in range(10, 14))
ten_euros = MoneyValue(minor=1000, currency="EUR")
ada_joined = MemberJoined(
    AccountId(UUID(int=4)),
    Sealed(ada, "profile", Code("name")),
    Sealed(ada, "profile", Code("address")),
    "en",
    (free,),
)


def reacts_to(body: object, stream_id: UUID = ada) -> list[Intent]:
    by_type = {reaction.to: [reaction] for reaction in REACTIONS}
    return [intent for _, _, intent in intents_of(by_type, fact(body, stream_id))]


def asks(command: commands.AccessCommand) -> list[Ask]:
    return [Ask(ACCESS, stream_of(ada), command)]


def order_paid(*lines: OrderLine) -> OrderPaid:
    return OrderPaid(
        community_id=community_id,
        occurred_at=noon,
        order_id=order,
        person_id=ada,
        checkout_id=UUID(int=20),
        payment_id=UUID(int=21),
        total=ten_euros,
        lines=lines,
    )


def test_who_joins_enters_the_free_tiers_for_that_reason() -> None:
    assert reacts_to(ada_joined) == asks(commands.StartReason(ada, (free,), "joined", event_id))


def test_where_no_tier_is_free_joining_opens_nothing() -> None:
    joined = MemberJoined(ada_joined.account_id, ada_joined.name, ada_joined.email, "en", ())
    assert reacts_to(joined) == []


def test_a_trial_opens_its_tier() -> None:
    trial = TrialStarted(
        community_id=community_id,
        occurred_at=noon,
        subscription_id=subscription,
        person_id=ada,
        offer_id=offer,
        tier_id=gold,
        trial_ends_at=noon,
    )
    assert reacts_to(trial) == asks(
        commands.StartReason(ada, (gold,), "subscription", subscription)
    )


def activated(tier_id: TierId | None) -> SubscriptionActivated:
    return SubscriptionActivated(
        community_id=community_id,
        occurred_at=noon,
        subscription_id=subscription,
        person_id=ada,
        offer_id=offer,
        tier_id=tier_id,
        price=ten_euros,
        interval="month",
        quantity=1,
        period_start=noon,
        period_end=noon,
    )


def test_a_subscription_opens_its_tier() -> None:
    assert reacts_to(activated(gold)) == asks(
        commands.StartReason(ada, (gold,), "subscription", subscription)
    )


def test_who_had_it_elsewhere_comes_without_a_welcome() -> None:
    migrated = activated(gold).model_copy(update={"source": "migrated"})
    start = commands.StartReason(ada, (gold,), "subscription", subscription, migrated=True)
    assert reacts_to(migrated) == asks(start)
    granted = events.AccessGranted(
        ada, gold, "subscription", subscription, first=True, migrated=True
    )
    assert ACCESS.decide(start, ACCESS.initial) == [granted]


def test_a_subscription_without_a_tier_opens_nothing() -> None:
    assert reacts_to(activated(None)) == []


@pytest.mark.parametrize("reason", ["payment_failed", "migrated", "erased"])
def test_a_subscription_ends_its_own_reason_at_once_where_it_has_no_grace(reason: str) -> None:
    ended = SubscriptionEnded(**about(reason=reason, was_paying=True))
    assert reacts_to(ended) == asks(commands.EndReason(ada, "subscription", subscription, "ended"))


OVER: list[tuple[str, events.Cause, Over]] = [
    ("voluntary", "ended", "ended"),
    ("refunded", "refunded", "refunded"),
    ("disputed", "refunded", "disputed"),
    ("banned", "ended", "banned"),
]


@pytest.mark.parametrize(("reason", "cause", "over"), OVER)
def test_how_long_access_lasts_after_a_subscription_is_looked_up(
    reason: str, cause: events.Cause, over: Over
) -> None:
    ended = SubscriptionEnded(**about(reason=reason, was_paying=True))
    assert reacts_to(ended) == looks_up("subscription", subscription, cause, over)


def looks_up(
    kind: events.ReasonKind, reason_id: UUID, cause: events.Cause, over: Over
) -> list[Call]:
    return [Call(commands.ConsultGrace(ada, kind, reason_id, cause, over, noon))]


def about(**more: Any) -> dict[str, Any]:
    return {
        "community_id": community_id,
        "occurred_at": noon,
        "subscription_id": subscription,
        "person_id": ada,
        "offer_id": offer,
        "tier_id": gold,
    } | more


def test_what_is_withheld_is_suspended_and_had_again_when_it_is_reinstated() -> None:
    suspend = commands.MoveReason(ada, (), "subscription", subscription, "suspended")
    assert reacts_to(SubscriptionSuspended(**about(cause="disputed"))) == asks(suspend)
    reinstate = commands.MoveReason(ada, (gold,), "subscription", subscription, "suspended")
    assert reacts_to(SubscriptionReinstated(**about())) == asks(reinstate)


def test_an_order_opens_the_tiers_of_its_lines() -> None:
    once = OrderLine(kind="offer", amount=ten_euros, offer_id=offer, tier_id=gold)
    seat = OrderLine(kind="quote", amount=ten_euros, hold_id=UUID(int=22), revision=1)
    assert reacts_to(order_paid(once, seat)) == asks(
        commands.StartReason(ada, (gold,), "purchase", order)
    )


def test_an_order_opens_the_content_of_its_lines() -> None:
    workbook = ContentId(UUID(int=23))
    once = OrderLine(kind="offer", amount=ten_euros, offer_id=offer, content_id=workbook)
    assert reacts_to(order_paid(once)) == asks(
        commands.StartReason(ada, (), "purchase", order, contents=(workbook,))
    )


def test_an_order_of_seats_opens_no_tier() -> None:
    seat = OrderLine(kind="quote", amount=ten_euros, hold_id=UUID(int=22), revision=1)
    assert reacts_to(order_paid(seat)) == []


def test_a_disputed_order_opens_nothing_until_it_is_reinstated() -> None:
    workbook = ContentId(UUID(int=23))
    lines = (
        OrderLine(kind="offer", amount=ten_euros, offer_id=offer, tier_id=gold),
        OrderLine(kind="offer", amount=ten_euros, offer_id=offer, content_id=workbook),
    )
    order_of_both: dict[str, Any] = {
        "community_id": community_id,
        "occurred_at": noon,
        "order_id": order,
        "person_id": ada,
    }
    hold = commands.MoveReason(ada, (), "purchase", order, "suspended")
    assert reacts_to(OrderSuspended(**order_of_both, cause="disputed")) == asks(hold)
    give_back = commands.MoveReason(ada, (gold,), "purchase", order, "suspended", (workbook,))
    assert reacts_to(OrderReinstated(**order_of_both, lines=lines)) == asks(give_back)


def refunded(reason: str) -> OrderRefunded:
    told = {"order_id": order, "person_id": ada, "total": ten_euros, "reason": reason}
    return OrderRefunded.model_validate(
        {"community_id": community_id, "occurred_at": noon} | told, strict=False
    )


@pytest.mark.parametrize(("reason", "over"), [("requested", "refunded"), ("disputed", "disputed")])
def test_how_long_access_lasts_after_a_refund_is_looked_up(reason: str, over: Over) -> None:
    assert reacts_to(refunded(reason)) == looks_up("purchase", order, "refunded", over)


@pytest.mark.parametrize("reason", ["seat_denied", "gathering_cancelled", "duplicate"])
def test_what_was_never_to_be_had_ends_at_once(reason: str) -> None:
    end = commands.EndReason(ada, "purchase", order, "refunded")
    assert reacts_to(refunded(reason)) == asks(end)


def test_what_lasts_ends_by_the_agenda() -> None:
    tomorrow = noon + timedelta(days=1)
    lasts = events.ReasonInGrace(ada, "purchase", order, "refunded", tomorrow)
    (end,) = asks(commands.EndReason(ada, "purchase", order, "refunded"))
    assert reacts_to(lasts) == [At(tomorrow, end)]


def test_a_gift_with_an_end_ends_by_the_agenda() -> None:
    tomorrow = noon + timedelta(days=1)
    gift = events.AccessGranted(ada, gold, "gift", present, first=True, until=tomorrow)
    (expire,) = asks(commands.EndReason(ada, "gift", present, "expired"))
    assert reacts_to(gift) == [At(tomorrow, expire)]


def test_a_gift_without_an_end_lasts() -> None:
    gift = events.AccessGranted(ada, gold, "gift", present, first=True)
    assert reacts_to(gift) == []


def test_who_leaves_loses_what_was_given() -> None:
    assert reacts_to(MemberLeft()) == asks(commands.EndGiven(ada))


def test_who_is_banned_loses_everything() -> None:
    assert reacts_to(MemberBanned()) == asks(commands.BarAccess(ada, "banned"))


def test_a_ban_with_a_grace_is_completed_by_the_agenda() -> None:
    tomorrow = noon + timedelta(days=1)
    until = commands.BarAccess(ada, "banned", tomorrow)
    assert reacts_to(MemberBanned(access_until=tomorrow)) == asks(until)
    (complete,) = asks(commands.CompleteBar(ada, tomorrow))
    assert reacts_to(events.BarForetold(ada, "banned", tomorrow)) == [At(tomorrow, complete)]


def test_a_ban_that_is_lifted_bars_no_more() -> None:
    assert reacts_to(BanLifted()) == asks(commands.LiftBar(ada))


def test_who_is_erased_loses_everything() -> None:
    assert reacts_to(PersonErased(ada)) == asks(commands.BarAccess(ada, "erased"))


def test_a_changed_subscription_opens_another_tier_or_none() -> None:
    def plan(tier_id: TierId | None) -> SubscriptionPlan:
        return SubscriptionPlan(
            offer_id=offer,
            tier_id=tier_id,
            price=ten_euros,
            interval="month",
            every=1,
            quantity=1,
            recurring=ten_euros,
        )

    for tier_id, tiers in ((free, (free,)), (None, ())):
        changed = SubscriptionChanged(
            **about(tier_id=tier_id, before=plan(gold), after=plan(tier_id), charged=None)
        )
        move = commands.MoveReason(ada, tiers, "subscription", subscription, "changed")
        assert reacts_to(changed) == asks(move)
    paused = SubscriptionPaused(**about(resumes_at=noon))
    rest = commands.MoveReason(ada, (), "subscription", subscription, "paused")
    assert reacts_to(paused) == asks(rest)
    resumed = SubscriptionResumed(**about(recurring=ten_euros, period_end=noon))
    go_on = commands.MoveReason(ada, (gold,), "subscription", subscription, "paused")
    assert reacts_to(resumed) == asks(go_on)


def test_a_level_is_one_reason_whose_tiers_move_until_there_is_none() -> None:
    helper = Badge(Code("helper"), Label("Helper"), 1, (free,))
    pillar = Badge(Code("pillar"), Label("Pillar"), 2, (free, gold))
    reason = derive(ada, "spell", "3")

    def stands(*tiers: TierId) -> list[Ask]:
        return asks(commands.MoveReason(ada, tiers, "recognition", reason, "changed"))

    def lost(badge: Badge, left: Badge | None, cause: Any = "score") -> list[Intent]:
        return reacts_to(LevelLost(ada, 3, badge, left, cause, 0, 1))

    assert reacts_to(LevelReached(ada, 3, pillar, 0, 9, 1, earned=True)) == stands(free, gold)
    assert reacts_to(LevelRevised(ada, 3, helper, 2)) == stands(free)
    assert lost(pillar, helper) == stands(free)
    assert lost(pillar, None, "banned") == looks_up("recognition", reason, "banned", "banned")
    for cause, ends in (("score", "ended"), ("own_wish", "withdrawn")):
        end = commands.EndReason(ada, "recognition", reason, ends)  # type: ignore[arg-type]  # One of the causes.
        assert lost(pillar, None, cause) == asks(end)
    assert lost(Badge(Code("guest"), Label("Guest"), 1, ()), None) == []
