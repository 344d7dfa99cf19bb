"""What was done is told once: to members who were asked or spoke, and to who left and wished to hear of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import assert_never

from services.membership.improvement import commands, events
from services.membership.member.events import StandingNow
from shared.decider import Decider, NotFound, Rejected

TOLD_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Improvement:
    made: events.Made
    is_told: bool = False
    is_withdrawn: bool = False


def decide(
    command: commands.ImprovementCommand, improvement: Improvement | None
) -> list[events.ImprovementEvent]:
    match command:
        case commands.RecordImprovement():
            return [] if improvement else _record(command)
        case _ if improvement is None:
            raise NotFound("improvement_not_found", "There is no such improvement.")
        case commands.TellAskers(askers):
            is_over = improvement.is_told or improvement.is_withdrawn
            return [] if is_over else _tell(improvement.made, askers)
        case commands.WithdrawImprovement():
            return [] if improvement.is_withdrawn else [events.ImprovementWithdrawn()]
        case _:
            assert_never(command)


def _record(command: commands.RecordImprovement) -> list[events.ImprovementEvent]:
    made, leaving = command.made, command.made.leaving
    if sum(one is not None for one in (made.polled, leaving, made.spoken)) != 1:
        source = "It follows from one poll, one reason to leave, or one delivery."
        raise Rejected("one_thing_said", source, pointer="/poll_id")
    if made.polled and not command.is_counted:
        raise Rejected("poll_not_counted", "What it says is not known yet.")
    if made.spoken and not command.is_heard:
        raise Rejected("nothing_heard", "What is said of it is not known yet.")
    if leaving and not leaving.since < leaving.until <= command.at:
        why = "What was said lies between two moments that have passed."
        raise Rejected("not_yet_said", why, pointer="/leaving/until")
    return [events.ImprovementRecorded(made, command.by)]


def _tell(made: events.Made, askers: Sequence[commands.Asker]) -> list[events.ImprovementEvent]:
    """Who left may be written to for what they wished to hear; the rest is the members' own."""
    reached: tuple[StandingNow, ...] = ("joined", "left") if made.leaving else ("joined",)
    people = iter(dict.fromkeys(one.person_id for one in askers if one.member in reached))
    told: list[events.ImprovementEvent] = []
    while some := tuple(islice(people, TOLD_AT_ONCE)):
        told.append(events.AskersTold(made, some))
    return told


def insist_on_reader(member: StandingNow | None, *, is_staff: bool) -> None:
    """What was said and done is read by members and by staff."""
    if member != "joined" and not is_staff:
        raise Rejected("not_a_member", "What was said and done is the members' own.")


def evolve(improvement: Improvement | None, event: events.ImprovementEvent) -> Improvement | None:
    if isinstance(event, events.ImprovementRecorded):
        return Improvement(event.made)
    if improvement is None:
        return None
    match event:
        case events.AskersTold():
            return replace(improvement, is_told=True)
        case events.ImprovementWithdrawn():
            return replace(improvement, is_withdrawn=True)
        case _:
            assert_never(event)


IMPROVEMENT: Decider[commands.ImprovementCommand, Improvement | None, events.ImprovementEvent] = (
    Decider(
        "improvement",
        initial=None,
        decide=decide,
        evolve=evolve,
        commands=commands.ImprovementCommand,
        events=events.ImprovementEvent,
    )
)
