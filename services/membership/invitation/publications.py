"""What the others hear of invitations: that there was one, and what became of it; never an address."""

from collections.abc import Callable
from typing import Literal

from services.membership.invitation import events
from shared.contracts import membership_invitation as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _invited(fact: Fact) -> contracts.PersonInvited:
    event: events.PersonInvited = fact.body
    return contracts.PersonInvited(
        community_id=fact.community_id,
        occurred_at=fact.at,
        invitation_id=fact.stream_id,
        role=event.role,
        tier_id=event.tier_id,
        expires_at=event.expires_at,
    )


def _accepted(fact: Fact) -> contracts.InvitationAccepted:
    event: events.InvitationAccepted = fact.body
    return contracts.InvitationAccepted(
        community_id=fact.community_id,
        occurred_at=fact.at,
        invitation_id=fact.stream_id,
        account_id=event.account_id,
        person_id=event.person_id,
    )


def _ended(
    reason: Literal["withdrawn", "expired"],
) -> Callable[[Fact], contracts.InvitationEnded]:
    return lambda fact: contracts.InvitationEnded(
        community_id=fact.community_id,
        occurred_at=fact.at,
        invitation_id=fact.stream_id,
        reason=reason,
    )


PUBLICATIONS = (
    Publication(of=events.PersonInvited, to=contracts.PersonInvited, map=_invited),
    Publication(of=events.InvitationAccepted, to=contracts.InvitationAccepted, map=_accepted),
    Publication(
        of=events.InvitationWithdrawn, to=contracts.InvitationEnded, map=_ended("withdrawn")
    ),
    Publication(of=events.InvitationExpired, to=contracts.InvitationEnded, map=_ended("expired")),
)
