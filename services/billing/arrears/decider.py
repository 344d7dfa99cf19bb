"""Who owes more than the seller allows has nothing they subscribe to until they owe less, and who owes nothing all."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never
from uuid import UUID

from services.billing.arrears import commands, events
from services.billing.policy.events import ArrearsLimits
from shared.decider import Decider
from shared.money import Money


@dataclass(frozen=True, slots=True)
class Arrears:
    """The unpaid bill of each subscription that has one; `over` are the limits that were exceeded, if any."""

    subscriptions: tuple[UUID, ...] = ()
    bills: Mapping[UUID, Money] = field(default_factory=dict)
    over: ArrearsLimits | None = None

    @property
    def owed(self) -> tuple[Money, ...]:
        """One sum of each currency."""
        sums: dict[str, Money] = {}
        for bill in self.bills.values():
            sums[bill.currency] = sums.get(bill.currency, bill * 0) + bill
        return tuple(sums[currency] for currency in sorted(sums))


Events = list[events.ArrearsEvent]


def decide(command: commands.ArrearsCommand, arrears: Arrears) -> Events:
    match command:
        case commands.CountSubscription(person_id, subscription_id):
            return _count(command, arrears)
        case commands.CountBill(person_id, subscription_id, amount):
            if arrears.bills.get(subscription_id) == amount:
                return []
            owed = events.BillOverdue(person_id, subscription_id, amount)
            return [*_count(command, arrears), owed]
        case commands.SettleBill(person_id, subscription_id):
            if subscription_id not in arrears.bills:
                return []
            return _with_less([events.BillSettled(person_id, subscription_id)], arrears)
        case commands.UncountSubscription(person_id, subscription_id):
            if subscription_id not in arrears.subscriptions:
                return []
            return _with_less([events.SubscriptionUncounted(person_id, subscription_id)], arrears)
        case commands.WeighArrears():
            return _weigh(command, arrears)
        case _:
            assert_never(command)


def _count(asked: commands.CountSubscription | commands.CountBill, arrears: Arrears) -> Events:
    """What begins while too much is owed is withheld like the rest."""
    person_id, one = asked.person_id, asked.subscription_id
    if one in arrears.subscriptions:
        return []
    counted = events.SubscriptionCounted(person_id, one)
    if arrears.over is None:
        return [counted]
    return [counted, events.ArrearsExceeded(person_id, arrears.over, (one,))]


def _with_less(happened: Events, arrears: Arrears) -> Events:
    """Who is under the limits again waits for nobody to weigh it."""
    left = ARREARS.fold(happened, arrears)
    if left.over is None or left.over.are_exceeded_by(tuple(left.bills.values())):
        return happened
    return [*happened, events.ArrearsCleared(happened[0].person_id, left.subscriptions)]


def _weigh(asked: commands.WeighArrears, arrears: Arrears) -> Events:
    person_id, limits, all_of_them = asked.person_id, asked.limits, arrears.subscriptions
    if not limits.are_exceeded_by(tuple(arrears.bills.values())):
        return [events.ArrearsCleared(person_id, all_of_them)] if arrears.over else []
    if arrears.over == limits:
        return []
    return [events.ArrearsExceeded(person_id, limits, all_of_them)]


def evolve(arrears: Arrears, event: events.ArrearsEvent) -> Arrears:
    match event:
        case events.SubscriptionCounted(_, one):
            return replace(arrears, subscriptions=(*arrears.subscriptions, one))
        case events.SubscriptionUncounted(_, one):
            left = tuple(each for each in arrears.subscriptions if each != one)
            return replace(arrears, subscriptions=left, bills=_without(arrears, one))
        case events.BillOverdue(_, one, amount):
            return replace(arrears, bills={**arrears.bills, one: amount})
        case events.BillSettled(_, one):
            return replace(arrears, bills=_without(arrears, one))
        case events.ArrearsExceeded(_, limits):
            return replace(arrears, over=limits)
        case events.ArrearsCleared():
            return replace(arrears, over=None)
        case _:
            assert_never(event)


def _without(arrears: Arrears, one: UUID) -> dict[UUID, Money]:
    return {of: bill for of, bill in arrears.bills.items() if of != one}


ARREARS: Decider[commands.ArrearsCommand, Arrears, events.ArrearsEvent] = Decider(
    "arrears",
    initial=Arrears(),
    decide=decide,
    evolve=evolve,
    commands=commands.ArrearsCommand,
    events=events.ArrearsEvent,
)
