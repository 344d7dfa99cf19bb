"""The invitations of a community, for its staff; an address opens while it is needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.invitation import events
from services.membership.invitation.decider import INVITATION, Invitation, Standing
from services.membership.sponsorship.projections import sponsor_name
from shared.decider import NotFound
from shared.event_store import Fact
from shared.ids import Label
from shared.personal_value import Sealed
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE invitations_v1 (
    invitation_id uuid        PRIMARY KEY,
    community_id  uuid        NOT NULL,
    email         jsonb       NOT NULL,
    role          text,
    tier_id       uuid,
    until         timestamptz,
    invited_by    uuid        NOT NULL,
    invited_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    standing      text        NOT NULL,
    letters       int         NOT NULL,
    not_posted    text,
    ended_at      timestamptz,
    person_id     uuid
);
CREATE INDEX invitations_v1_newest ON invitations_v1 (community_id, invited_at DESC, invitation_id DESC);
"""


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """`not_posted` says why the last letter did not go, `person_id` who came."""

    invitation_id: UUID
    email: Sealed
    role: events.InvitedRole | None
    tier_id: UUID | None
    until: datetime | None
    invited_by: UUID
    invited_at: datetime
    expires_at: datetime
    standing: Standing
    letters: int
    not_posted: events.NotPostedReason | None
    ended_at: datetime | None
    person_id: UUID | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.PersonInvited() as invited:
                await _invite(connection, fact, invited)
            case events.InvitationResent(letter, expires_at):
                await connection.execute(
                    "UPDATE invitations_v1 SET letters = $2, expires_at = $3, not_posted = NULL"
                    " WHERE invitation_id = $1",
                    fact.stream_id,
                    letter,
                    expires_at,
                )
            case events.InvitationNotPosted(_, reason):
                await connection.execute(
                    "UPDATE invitations_v1 SET not_posted = $2 WHERE invitation_id = $1",
                    fact.stream_id,
                    reason,
                )
            case events.InvitationAccepted(person_id=person_id):
                await _end(connection, fact, "accepted", person_id)
            case events.InvitationWithdrawn():
                await _end(connection, fact, "withdrawn")
            case events.InvitationExpired():
                await _end(connection, fact, "expired")


async def _invite(connection: Any, fact: Fact, invited: events.PersonInvited) -> None:
    await connection.execute(
        "INSERT INTO invitations_v1 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', 1)",
        fact.stream_id,
        fact.community_id,
        invited.email.to_json(),
        invited.role,
        invited.tier_id,
        invited.until,
        invited.invited_by,
        fact.at,
        invited.expires_at,
    )


async def _end(
    connection: Any, fact: Fact, standing: Standing, person_id: UUID | None = None
) -> None:
    await connection.execute(
        "UPDATE invitations_v1 SET standing = $2, ended_at = $3, person_id = $4"
        " WHERE invitation_id = $1",
        fact.stream_id,
        standing,
        fact.at,
        person_id,
    )


INVITATIONS = Projection(
    name="invitations",
    version=1,
    ddl=DDL,
    tables=("invitations_v1",),
    facts=(
        events.PersonInvited,
        events.InvitationResent,
        events.InvitationNotPosted,
        events.InvitationAccepted,
        events.InvitationWithdrawn,
        events.InvitationExpired,
    ),
    apply=apply,
)


async def invitations_of(
    connection: Any,
    community_id: UUID,
    *,
    standing: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[InvitationRow]:
    """The newest invitations before a place in this list."""
    invited_at, invitation_id = before or (None, None)
    rows = await connection.fetch(
        "SELECT invitation_id, email, role, tier_id, until, invited_by, invited_at, expires_at,"
        " standing, letters, not_posted, ended_at, person_id FROM invitations_v1"
        " WHERE community_id = $1 AND ($2::text IS NULL OR standing = $2)"
        " AND ($3::timestamptz IS NULL OR (invited_at, invitation_id) < ($3, $4::uuid))"
        " ORDER BY invited_at DESC, invitation_id DESC LIMIT $5",
        community_id,
        standing,
        invited_at,
        invitation_id,
        limit,
    )
    return [InvitationRow(**{**row, "email": Sealed.from_json(row["email"])}) for row in rows]


async def invitation_now(service: Service, community_id: UUID, invitation_id: UUID) -> Invitation:
    """The invitation as of now; NotFound when the community never made it."""
    invitation: Invitation
    invitation, _ = await service.handler.state(INVITATION, invitation_id, community_id)
    if invitation.invited is None:
        raise NotFound("invitation_not_found", "There is no such invitation.")
    return invitation


async def theirs_of(
    service: Service, community_id: UUID, invited: events.PersonInvited
) -> Label | None:
    """What alone the invited would see, by its name; None where the role sees more."""
    if invited.link is not None:
        return invited.link.name
    return await sponsor_name(service, community_id, invited.sponsorship_id)
