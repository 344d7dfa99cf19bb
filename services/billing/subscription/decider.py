"""A subscription runs only as long as its periods are paid, each exactly once, and ends once."""

from typing import assert_never

from services.billing import rises
from services.billing.subscription import commands, events
from services.billing.subscription.rules import changes, ending, refusals, running, start
from services.billing.subscription.rules.history import evolve
from services.billing.subscription.rules.state import Ended, Events, Running, Subscription
from shared.decider import Decider

__all__ = ["SUBSCRIPTION", "Ended", "Running"]


def decide(command: commands.SubscriptionCommand, subscription: Subscription) -> Events:
    match command:
        case commands.StartSubscription() if subscription is None:
            return start.begin(command)
        case (
            commands.ScheduleCancellation(person_id)
            | commands.WithdrawCancellation(person_id)
            | commands.WinBack(person_id)
            | commands.AcceptPriceRise(person_id)
            | commands.ReduceToStay(person_id)
        ):
            refusals.insist_on_owner(subscription, person_id)
        case (
            commands.ChangeSubscription(person_id=person_id)
            | commands.WithdrawChange(person_id)
            | commands.PauseSubscription(person_id)
            | commands.ResumeSubscription(person_id, None)
        ) if person_id or subscription is None:
            refusals.insist_on_owner(subscription, person_id)
        case commands.CancelNow() if subscription is None:
            raise refusals.not_found()
        case _:
            pass
    match subscription:
        case None:
            return []
        case Ended():
            return ending.after_the_end(command, subscription)
        case Running():
            decided = changes.with_its_change(subscription, running.decide(command, subscription))
            return rises.with_its_rise(subscription.terms, subscription.rising, decided)
        case _:
            assert_never(subscription)


SUBSCRIPTION: Decider[commands.SubscriptionCommand, Subscription, events.SubscriptionEvent] = (
    Decider(
        "subscription",
        initial=None,
        decide=decide,
        evolve=evolve,
        commands=commands.SubscriptionCommand,
        events=events.SubscriptionEvent,
    )
)
