"""Nobody has more than ten wishes open, and who is no member any more leaves everybody they knew here."""

from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from services.membership.acquaintance import commands, events
from shared.decider import Decider, Rejected
from shared.ids import derive

MOST_WISHES = 10


@dataclass(frozen=True, slots=True)
class Acquaintances:
    """`wishes` are open and their own; `known` are all introductions they have to do with."""

    wishes: frozenset[UUID] = frozenset()
    known: frozenset[UUID] = frozenset()


def acquaintance_stream(person_id: UUID) -> UUID:
    return derive(person_id, "acquaintances")


def decide(
    command: commands.AcquaintanceCommand, of: Acquaintances
) -> list[events.AcquaintanceEvent]:
    match command:
        case commands.OpenWish(introduction_id) if introduction_id in of.wishes:
            return []
        case commands.OpenWish(introduction_id):
            if len(of.wishes) >= MOST_WISHES:
                detail = f"At most {MOST_WISHES} wait for an answer at once."
                raise Rejected("too_many_wishes", detail, most=MOST_WISHES)
            return [events.WishOpened(introduction_id)]
        case commands.CloseWish(introduction_id):
            is_open = introduction_id in of.wishes
            return [events.WishClosed(introduction_id)] if is_open else []
        case commands.HearWish(introduction_id):
            is_known = introduction_id in of.known
            return [] if is_known else [events.WishHeard(introduction_id)]
        case commands.LeaveAcquaintances(cause):
            left = tuple(sorted(of.known))
            return [events.AcquaintancesLeft(cause, left)] if left else []
        case _:
            assert_never(command)


def evolve(of: Acquaintances, event: events.AcquaintanceEvent) -> Acquaintances:
    match event:
        case events.WishOpened(introduction_id):
            known = of.known | {introduction_id}
            return Acquaintances(of.wishes | {introduction_id}, known)
        case events.WishClosed(introduction_id):
            return replace(of, wishes=of.wishes - {introduction_id})
        case events.WishHeard(introduction_id):
            return replace(of, known=of.known | {introduction_id})
        case events.AcquaintancesLeft():
            return Acquaintances()
        case _:
            assert_never(event)


ACQUAINTANCE: Decider[commands.AcquaintanceCommand, Acquaintances, events.AcquaintanceEvent] = (
    Decider(
        "acquaintance",
        initial=Acquaintances(),
        decide=decide,
        evolve=evolve,
        commands=commands.AcquaintanceCommand,
        events=events.AcquaintanceEvent,
    )
)
