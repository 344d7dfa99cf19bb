"""Who comes as a sponsor's contact is the contact of the sponsorship that the invitation named."""

from services.membership.invitation.events import InvitationAccepted
from services.membership.sponsorship import commands
from services.membership.sponsorship.decider import SPONSORSHIP
from shared.event_store import Fact
from shared.reaction import Ask, Reaction


def when_invitation_accepted_name_contact(fact: Fact) -> list[Ask]:
    accepted: InvitationAccepted = fact.body
    if accepted.sponsorship_id is None:
        return []
    name = commands.NameContact(accepted.account_id, has_role=True)
    return [Ask(SPONSORSHIP, accepted.sponsorship_id, name)]


REACTIONS = (
    Reaction(
        name="membership.sponsorship.when_invitation_accepted_name_contact",
        to=InvitationAccepted,
        react=when_invitation_accepted_name_contact,
    ),
)
