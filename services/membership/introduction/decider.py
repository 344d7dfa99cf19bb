"""Two members know each other when both want it; who asks is never told of a no, and does not ask again soon."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, assert_never

from services.membership.introduction import commands, events
from services.membership.introduction.events import IntroductionAsked
from shared.decider import Decider, NotFound, Rejected
from shared.ids import PersonId

ANSWERED_WITHIN = timedelta(days=30)
ASKED_AGAIN_AFTER = timedelta(days=180)

Standing = Literal["waiting", "agreed", "declined", "withdrawn", "lapsed", "ended"]
OPEN: frozenset[Standing] = frozenset({"waiting", "declined"})


@dataclass(frozen=True, slots=True)
class Introduction:
    asked: IntroductionAsked
    standing: Standing = "waiting"


def decide(
    command: commands.IntroductionCommand, introduction: Introduction | None
) -> list[events.IntroductionEvent]:
    match command:
        case commands.AskIntroduction():
            return _ask(command, introduction)
        case commands.AnswerIntroduction(person_id, agreed):
            return _answer(person_id, introduction, agreed=agreed)
        case commands.WithdrawIntroduction(person_id):
            if introduction is None or introduction.asked.asker != person_id:
                raise _unknown()
            # A no looks like no answer: it is taken back like one.
            is_open = introduction.standing in OPEN
            return [events.IntroductionWithdrawn(person_id)] if is_open else []
        case _ if introduction is None:
            return []
        case commands.LapseIntroduction(number):
            asked = introduction.asked
            is_due = asked.number == number and introduction.standing in OPEN
            return [events.IntroductionLapsed(asked.asker)] if is_due else []
        case commands.EndIntroduction(cause):
            is_over = introduction.standing not in ("waiting", "agreed", "declined")
            return [] if is_over else [events.IntroductionEnded(cause)]
        case _:
            assert_never(command)


def _ask(
    wish: commands.AskIntroduction, introduction: Introduction | None
) -> list[events.IntroductionEvent]:
    if wish.asker == wish.asked:
        raise Rejected("yourself", "You know yourself.", pointer="/person_id")
    if wish.member != "joined":
        raise Rejected("not_a_member", "Introductions are between members.")
    before = introduction.asked if introduction else None
    standing = introduction.standing if introduction else None
    if standing == "agreed":
        raise Rejected("know_each_other", "You have been introduced.")
    if before is not None and standing in OPEN and before.asker != wish.asker:
        # The other has wished for it: now both do.
        return [events.IntroductionAgreed(before.asker, before.asked)]
    if before is not None and standing in OPEN:
        return []
    if not wish.is_shown:
        raise NotFound("entry_not_found", "There is nobody to be found there.")
    if before is not None and before.asker == wish.asker and wish.at < before.again_at:
        if standing == "ended":
            return [_asked(wish, before.number + 1)]
        detail = "It was asked not long ago."
        raise Rejected("asked_lately", detail, again_at=before.again_at.isoformat())
    return [_asked(wish, before.number + 1 if before else 1)]


def _asked(wish: commands.AskIntroduction, number: int) -> IntroductionAsked:
    return IntroductionAsked(
        number,
        wish.asker,
        wish.asked,
        wish.words,
        wish.at + ANSWERED_WITHIN,
        wish.at + ASKED_AGAIN_AFTER,
    )


def _answer(
    person_id: PersonId, introduction: Introduction | None, *, agreed: bool
) -> list[events.IntroductionEvent]:
    if introduction is None or introduction.asked.asked != person_id:
        raise _unknown()
    asked, standing = introduction.asked, introduction.standing
    if standing == "waiting" or (standing == "declined" and agreed):
        answer = events.IntroductionAgreed if agreed else events.IntroductionDeclined
        return [answer(asked.asker, asked.asked)]
    return []


def _unknown() -> NotFound:
    return NotFound("introduction_not_found", "There is no such introduction.")


def evolve(
    introduction: Introduction | None, event: events.IntroductionEvent
) -> Introduction | None:
    if isinstance(event, IntroductionAsked):
        return Introduction(event)
    if introduction is None:
        return None
    match event:
        case events.IntroductionAgreed():
            return replace(introduction, standing="agreed")
        case events.IntroductionDeclined():
            return replace(introduction, standing="declined")
        case events.IntroductionWithdrawn():
            return replace(introduction, standing="withdrawn")
        case events.IntroductionLapsed():
            return replace(introduction, standing="lapsed")
        case events.IntroductionEnded():
            return replace(introduction, standing="ended")
        case _:
            assert_never(event)


INTRODUCTION: Decider[
    commands.IntroductionCommand, Introduction | None, events.IntroductionEvent
] = Decider(
    "introduction",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.IntroductionCommand,
    events=events.IntroductionEvent,
)
