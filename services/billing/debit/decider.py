"""A community takes debits when its account may make them, and says what is had while money is on its way."""

from typing import assert_never
from uuid import UUID

from services.billing.debit import commands, events
from services.billing.debit.events import AccessWhile
from shared.decider import Decider, Rejected
from shared.ids import derive

Access = AccessWhile | None


def debit_stream(community_id: UUID) -> UUID:
    """The stream of what a community says of debits."""
    return derive(community_id, "debit")


def decide(command: commands.DebitCommand, said: Access) -> list[events.DebitEvent]:
    match command:
        case commands.TakeDebits(able=False):
            raise Rejected("debits_not_possible", "The account may not debit bank accounts yet.")
        case commands.TakeDebits(access):
            return [] if said == access else [events.DebitsTaken(access)]
        case commands.StopDebits():
            return [] if said is None else [events.DebitsStopped()]
        case _:
            assert_never(command)


def evolve(_said: Access, event: events.DebitEvent) -> Access:
    match event:
        case events.DebitsTaken(access):
            return access
        case events.DebitsStopped():
            return None
        case _:
            assert_never(event)


DEBIT: Decider[commands.DebitCommand, Access, events.DebitEvent] = Decider(
    "debit",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.DebitCommand,
    events=events.DebitEvent,
)
