"""Two persons become one by the word of both, once, and never in a chain."""

from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from services.membership.access.events import Barred
from services.membership.member.events import StandingNow
from services.membership.merging import commands, events
from shared.decider import Decider, Rejected
from shared.ids import PersonId, derive


@dataclass(frozen=True, slots=True)
class Merging:
    into: PersonId | None = None
    taken_in: tuple[PersonId, ...] = ()
    barred: Barred | None = None


def stream_of(person_id: UUID) -> UUID:
    return derive(person_id, "merging")


def decide(command: commands.MergingCommand, merging: Merging) -> list[events.MergingEvent]:
    match command:
        case commands.TakeIn():
            return _take_in(command, merging)
        case commands.BeTakenIn():
            return _be_taken_in(command, merging)
        case commands.BarTakenIn() if merging.barred in (command.cause, "erased"):
            return []
        case commands.BarTakenIn(person_id, cause):
            return [events.TakenInBarred(person_id, cause, merging.taken_in)]
        case commands.LiftTakenIn(person_id) if merging.barred == "banned":
            return [events.TakenInLifted(person_id, merging.taken_in)]
        case commands.LiftTakenIn():
            return []
        case _:
            assert_never(command)


def _take_in(take: commands.TakeIn, merging: Merging) -> list[events.MergingEvent]:
    if take.person_id == take.other:
        detail = "Both are the same person already."
        raise Rejected("same_person", detail, pointer="/email")
    if take.other in merging.taken_in:
        return []
    if merging.into is not None:
        raise Rejected("was_taken_in", "This person is another by now, who may merge.")
    _insist_on_member(take.member, merging)
    return [events.MemberMerged(take.person_id, take.other)]


def _be_taken_in(asked: commands.BeTakenIn, merging: Merging) -> list[events.MergingEvent]:
    if merging.into == asked.into:
        return []
    if merging.into is not None:
        raise Rejected("was_taken_in", "The other person has been merged with somebody before.")
    if merging.taken_in:
        detail = "The other person has taken somebody in: merge from their side."
        raise Rejected("has_taken_in", detail)
    _insist_on_member(asked.member, merging)
    if asked.is_last_owner:
        raise Rejected("last_owner", "A community keeps at least one owner: hand it over first.")
    if asked.is_staff:
        raise Rejected("works_here", "The other person has roles here: have them taken back first.")
    if asked.pays_for_seats:
        raise Rejected("pays_for_seats", "The other person pays for seats: end these first.")
    if asked.represents:
        detail = "The other person represents an organisation: have them step down first."
        raise Rejected("represents_organisation", detail)
    return [events.PersonTakenIn(asked.person_id, asked.into)]


def _insist_on_member(standing: StandingNow, merging: Merging) -> None:
    if standing == "banned" or merging.barred == "banned":
        raise Rejected("banned", "Who was shut out is not merged with anybody.")
    if standing != "joined" or merging.barred is not None:
        raise Rejected("not_a_member", "Both have to be members here.")


def evolve(merging: Merging, event: events.MergingEvent) -> Merging:
    match event:
        case events.MemberMerged(taken_in=other):
            return replace(merging, taken_in=(*merging.taken_in, other))
        case events.PersonTakenIn(into=into):
            return replace(merging, into=into)
        case events.TakenInBarred(cause=cause):
            return replace(merging, barred=cause)
        case events.TakenInLifted():
            return replace(merging, barred=None)
        case _:
            assert_never(event)


MERGING: Decider[commands.MergingCommand, Merging, events.MergingEvent] = Decider(
    "merging",
    initial=Merging(),
    decide=decide,
    evolve=evolve,
    commands=commands.MergingCommand,
    events=events.MergingEvent,
)
