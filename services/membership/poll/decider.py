"""What is asked never changes; a poll is counted once, when every ballot is in, and nothing is told too early."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, assert_never

from services.membership.member.events import StandingNow
from services.membership.poll import commands, events
from shared.decider import Decider, NotFound, Rejected
from shared.personal_value import Sealed

FEWEST = 5
"""Of fewer ballots an anonymous poll tells no counts: they would say too much of those who cast them."""

MOST_TEXTS = 5
LONGEST = timedelta(days=366)
Standing = Literal["unknown", "open", "closed", "counting", "counted", "cancelled"]


@dataclass(frozen=True, slots=True)
class Poll:
    standing: Standing = "unknown"
    terms: events.Terms | None = None
    ballots: int | None = None
    counts: tuple[tuple[int, ...], ...] = ()
    words: tuple[Sealed, ...] = ()

    @property
    def known(self) -> events.Terms:
        """Its terms; NotFound when there is no such poll."""
        if self.terms is None:
            raise NotFound("poll_not_found", "There is no such poll.")
        return self.terms


def decide(command: commands.PollCommand, poll: Poll) -> list[events.PollEvent]:
    if isinstance(command, commands.OpenPoll):
        return _open(command) if poll.standing == "unknown" else []
    secrecy = poll.known.secrecy
    match command:
        case commands.CloseWhenDue():
            return [events.PollClosed("due")] if poll.standing == "open" else []
        case commands.ClosePoll() if poll.standing == "cancelled":
            raise Rejected("poll_cancelled", "It was cancelled.")
        case commands.ClosePoll():
            return [events.PollClosed("early")] if poll.standing == "open" else []
        case commands.CancelPoll() if poll.standing == "counted":
            raise Rejected("poll_counted", "It has been counted.")
        case commands.CancelPoll():
            is_over = poll.standing == "cancelled"
            return [] if is_over else [events.PollCancelled(secrecy)]
        case commands.BeginCount():
            return [events.CountBegun()] if poll.standing == "closed" else []
        case commands.CountPoll(ballots, counts, words):
            if poll.standing != "counting":
                return []
            counted = events.PollCounted(secrecy, ballots, counts)
            return [*(events.PollWordsKept(sheet) for sheet in words), counted]
        case _:
            assert_never(command)


def _open(command: commands.OpenPoll) -> list[events.PollEvent]:
    terms = command.terms
    if not command.at < terms.closes_at <= command.at + LONGEST:
        raise Rejected(
            "not_in_time", "It closes later than now, within a year.", pointer="/closes_at"
        )
    if terms.secrecy == "anonymous" and terms.shown == "after_ballot":
        why = "Counts that change with each ballot tell how it was cast."
        raise Rejected("shown_too_early", why, pointer="/shown")
    if terms.texts > MOST_TEXTS:
        why = f"At most {MOST_TEXTS} questions are answered in one's own words."
        raise Rejected("too_many_texts", why, pointer="/questions", most=MOST_TEXTS)
    for number, question in enumerate(terms.questions):
        needs_options = question.kind in ("one", "many")
        if needs_options != (len(question.options) > 1) or not _differ(question.options):
            why = "There are at least two options, all different, to choose from, and else none."
            raise Rejected("wrong_options", why, pointer=f"/questions/{number}/options")
    return [events.PollOpened(terms, command.by)]


def _differ(options: Sequence[str]) -> bool:
    return len(set(options)) == len(options)


def counts_of(
    terms: events.Terms, ballots: Sequence[tuple[events.Answer, ...]]
) -> tuple[tuple[int, ...], ...]:
    """For each question how many chose each option; nothing where too few voted to stay unknown."""
    if terms.secrecy == "anonymous" and len(ballots) < FEWEST:
        return ()
    return tuple(
        tuple(
            sum(option in ballot[number].chosen for ballot in ballots)
            for option in range(question.width)
        )
        for number, question in enumerate(terms.questions)
    )


def insist_on_reader(member: StandingNow | None, *, is_staff: bool) -> None:
    """Polls are read by members and by staff."""
    if member != "joined" and not is_staff:
        raise Rejected("not_a_member", "Polls are the members' own.")


def may_see_counts(poll: Poll, *, has_voted: bool, is_staff: bool) -> bool:
    """Staff see what members may not; of an anonymous poll nobody sees anything before it is counted."""
    terms, is_over = poll.known, poll.standing != "open"
    if poll.standing == "cancelled":
        return False
    if terms.secrecy == "anonymous" and poll.standing != "counted":
        return False
    match terms.shown:
        case "never":
            return is_staff
        case "after_close":
            return is_staff or is_over
        case "after_ballot":
            return is_staff or has_voted or is_over


def evolve(poll: Poll, event: events.PollEvent) -> Poll:
    match event:
        case events.PollOpened(terms):
            return Poll("open", terms)
        case events.PollClosed():
            return replace(poll, standing="closed")
        case events.PollCancelled():
            return replace(poll, standing="cancelled")
        case events.CountBegun():
            return replace(poll, standing="counting")
        case events.PollWordsKept(words):
            return replace(poll, words=(*poll.words, words))
        case events.PollCounted(_, ballots, counts):
            return replace(poll, standing="counted", ballots=ballots, counts=counts)
        case _:
            assert_never(event)


POLL: Decider[commands.PollCommand, Poll, events.PollEvent] = Decider(
    "poll",
    initial=Poll(),
    decide=decide,
    evolve=evolve,
    commands=commands.PollCommand,
    events=events.PollEvent,
)
