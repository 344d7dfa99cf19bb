"""What the others hear of who may be about to go."""

from services.analytics.risk import events
from shared.contracts import analytics_risk as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _seen(fact: Fact) -> contracts.AtRiskSeen:
    event: events.AtRiskSeen = fact.body
    return contracts.AtRiskSeen(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        reasons=reasons_of(event),
    )


def reasons_of(event: events.AtRiskSeen) -> tuple[contracts.RiskReason, ...]:
    found: list[contracts.RiskReason] = [cause.reason for cause in event.causes]
    if event.lull is not None:
        found.append("doing_less")
    return tuple(dict.fromkeys(found))


def _over(fact: Fact) -> contracts.RiskOver:
    return contracts.RiskOver(
        community_id=fact.community_id, occurred_at=fact.at, person_id=fact.body.person_id
    )


PUBLICATIONS = (
    Publication(of=events.AtRiskSeen, to=contracts.AtRiskSeen, map=_seen),
    Publication(of=events.RiskOver, to=contracts.RiskOver, map=_over),
)
