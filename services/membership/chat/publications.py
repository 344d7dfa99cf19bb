"""What the others hear of chat: who linked, which roles came and went, and what waits for somebody; no account."""

from services.membership.chat import events
from shared.contracts import membership_chat as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _linked(fact: Fact) -> contracts.ChatLinked:
    return contracts.ChatLinked(
        community_id=fact.community_id, occurred_at=fact.at, person_id=fact.body.person_id
    )


def _unlinked(fact: Fact) -> contracts.ChatUnlinked:
    return contracts.ChatUnlinked(
        community_id=fact.community_id, occurred_at=fact.at, person_id=fact.body.person_id
    )


def _granted(fact: Fact) -> contracts.ChatRoleGranted:
    event: events.ChatRoleGranted = fact.body
    return contracts.ChatRoleGranted(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        chat_server=event.server,
        chat_role=event.role,
    )


def _revoked(fact: Fact) -> contracts.ChatRoleRevoked:
    event: events.ChatRoleRevoked = fact.body
    return contracts.ChatRoleRevoked(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        chat_server=event.server,
        chat_role=event.role,
    )


def _stuck(fact: Fact) -> contracts.ChatSeatStuck:
    event: events.ChatSeatStuck = fact.body
    return contracts.ChatSeatStuck(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        who=event.who,
        problem=event.problem,
    )


PUBLICATIONS = (
    Publication(of=events.ChatLinked, to=contracts.ChatLinked, map=_linked),
    Publication(of=events.ChatUnlinked, to=contracts.ChatUnlinked, map=_unlinked),
    Publication(of=events.ChatRoleGranted, to=contracts.ChatRoleGranted, map=_granted),
    Publication(of=events.ChatRoleRevoked, to=contracts.ChatRoleRevoked, map=_revoked),
    Publication(of=events.ChatSeatStuck, to=contracts.ChatSeatStuck, map=_stuck),
)
