"""What the others hear of applications: that there was one, and what became of it; never a word of it."""

from collections.abc import Callable
from typing import Literal

from services.membership.application import events
from shared.contracts import membership_application as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _sent(fact: Fact) -> contracts.ApplicationSent:
    event: events.ApplicationSent = fact.body
    return contracts.ApplicationSent(
        community_id=fact.community_id,
        occurred_at=fact.at,
        application_id=fact.stream_id,
        number=event.number,
        expires_at=event.expires_at,
    )


def _accepted(fact: Fact) -> contracts.ApplicationAccepted:
    event: events.ApplicationAccepted = fact.body
    return contracts.ApplicationAccepted(
        community_id=fact.community_id,
        occurred_at=fact.at,
        application_id=fact.stream_id,
        number=event.number,
        person_id=event.person_id,
    )


def _ended(
    reason: Literal["refused", "withdrawn", "expired"],
) -> Callable[[Fact], contracts.ApplicationEnded]:
    return lambda fact: contracts.ApplicationEnded(
        community_id=fact.community_id,
        occurred_at=fact.at,
        application_id=fact.stream_id,
        number=fact.body.number,
        reason=reason,
    )


PUBLICATIONS = (
    Publication(of=events.ApplicationSent, to=contracts.ApplicationSent, map=_sent),
    Publication(of=events.ApplicationAccepted, to=contracts.ApplicationAccepted, map=_accepted),
    Publication(of=events.ApplicationRefused, to=contracts.ApplicationEnded, map=_ended("refused")),
    Publication(
        of=events.ApplicationWithdrawn, to=contracts.ApplicationEnded, map=_ended("withdrawn")
    ),
    Publication(of=events.ApplicationExpired, to=contracts.ApplicationEnded, map=_ended("expired")),
)
