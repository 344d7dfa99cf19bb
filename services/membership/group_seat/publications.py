"""What the others hear of groups: who was let in, who is to leave and has left, and what got stuck; no number."""

from services.membership.group_seat import events
from shared.contracts import membership_group as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _invited(fact: Fact) -> contracts.GroupInviteDelivered:
    return contracts.GroupInviteDelivered(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=fact.body.person_id,
        group_id=fact.body.group_id,
    )


def _stuck(fact: Fact) -> contracts.GroupInviteStuck:
    event: events.GroupInviteStuck = fact.body
    return contracts.GroupInviteStuck(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        group_id=event.group_id,
        problem=event.problem,
    )


def _due(fact: Fact) -> contracts.GroupRemovalDue:
    return contracts.GroupRemovalDue(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=fact.body.person_id,
        group_id=fact.body.group_id,
    )


def _called_off(fact: Fact) -> contracts.GroupRemovalCalledOff:
    return contracts.GroupRemovalCalledOff(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=fact.body.person_id,
        group_id=fact.body.group_id,
    )


def _removed(fact: Fact) -> contracts.RemovedFromGroup:
    return contracts.RemovedFromGroup(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=fact.body.person_id,
        group_id=fact.body.group_id,
    )


PUBLICATIONS = (
    Publication(of=events.GroupInviteDelivered, to=contracts.GroupInviteDelivered, map=_invited),
    Publication(of=events.GroupInviteStuck, to=contracts.GroupInviteStuck, map=_stuck),
    Publication(of=events.GroupRemovalDue, to=contracts.GroupRemovalDue, map=_due),
    Publication(
        of=events.GroupRemovalCalledOff, to=contracts.GroupRemovalCalledOff, map=_called_off
    ),
    Publication(of=events.RemovedFromGroup, to=contracts.RemovedFromGroup, map=_removed),
)
