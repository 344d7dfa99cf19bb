"""Money names only a hold: it finds the hold's gathering, once, whichever is heard of first."""

from dataclasses import dataclass, replace
from typing import assert_never

from services.events.gathering.events import GatheringId
from services.events.hold import commands, events
from shared.decider import Decider


@dataclass(frozen=True, slots=True)
class Hold:
    gathering_id: GatheringId | None = None
    paid: bool = False
    waiting: events.PaymentWaited | None = None
    refunded: bool = False


def decide(command: commands.HoldCommand, hold: Hold) -> list[events.HoldEvent]:
    match command:
        case commands.OpenHold() if hold.gathering_id:
            return []
        case commands.OpenHold(_, gathering_id):
            opened = events.HoldOpened(gathering_id)
            return [opened, _paid(gathering_id, hold.waiting)] if hold.waiting else [opened]
        case commands.PayHold() if hold.paid:
            return []
        case commands.PayHold(hold_id, person_id, revision, amount):
            payment = events.PaymentWaited(hold_id, person_id, revision, amount)
            return [_paid(hold.gathering_id, payment) if hold.gathering_id else payment]
        case commands.ReturnPayment():
            waiting = hold.waiting
            return [events.PaymentUnmatched(waiting.hold_id, waiting.person_id)] if waiting else []
        case commands.RefundHold() if hold.refunded or not hold.paid:
            return []
        case commands.RefundHold(hold_id):
            met = None if hold.waiting else hold.gathering_id
            return [events.HoldRefunded(hold_id, met)]
        case _:
            assert_never(command)


def _paid(gathering_id: GatheringId, payment: events.PaymentWaited) -> events.HoldPaid:
    return events.HoldPaid(
        payment.hold_id, gathering_id, payment.person_id, payment.revision, payment.amount
    )


def evolve(hold: Hold, event: events.HoldEvent) -> Hold:
    match event:
        case events.HoldOpened(gathering_id):
            return replace(hold, gathering_id=gathering_id)
        case events.PaymentWaited():
            return replace(hold, paid=True, waiting=event)
        case events.HoldPaid() | events.PaymentUnmatched():
            return replace(hold, paid=True, waiting=None)
        case events.HoldRefunded():
            return replace(hold, waiting=None, refunded=True)
        case _:
            assert_never(event)


HOLD: Decider[commands.HoldCommand, Hold, events.HoldEvent] = Decider(
    "hold",
    initial=Hold(),
    decide=decide,
    evolve=evolve,
    commands=commands.HoldCommand,
    events=events.HoldEvent,
)
