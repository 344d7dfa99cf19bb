"""What the others hear of audits: how much differed, what became of it, and each drift with its cause."""

from typing import Any

from services.membership.chat_audit import events
from shared.contracts import membership_chat_audit as contracts
from shared.event_store import Fact
from shared.feature import Publication


def compared(fact: Fact) -> contracts.ChatServerCompared:
    told: events.ChatServerCompared = fact.body
    found = told.comparison
    return contracts.ChatServerCompared(
        community_id=fact.community_id,
        occurred_at=fact.at,
        chat_server=found.server,
        number=told.number,
        members=found.members,
        seats=found.seats,
        differences=found.differences,
        removals=found.removals,
        strangers=found.strangers,
        outcome=told.outcome,
    )


def drift_found(fact: Fact) -> contracts.ChatDriftFound:
    return contracts.ChatDriftFound(**_drift(fact))


def drift_settled(fact: Fact) -> contracts.ChatDriftSettled:
    return contracts.ChatDriftSettled(**_drift(fact))


def _drift(fact: Fact) -> dict[str, Any]:
    told: events.ChatDriftFound | events.ChatDriftSettled = fact.body
    return {
        "community_id": fact.community_id,
        "occurred_at": fact.at,
        "chat_server": told.server,
        "number": told.number,
        "kind": told.drift.kind,
        "cause": told.drift.cause,
        "person_id": told.drift.person_id,
        "stranger_id": told.drift.stranger_id,
        "chat_role": told.drift.role,
    }


PUBLICATIONS = (
    Publication(of=events.ChatServerCompared, to=contracts.ChatServerCompared, map=compared),
    Publication(of=events.ChatDriftFound, to=contracts.ChatDriftFound, map=drift_found),
    Publication(of=events.ChatDriftSettled, to=contracts.ChatDriftSettled, map=drift_settled),
)
