"""Who is chosen is told, so many a minute; who was told is reminded; what is called off is taken back from all."""

from datetime import timedelta

from services.billing.price_rise import commands, events
from services.billing.price_rise.decider import PRICE_RISE
from services.billing.subscription.events import (
    CancellationWithdrawn,
    ChangeDropped,
    PriceRiseAnnounced,
    PriceRiseDeferred,
    SubscriptionChanged,
    SubscriptionResumed,
)
from services.billing.subscription.projections import announcing, recalling, taking_back
from shared.event_store import Fact
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction

PAUSE = timedelta(minutes=1)


def when_price_rise_started_tell(fact: Fact) -> list[Ask]:
    return [Ask(PRICE_RISE, fact.stream_id, commands.TellRise(1))]


def when_rise_told_tell_subscribers(fact: Fact) -> list[Call]:
    told: events.RiseTold = fact.body
    return [Call(commands.TellSubscriber(each, told.rise)) for each in told.subscriptions]


def when_rise_told_tell_more(fact: Fact) -> list[At]:
    told: events.RiseTold = fact.body
    more = commands.TellRise(told.number + 1)
    return [At(fact.at + PAUSE, Ask(PRICE_RISE, fact.stream_id, more))]


def when_price_rise_cancelled_take_back(fact: Fact) -> list[Ask]:
    return [Ask(PRICE_RISE, fact.stream_id, commands.TakeRiseBack(1))]


def when_rise_taken_back_go_on(fact: Fact) -> list[Ask]:
    """Without a pause: the next turn is asked for when this one is done, and what is due waits for nobody."""
    back: events.RiseTakenBack = fact.body
    more = commands.TakeRiseBack(back.number + 1)
    return [
        *(taking_back(each, back.rise_id) for each in back.subscriptions),
        Ask(PRICE_RISE, fact.stream_id, more),
    ]


def when_rise_is_to_be_recalled_recall(fact: Fact) -> list[At]:
    told: PriceRiseAnnounced | PriceRiseDeferred = fact.body
    return [At(told.remind_at, recalling(fact.stream_id, told.remind_at))]


def when_first_due_may_have_moved_recall(fact: Fact) -> list[Ask]:
    """What was put off, or was not going to be paid, may be near by now."""
    return [recalling(fact.stream_id, fact.at)]


REACTIONS = (
    Reaction(
        "billing.price_rise.when_price_rise_started_tell",
        events.PriceRiseStarted,
        when_price_rise_started_tell,
    ),
    Reaction(
        "billing.price_rise.when_rise_told_tell_subscribers",
        events.RiseTold,
        when_rise_told_tell_subscribers,
    ),
    Reaction(
        "billing.price_rise.when_rise_told_tell_more",
        events.RiseTold,
        when_rise_told_tell_more,
    ),
    Reaction(
        "billing.price_rise.when_price_rise_cancelled_take_back",
        events.PriceRiseCancelled,
        when_price_rise_cancelled_take_back,
    ),
    Reaction(
        "billing.price_rise.when_rise_taken_back_go_on",
        events.RiseTakenBack,
        when_rise_taken_back_go_on,
    ),
    Reaction(
        "billing.price_rise.when_price_rise_announced_recall",
        PriceRiseAnnounced,
        when_rise_is_to_be_recalled_recall,
    ),
    Reaction(
        "billing.price_rise.when_price_rise_deferred_recall",
        PriceRiseDeferred,
        when_rise_is_to_be_recalled_recall,
    ),
    Reaction(
        "billing.price_rise.when_subscription_resumed_recall",
        SubscriptionResumed,
        when_first_due_may_have_moved_recall,
    ),
    Reaction(
        "billing.price_rise.when_cancellation_withdrawn_recall",
        CancellationWithdrawn,
        when_first_due_may_have_moved_recall,
    ),
    Reaction(
        "billing.price_rise.when_change_dropped_recall",
        ChangeDropped,
        when_first_due_may_have_moved_recall,
    ),
    Reaction(
        "billing.price_rise.when_subscription_changed_recall",
        SubscriptionChanged,
        when_first_due_may_have_moved_recall,
    ),
)


async def tell_subscriber(action: commands.TellSubscriber, context: ActionContext) -> Ask:
    return announcing(action.subscription_id, action.rise, context.now)


ACTIONS = (Action(commands.TellSubscriber, tell_subscriber),)
