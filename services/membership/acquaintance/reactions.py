"""A wish is open until it is answered or lapses; who is no member any more knows nobody here."""

from collections.abc import Callable
from uuid import UUID

from services.membership.acquaintance import commands
from services.membership.acquaintance.decider import ACQUAINTANCE, acquaintance_stream
from services.membership.introduction.events import (
    EndedBecause,
    IntroductionAgreed,
    IntroductionAsked,
    IntroductionLapsed,
    IntroductionWithdrawn,
)
from services.membership.member.events import MemberBanned, MemberLeft, MemberTakenIn, PersonErased
from shared.event_store import Fact
from shared.reaction import Ask, Reaction


def _ask(person_id: UUID, command: commands.AcquaintanceCommand) -> Ask:
    return Ask(ACQUAINTANCE, acquaintance_stream(person_id), command)


def when_introduction_asked_hear(fact: Fact) -> list[Ask]:
    asked: IntroductionAsked = fact.body
    return [_ask(asked.asked, commands.HearWish(fact.stream_id))]


def when_introduction_agreed_close(fact: Fact) -> list[Ask]:
    """Both may have asked for it."""
    agreed: IntroductionAgreed = fact.body
    close = commands.CloseWish(fact.stream_id)
    return [_ask(person_id, close) for person_id in (agreed.asker, agreed.asked)]


def when_introduction_over_close(fact: Fact) -> list[Ask]:
    """A no closes nothing before its time: whoever counts their wishes would know of it."""
    over: IntroductionWithdrawn | IntroductionLapsed = fact.body
    return [_ask(over.asker, commands.CloseWish(fact.stream_id))]


def _leave(cause: EndedBecause) -> Callable[[Fact], list[Ask]]:
    return lambda fact: [_ask(fact.stream_id, commands.LeaveAcquaintances(cause))]


REACTIONS = (
    Reaction(
        "membership.acquaintance.when_introduction_asked_hear",
        IntroductionAsked,
        when_introduction_asked_hear,
    ),
    Reaction(
        "membership.acquaintance.when_introduction_agreed_close",
        IntroductionAgreed,
        when_introduction_agreed_close,
    ),
    Reaction(
        "membership.acquaintance.when_introduction_withdrawn_close",
        IntroductionWithdrawn,
        when_introduction_over_close,
    ),
    Reaction(
        "membership.acquaintance.when_introduction_lapsed_close",
        IntroductionLapsed,
        when_introduction_over_close,
    ),
    Reaction("membership.acquaintance.when_member_left_leave", MemberLeft, _leave("left")),
    Reaction("membership.acquaintance.when_member_taken_in_leave", MemberTakenIn, _leave("left")),
    Reaction("membership.acquaintance.when_member_banned_leave", MemberBanned, _leave("banned")),
    Reaction("membership.acquaintance.when_person_erased_leave", PersonErased, _leave("erased")),
)
