"""What the others hear of why people leave: the reason, never a word; and the letter that asks for it."""

from services.billing.exit_survey import events
from shared.contracts import billing_exit_survey as contracts
from shared.contracts.billing_message import MessageRequested
from shared.event_store import Fact
from shared.feature import Publication


def _answered(fact: Fact) -> contracts.ExitAnswered:
    event: events.ExitAnswered = fact.body
    return contracts.ExitAnswered(
        community_id=fact.community_id,
        occurred_at=fact.at,
        subscription_id=event.subscription_id,
        person_id=event.person_id,
        reason=event.reason,
        tell_me=event.tell_me,
    )


def _dropped(fact: Fact) -> contracts.ExitAnswerDropped:
    event: events.ExitAnswerDropped = fact.body
    return contracts.ExitAnswerDropped(
        community_id=fact.community_id,
        occurred_at=fact.at,
        subscription_id=event.subscription_id,
        person_id=event.person_id,
    )


def _asked(fact: Fact) -> MessageRequested:
    """Nobody needs it, so whoever wants no such letters gets none."""
    asked: events.ExitQuestionAsked = fact.body
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=asked.person_id,
        template="exit_asked",
        values={"offer": asked.offer},
        link=f"/exit/{asked.link}",
    )


PUBLICATIONS = (
    Publication(of=events.ExitAnswered, to=contracts.ExitAnswered, map=_answered),
    Publication(of=events.ExitAnswerDropped, to=contracts.ExitAnswerDropped, map=_dropped),
    Publication(of=events.ExitQuestionAsked, to=MessageRequested, map=_asked),
)
