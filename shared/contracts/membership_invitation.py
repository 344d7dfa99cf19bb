"""tessera.membership.invitation.v1: who is expected, and what became of it."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.contract import Contract
from shared.contracts.membership_community import Role


class InvitationContract(Contract):
    """A fact about one invitation; the key is the invitation."""

    topic: ClassVar[str] = "tessera.membership.invitation.v1"

    invitation_id: UUID


class PersonInvited(InvitationContract):
    """Staff invited somebody: to work in `role`, else to be a member, with `tier_id` as a gift where there is one."""

    role: Role | None = None
    tier_id: UUID | None = None
    expires_at: AwareDatetime


class InvitationAccepted(InvitationContract):
    """Whoever was invited came; who only works for the community is no person in it."""

    account_id: UUID
    person_id: UUID | None = None


class InvitationEnded(InvitationContract):
    """Nobody can accept it any more."""

    reason: Literal["withdrawn", "expired"]
