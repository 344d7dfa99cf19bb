"""A member has one ballot in a poll, the last they cast before it closes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from services.membership.ballot import commands, events
from services.membership.poll.events import Answer, Terms
from shared.decider import Decider, Rejected
from shared.ids import derive
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class Ballot:
    """`answers` are known of a named poll alone."""

    is_cast: bool = False
    answers: tuple[Answer, ...] | None = None
    words: Sealed | None = None


def ballot_stream(poll_id: UUID, person_id: UUID) -> UUID:
    return derive(poll_id, "ballot", str(person_id))


def decide(command: commands.BallotCommand, ballot: Ballot) -> list[events.BallotEvent]:
    terms, voter = command.terms, command.voter
    if terms is None or command.at >= terms.closes_at:
        raise Rejected("poll_closed", "It is closed.")
    if voter.member != "joined":
        raise Rejected("not_a_member", "Polls are the members' own.")
    if terms.tiers and not set(terms.tiers) & set(voter.tiers):
        raise Rejected("not_asked", "It asks members of other tiers.")
    if terms.gathering_id and not voter.has_ticket:
        raise Rejected("not_asked", "It asks whoever has a ticket.")
    _check_answers(terms, command.answers)
    if command.texts not in (0, terms.texts):
        detail = "Say something to each question that asks for words, if nothing at all."
        raise Rejected("wrong_texts", detail, pointer="/texts", wanted=terms.texts)
    if command.sealed is not None:
        return [events.SealedBallotCast(command.poll_id, voter.person_id, command.sealed)]
    words = command.words
    if ballot.answers == command.answers and words is ballot.words is None:
        return []
    return [events.BallotCast(command.poll_id, voter.person_id, command.answers, words)]


def insist_on_names(terms: Terms) -> None:
    """How each voted is told of a named poll alone."""
    if terms.secrecy == "anonymous":
        raise Rejected("poll_anonymous", "Of an anonymous poll nobody learns who voted how.")


def insist_on_no_names(terms: Terms) -> None:
    """What was written in a poll by name stands in its ballots."""
    if terms.secrecy == "named":
        raise Rejected("poll_named", "Of a poll by name, its ballots say who wrote what.")


def _check_answers(terms: Terms, answers: Sequence[Answer]) -> None:
    """One answer to each question, of options that there are."""
    if len(answers) != len(terms.questions):
        raise Rejected(
            "wrong_answers", "Answer every question, if by no option.", pointer="/answers"
        )
    for number, (question, answer) in enumerate(zip(terms.questions, answers, strict=True)):
        chosen = answer.chosen
        is_known = all(0 <= option < question.width for option in chosen)
        too_many = question.kind != "many" and len(chosen) > 1
        if not is_known or too_many or list(chosen) != sorted(set(chosen)):
            raise Rejected("wrong_answer", "It has no such answer.", pointer=f"/answers/{number}")


def evolve(_: Ballot, event: events.BallotEvent) -> Ballot:
    match event:
        case events.BallotCast(answers=answers, words=words):
            return Ballot(is_cast=True, answers=answers, words=words)
        case events.SealedBallotCast():
            return Ballot(is_cast=True)
        case _:
            assert_never(event)


BALLOT: Decider[commands.BallotCommand, Ballot, events.BallotEvent] = Decider(
    "ballot",
    initial=Ballot(),
    decide=decide,
    evolve=evolve,
    commands=commands.BallotCommand,
    events=events.BallotEvent,
)
