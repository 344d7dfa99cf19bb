"""A member backs an idea once while it is open; whoever asked for it hears what was made of it."""

from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal, assert_never

from services.membership.idea import commands, events
from services.membership.member.events import StandingNow
from shared.decider import Decider, NotFound, Rejected
from shared.ids import PersonId

TOLD_AT_ONCE = 500

Status = Literal["open", "planned", "done", "declined", "withdrawn", "hidden"]
LIVE: frozenset[Status] = frozenset({"open", "planned"})


@dataclass(frozen=True, slots=True)
class Idea:
    """`backers` in the order in which they came, the author first."""

    author: PersonId
    backers: tuple[PersonId, ...]
    status: Status = "open"
    answer: events.IdeaAnswered | None = None

    @property
    def is_closed(self) -> bool:
        return self.status in ("withdrawn", "hidden")


def decide(command: commands.IdeaCommand, idea: Idea | None) -> list[events.IdeaEvent]:
    match command:
        case commands.PostIdea(author, title, text, member):
            insist_on_member(member)
            return [] if idea else [events.IdeaPosted(author, title, text)]
        case _ if idea is None or (idea.is_closed and isinstance(command, commands.AnswerIdea)):
            raise NotFound("idea_not_found", "There is no such idea.")
        case commands.BackIdea(person_id, member):
            insist_on_member(member)
            if person_id in idea.backers:
                return []
            if idea.status not in LIVE:
                raise Rejected("idea_settled", "It is settled.")
            return [events.IdeaBacked(person_id)]
        case commands.WithdrawBacking(person_id):
            is_backer = person_id in idea.backers
            return [events.BackingWithdrawn(person_id)] if is_backer else []
        case commands.AnswerIdea():
            return _answer(command, idea)
        case commands.WithdrawIdea(person_id):
            if person_id != idea.author:
                raise NotFound("idea_not_found", "There is no such idea of yours.")
            return [] if idea.is_closed else [events.IdeaClosed("withdrawn")]
        case commands.HideIdea():
            return [] if idea.status == "hidden" else [events.IdeaClosed("hidden")]
        case _:
            assert_never(command)


def insist_on_member(member: StandingNow) -> None:
    if member != "joined":
        raise Rejected("not_a_member", "Ideas are the members' own.")


def insist_on_reader(member: StandingNow | None, *, is_staff: bool) -> None:
    """Ideas are read by members, and by the staff who answer them."""
    if not is_staff:
        insist_on_member(member or "unknown")


def _answer(given: commands.AnswerIdea, idea: Idea) -> list[events.IdeaEvent]:
    before = idea.answer
    if before and (before.answer, before.words) == (given.answer, given.words):
        return []
    number = before.number + 1 if before else 1
    answered = events.IdeaAnswered(number, given.answer, given.words, given.by)
    people = iter(dict.fromkeys((idea.author, *idea.backers)))
    told: list[events.IdeaEvent] = []
    while some := tuple(islice(people, TOLD_AT_ONCE)):
        told.append(events.BackersTold(given.answer, given.words, some))
    return [answered, *told]


def evolve(idea: Idea | None, event: events.IdeaEvent) -> Idea | None:
    if isinstance(event, events.IdeaPosted):
        return Idea(event.author, (event.author,))
    if idea is None:
        return None
    match event:
        case events.IdeaBacked(person_id):
            return replace(idea, backers=(*idea.backers, person_id))
        case events.BackingWithdrawn(person_id):
            rest = tuple(backer for backer in idea.backers if backer != person_id)
            return replace(idea, backers=rest)
        case events.IdeaAnswered(answer=answer):
            return replace(idea, status=answer, answer=event)
        case events.IdeaClosed(cause):
            return replace(idea, status=cause)
        case events.BackersTold():
            return idea
        case _:
            assert_never(event)


IDEA: Decider[commands.IdeaCommand, Idea | None, events.IdeaEvent] = Decider(
    "idea",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.IdeaCommand,
    events=events.IdeaEvent,
)
