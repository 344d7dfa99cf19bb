"""Who comes as a sponsor's contact is the contact of the sponsorship named then, for as long as they have the role."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from services.membership.community.events import StaffRoleRevoked
from services.membership.crowd import caught_up, tell_each
from services.membership.invitation.events import InvitationAccepted
from services.membership.sponsorship import commands
from services.membership.sponsorship.decider import SPONSORSHIP
from services.membership.sponsorship.projections import sponsorships_with
from shared.event_store import Fact
from shared.reaction import Action, ActionContext, Ask, Call, Reaction


def when_invitation_accepted_name_contact(fact: Fact) -> list[Ask]:
    accepted: InvitationAccepted = fact.body
    if accepted.sponsorship_id is None:
        return []
    keep = commands.NamePromised(accepted.account_id)
    return [Ask(SPONSORSHIP, accepted.sponsorship_id, keep)]


def when_staff_role_revoked_dismiss_contact(fact: Fact) -> list[Call]:
    """Should they have the role again one day, they see what they are named for then."""
    revoked: StaffRoleRevoked = fact.body
    is_contact = revoked.role == "sponsor_contact"
    return [Call(commands.DismissEverywhere(revoked.account_id))] if is_contact else []


REACTIONS = (
    Reaction(
        name="membership.sponsorship.when_invitation_accepted_name_contact",
        to=InvitationAccepted,
        react=when_invitation_accepted_name_contact,
    ),
    Reaction(
        name="membership.sponsorship.when_staff_role_revoked_dismiss_contact",
        to=StaffRoleRevoked,
        react=when_staff_role_revoked_dismiss_contact,
    ),
)


async def dismiss_everywhere(action: commands.DismissEverywhere, context: ActionContext) -> None:
    await caught_up(context)
    async with context.service.pool.acquire() as connection:
        theirs = await sponsorships_with(connection, context.community_id, action.account_id)
    dismiss = commands.DismissContact(action.account_id)

    async def dismissals() -> AsyncIterator[tuple[UUID, Sequence[Ask]]]:
        for sponsorship_id in theirs:
            yield sponsorship_id, [Ask(SPONSORSHIP, sponsorship_id, dismiss)]

    await tell_each(dismissals(), context)


ACTIONS = (Action(of=commands.DismissEverywhere, perform=dismiss_everywhere),)
