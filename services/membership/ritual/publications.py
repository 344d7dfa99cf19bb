"""What the others hear of rituals: what is promised, and whether it is kept."""

from services.membership.ritual import events
from shared.contracts import membership_ritual as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _promised(fact: Fact) -> contracts.RitualPromised:
    event: events.RitualPromised = fact.body
    return contracts.RitualPromised(
        community_id=fact.community_id,
        occurred_at=fact.at,
        ritual_id=fact.stream_id,
        name=event.plan.name,
        starts_on=event.plan.starts_on,
        until=event.plan.until,
    )


def _ended(fact: Fact) -> contracts.RitualEnded:
    event: events.RitualEnded = fact.body
    return contracts.RitualEnded(
        community_id=fact.community_id,
        occurred_at=fact.at,
        ritual_id=fact.stream_id,
        reason=event.cause,
    )


def _held(fact: Fact) -> contracts.RitualHeld:
    event: events.OccurrenceHeld = fact.body
    return contracts.RitualHeld(
        community_id=fact.community_id,
        occurred_at=fact.at,
        ritual_id=fact.stream_id,
        planned_at=event.planned_at,
        attended=event.attended,
        corrected=event.corrected,
    )


def _missed(fact: Fact) -> contracts.RitualMissed:
    event: events.OccurrenceMissed = fact.body
    return contracts.RitualMissed(
        community_id=fact.community_id,
        occurred_at=fact.at,
        ritual_id=fact.stream_id,
        planned_at=event.planned_at,
    )


PUBLICATIONS = (
    Publication(of=events.RitualPromised, to=contracts.RitualPromised, map=_promised),
    Publication(of=events.RitualEnded, to=contracts.RitualEnded, map=_ended),
    Publication(of=events.OccurrenceHeld, to=contracts.RitualHeld, map=_held),
    Publication(of=events.OccurrenceMissed, to=contracts.RitualMissed, map=_missed),
)
