"""What the others hear of audits: how much differed, and what became of it; never whom."""

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


PUBLICATIONS = (
    Publication(of=events.ChatServerCompared, to=contracts.ChatServerCompared, map=compared),
)
