"""An invitation is accepted once, in time, by whoever proves the address it went to."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from services.membership.agreed import insist_on_agreement
from services.membership.invitation import commands, events
from shared.decider import Decider, NotFound, Rejected
from shared.ids import AccountId, PersonId, derive

MOST_LETTERS = 5

Standing = Literal["unknown", "open", "accepted", "withdrawn", "expired"]


@dataclass(frozen=True, slots=True)
class Invitation:
    """`settled` is the number of the last letter of which we know what became of it."""

    standing: Standing = "unknown"
    invited: events.PersonInvited | None = None
    expires_at: datetime | None = None
    letters: int = 0
    settled: int = 0
    accepted_by: AccountId | None = None

    def is_open(self, at: datetime) -> bool:
        return self.standing == "open" and not self.is_over(at)

    def is_over(self, at: datetime) -> bool:
        """Its time is over, whether or not that was told yet."""
        return self.standing == "expired" or (self.expires_at is not None and self.expires_at <= at)


def addressee_of(invitation_id: UUID) -> PersonId:
    """Whose key seals the address of somebody who is nobody here yet; it goes with the invitation."""
    return PersonId(derive(invitation_id, "addressee"))


def decide(
    command: commands.InvitationCommand, invitation: Invitation
) -> list[events.InvitationEvent]:
    if isinstance(command, commands.InvitePerson):
        return _invite(command) if invitation.invited is None else []
    if invitation.invited is None:
        raise NotFound("invitation_not_found", "There is no such invitation.")
    match command:
        case commands.AcceptInvitation():
            return _accept(command, invitation, invitation.invited)
        case commands.ResendInvitation(expires_at):
            _insist_on_open(invitation, command.at)
            if invitation.letters >= MOST_LETTERS:
                raise Rejected("sent_often_enough", "This address has had enough of our letters.")
            return [events.InvitationResent(invitation.letters + 1, expires_at)]
        case commands.RecordPosted(letter):
            return [events.InvitationPosted(letter)] if letter > invitation.settled else []
        case commands.RecordNotPosted(letter, reason):
            return (
                [events.InvitationNotPosted(letter, reason)] if letter > invitation.settled else []
            )
        case commands.WithdrawInvitation() if invitation.standing == "accepted":
            raise Rejected("invitation_accepted", "It has been accepted.")
        case commands.WithdrawInvitation():
            return [events.InvitationWithdrawn()] if invitation.standing == "open" else []
        case commands.ExpireInvitation(expires_at):
            is_due = invitation.standing == "open" and invitation.expires_at == expires_at
            return [events.InvitationExpired()] if is_due else []
        case _:
            assert_never(command)


def _invite(invite: commands.InvitePerson) -> list[events.InvitationEvent]:
    if invite.invitee == "banned":
        raise Rejected("banned", "This person may not join again.")
    if invite.invitee == "staff":
        raise Rejected("already_staff", "This person has the role already.")
    if invite.invitee == "member" and invite.role is None:
        raise Rejected("already_member", "This person is a member already.")
    if invite.tier_retired:
        detail = "The tier is retired: who has it keeps it, and nobody new gets it."
        raise Rejected("tier_retired", detail, pointer="/tier_id")
    if invite.until is not None and invite.tier_id is None:
        raise Rejected("nothing_to_end", "Only a tier ends at a date.", pointer="/until")
    if invite.until is not None and invite.until <= invite.at:
        raise Rejected("ends_in_the_past", "A gift ends in the future.", pointer="/until")
    _insist_on_theirs(invite)
    return [
        events.PersonInvited(
            email=invite.email,
            language=invite.language,
            invited_by=invite.by,
            expires_at=invite.expires_at,
            role=invite.role,
            tier_id=invite.tier_id,
            until=invite.until,
            link=invite.link,
            sponsorship_id=invite.sponsorship_id,
        )
    ]


def _insist_on_theirs(invite: commands.InvitePerson) -> None:
    """An affiliate has a link, a sponsor's contact a sponsorship, and nobody else has either."""
    if invite.role == "affiliate" and invite.link is None:
        raise Rejected("link_needed", "Which link shall be theirs?", pointer="/link")
    if invite.role != "affiliate" and invite.link is not None:
        raise Rejected("not_an_affiliate", "A link is for an affiliate.", pointer="/link")
    about = "/sponsorship_id"
    if invite.role == "sponsor_contact" and invite.sponsorship_id is None:
        raise Rejected("sponsorship_needed", "Which sponsorship is theirs?", pointer=about)
    if invite.role != "sponsor_contact" and invite.sponsorship_id is not None:
        raise Rejected("not_a_contact", "A sponsorship is for a sponsor's contact.", pointer=about)
    if invite.sponsorship_id is not None and invite.sponsor is None:
        raise Rejected("sponsorship_not_found", "There is no such sponsorship.", pointer=about)


def _accept(
    accept: commands.AcceptInvitation, invitation: Invitation, invited: events.PersonInvited
) -> list[events.InvitationEvent]:
    if invitation.accepted_by == accept.account_id:
        return []
    if invitation.standing == "accepted":
        raise Rejected("invitation_used", "Somebody else has accepted it.")
    _insist_on_open(invitation, accept.at)
    _insist_on_addressee(accept)
    return [
        events.InvitationAccepted(
            account_id=accept.account_id,
            invited_by=invited.invited_by,
            language=accept.language,
            role=invited.role,
            tier_id=invited.tier_id,
            until=invited.until,
            person_id=accept.person_id,
            name=accept.name,
            email=accept.email,
            free_tiers=accept.free_tiers,
            link=invited.link,
            sponsorship_id=invited.sponsorship_id,
        )
    ]


def _insist_on_addressee(accept: commands.AcceptInvitation) -> None:
    if not accept.email_is_own:
        raise Rejected("not_your_email", "Sign in with the address that the invitation went to.")
    if not accept.inviter_may:
        raise Rejected("invitation_void", "Whoever invited you may no longer do so.")
    if accept.member == "banned":
        raise Rejected("banned", "This person may not join again.")
    if accept.person_id is not None and accept.member != "joined":
        insist_on_agreement(accept.agreement)


def _insist_on_open(invitation: Invitation, at: datetime) -> None:
    if invitation.standing == "withdrawn":
        raise Rejected("invitation_withdrawn", "The invitation was withdrawn.")
    if invitation.standing == "accepted":
        raise Rejected("invitation_accepted", "It has been accepted.")
    if invitation.is_over(at):
        raise Rejected("invitation_expired", "The invitation has run out; ask for another.")


def evolve(invitation: Invitation, event: events.InvitationEvent) -> Invitation:
    match event:
        case events.PersonInvited(expires_at=expires_at):
            return Invitation("open", event, expires_at, letters=1)
        case events.InvitationResent(letter, expires_at):
            return replace(invitation, letters=letter, expires_at=expires_at)
        case events.InvitationPosted(letter) | events.InvitationNotPosted(letter):
            return replace(invitation, settled=letter)
        case events.InvitationAccepted(account_id):
            return replace(invitation, standing="accepted", accepted_by=account_id)
        case events.InvitationWithdrawn():
            return replace(invitation, standing="withdrawn")
        case events.InvitationExpired():
            return replace(invitation, standing="expired")
        case _:
            assert_never(event)


INVITATION: Decider[commands.InvitationCommand, Invitation, events.InvitationEvent] = Decider(
    "invitation",
    initial=Invitation(),
    decide=decide,
    evolve=evolve,
    commands=commands.InvitationCommand,
    events=events.InvitationEvent,
)
