"""What the others hear of groups: who was let in, who is to leave and has left, and what got stuck; no number."""

from collections.abc import Callable

from services.membership.group_seat import events
from shared.contracts import membership_group as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _of(contract: type[contracts.GroupContract]) -> Callable[[Fact], contracts.GroupContract]:
    return lambda fact: contract(
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


PUBLICATIONS = (
    Publication(of=events.GroupInviteStuck, to=contracts.GroupInviteStuck, map=_stuck),
    *(
        Publication(of=event, to=contract, map=_of(contract))
        for event, contract in (
            (events.GroupInviteDelivered, contracts.GroupInviteDelivered),
            (events.GroupRemovalDue, contracts.GroupRemovalDue),
            (events.GroupRemovalCalledOff, contracts.GroupRemovalCalledOff),
            (events.RemovedFromGroup, contracts.RemovedFromGroup),
        )
    ),
)
