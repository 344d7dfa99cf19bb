"""What the others hear of a community and of who works for it."""

from services.membership.community import events
from shared.contracts import membership_community as contracts
from shared.contracts import membership_description, membership_visibility
from shared.event_store import Fact
from shared.feature import Publication


def _created(fact: Fact) -> contracts.CommunityCreated:
    event: events.CommunityCreated = fact.body
    return contracts.CommunityCreated(
        community_id=fact.community_id,
        occurred_at=fact.at,
        kind=event.kind,
        name=event.name,
        currency=event.currency,
        time_zone=event.time_zone,
        mode=event.mode,
        visibility=event.visibility,
        language=event.language,
        audience=event.audience,
    )


def _described(fact: Fact) -> membership_description.CommunityDescribed:
    event: events.CommunityDescribed = fact.body
    return membership_description.CommunityDescribed(
        community_id=fact.community_id,
        occurred_at=fact.at,
        name=event.name,
        currency=event.currency,
        time_zone=event.time_zone,
        mode=event.mode,
        language=event.language,
        audience=event.audience,
        kind=event.kind,
    )


def _chosen(fact: Fact) -> membership_visibility.VisibilityChosen:
    event: events.VisibilityChosen = fact.body
    return membership_visibility.VisibilityChosen(
        community_id=fact.community_id, occurred_at=fact.at, visibility=event.visibility
    )


def _granted(fact: Fact) -> contracts.StaffRoleGranted:
    event: events.StaffRoleGranted = fact.body
    return contracts.StaffRoleGranted(
        community_id=fact.community_id,
        occurred_at=fact.at,
        account_id=event.account_id,
        role=event.role,
        roles_version=event.roles_version,
    )


def _revoked(fact: Fact) -> contracts.StaffRoleRevoked:
    event: events.StaffRoleRevoked = fact.body
    return contracts.StaffRoleRevoked(
        community_id=fact.community_id,
        occurred_at=fact.at,
        account_id=event.account_id,
        role=event.role,
        roles_version=event.roles_version,
    )


PUBLICATIONS = (
    Publication(of=events.CommunityCreated, to=contracts.CommunityCreated, map=_created),
    Publication(
        of=events.CommunityDescribed, to=membership_description.CommunityDescribed, map=_described
    ),
    Publication(of=events.VisibilityChosen, to=membership_visibility.VisibilityChosen, map=_chosen),
    Publication(of=events.StaffRoleGranted, to=contracts.StaffRoleGranted, map=_granted),
    Publication(of=events.StaffRoleRevoked, to=contracts.StaffRoleRevoked, map=_revoked),
)
