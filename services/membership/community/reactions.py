"""A client's role comes and goes with it; an invitation's comes with its acceptance; who is shut out has none."""

from services.membership.client.events import ClientRegistered, ClientRevoked
from services.membership.community import commands
from services.membership.community.decider import COMMUNITY
from services.membership.community.events import StaffRoleGranted
from services.membership.invitation.events import InvitationAccepted
from services.membership.member.events import MemberBanned, PersonErased
from services.membership.member.projections import is_shut_out
from shared.event_store import Fact
from shared.ids import AccountId
from shared.reaction import Action, ActionContext, Ask, Call, Reaction


def when_client_registered_grant_role(fact: Fact) -> list[Ask]:
    registered: ClientRegistered = fact.body
    client = AccountId(fact.stream_id)
    grant = commands.GrantRole(by=client, account_id=client, role=registered.role)
    return [Ask(COMMUNITY, fact.community_id, grant)]


def when_client_revoked_revoke_role(fact: Fact) -> list[Ask]:
    revoked: ClientRevoked = fact.body
    client = AccountId(fact.stream_id)
    revoke = commands.RevokeRole(by=client, account_id=client, role=revoked.role)
    return [Ask(COMMUNITY, fact.community_id, revoke)]


def when_invitation_accepted_grant_role(fact: Fact) -> list[Ask]:
    accepted: InvitationAccepted = fact.body
    if accepted.role is None:
        return []
    grant = commands.GrantRole(accepted.invited_by, accepted.account_id, accepted.role)
    return [Ask(COMMUNITY, fact.community_id, grant)]


def when_person_shut_out_revoke_roles(fact: Fact) -> list[Ask]:
    gone: MemberBanned | PersonErased = fact.body
    if gone.account_id is None:
        return []
    return [Ask(COMMUNITY, fact.community_id, commands.RevokeAllRoles(gone.account_id))]


def when_role_granted_look_whether_shut_out(fact: Fact) -> list[Call]:
    """A ban at the same moment may have taken all roles before this one was there."""
    granted: StaffRoleGranted = fact.body
    return [Call(commands.LookWhetherShutOut(granted.account_id))]


async def look_whether_shut_out(
    action: commands.LookWhetherShutOut, context: ActionContext
) -> Ask | None:
    community_id = context.community_id
    if not await is_shut_out(context.service, community_id, action.account_id):
        return None
    return Ask(COMMUNITY, community_id, commands.RevokeAllRoles(action.account_id))


REACTIONS = (
    Reaction(
        name="membership.community.when_client_registered_grant_role",
        to=ClientRegistered,
        react=when_client_registered_grant_role,
    ),
    Reaction(
        name="membership.community.when_client_revoked_revoke_role",
        to=ClientRevoked,
        react=when_client_revoked_revoke_role,
    ),
    Reaction(
        name="membership.community.when_invitation_accepted_grant_role",
        to=InvitationAccepted,
        react=when_invitation_accepted_grant_role,
    ),
    Reaction(
        name="membership.community.when_member_banned_revoke_roles",
        to=MemberBanned,
        react=when_person_shut_out_revoke_roles,
    ),
    Reaction(
        name="membership.community.when_person_erased_revoke_roles",
        to=PersonErased,
        react=when_person_shut_out_revoke_roles,
    ),
    Reaction(
        name="membership.community.when_role_granted_look_whether_shut_out",
        to=StaffRoleGranted,
        react=when_role_granted_look_whether_shut_out,
    ),
)

ACTIONS = (Action(of=commands.LookWhetherShutOut, perform=look_whether_shut_out),)
