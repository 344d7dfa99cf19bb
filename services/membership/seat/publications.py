"""What the others hear of seats: that one was given, taken and lost; never an address."""

from typing import TypedDict
from uuid import UUID

from pydantic import AwareDatetime

from services.membership.seat import events
from shared.contracts import membership_seat as contracts
from shared.event_store import Fact
from shared.feature import Publication


class About(TypedDict):
    """What every fact about a seat says."""

    community_id: UUID
    occurred_at: AwareDatetime
    subscription_id: UUID
    seat_id: UUID


def _about(fact: Fact) -> About:
    return About(
        community_id=fact.community_id,
        occurred_at=fact.at,
        subscription_id=fact.stream_id,
        seat_id=fact.body.seat_id,
    )


def _assigned(fact: Fact) -> contracts.SeatAssigned:
    assigned: events.SeatAssigned = fact.body
    return contracts.SeatAssigned(**_about(fact), expires_at=assigned.expires_at)


def _claimed(fact: Fact) -> contracts.SeatClaimed:
    claimed: events.SeatClaimed = fact.body
    person_id = claimed.claimant.person_id
    return contracts.SeatClaimed(**_about(fact), person_id=person_id, tier_id=claimed.tier_id)


def _revoked(fact: Fact) -> contracts.SeatRevoked:
    revoked: events.SeatRevoked = fact.body
    return contracts.SeatRevoked(**_about(fact), person_id=revoked.person_id, reason=revoked.reason)


PUBLICATIONS = (
    Publication(of=events.SeatAssigned, to=contracts.SeatAssigned, map=_assigned),
    Publication(of=events.SeatClaimed, to=contracts.SeatClaimed, map=_claimed),
    Publication(of=events.SeatRevoked, to=contracts.SeatRevoked, map=_revoked),
)
