from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.membership.invitation.commands import (
    AcceptInvitation,
    ExpireInvitation,
    InvitePerson,
    RecordNotPosted,
    RecordPosted,
    ResendInvitation,
    WithdrawInvitation,
)
from services.membership.invitation.decider import INVITATION, MOST_LETTERS
from services.membership.invitation.events import (
    InvitationAccepted,
    InvitationExpired,
    InvitationNotPosted,
    InvitationPosted,
    InvitationResent,
    InvitationWithdrawn,
    PersonInvited,
    PromisedLink,
)
from services.membership.sponsorship.events import SponsorshipId
from services.membership.tier.events import TierId
from shared.ids import AccountId, Code, Label, PersonId
from shared.personal_value import Sealed
from shared.testing import given
from tests.unit.membership.documents import agreed, silent

noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
later = noon + timedelta(days=14)
much_later = noon + timedelta(days=20)
olga, ada, eve = (AccountId(UUID(int=number)) for number in range(1, 4))
gold = TierId(UUID(int=5))
person = PersonId(UUID(int=6))
address = Sealed(PersonId(UUID(int=7)), "profile", Code("sealed-address"))
own_address = Sealed(person, "profile", Code("sealed-again"))
name = Sealed(person, "profile", Code("sealed-name"))

invite = InvitePerson(
    email=address,
    language="fr",
    by=olga,
    invitee="unknown",
    role=None,
    tier_id=None,
    until=None,
    expires_at=later,
    at=noon,
)
invited = PersonInvited(address, "fr", olga, later)
as_moderator = replace(invited, role="moderator")
accept = AcceptInvitation(
    account_id=ada,
    email_is_own=True,
    inviter_may=True,
    member="unknown",
    language="fr",
    at=noon,
    person_id=person,
    name=name,
    email=own_address,
    free_tiers=(gold,),
)
accepted = InvitationAccepted(
    account_id=ada,
    invited_by=olga,
    language="fr",
    person_id=person,
    name=name,
    email=own_address,
    free_tiers=(gold,),
)


def test_who_comes_in_by_invitation_agrees_to_what_is_asked() -> None:
    without = replace(accept, agreement=silent)
    given(INVITATION, invited).when(without).then_rejected("documents_not_accepted")
    given(INVITATION, invited).when(replace(accept, agreement=agreed)).then(accepted)


def test_who_is_a_member_already_takes_a_gift_without_agreeing_anew() -> None:
    member = replace(accept, agreement=silent, member="joined")
    given(INVITATION, invited).when(member).then(accepted)


def test_somebody_is_invited_to_join() -> None:
    given(INVITATION).when(invite).then(invited)


def test_somebody_is_invited_once() -> None:
    given(INVITATION, invited).when(invite).then_nothing()


def test_a_gift_may_come_with_it_for_good_or_until_a_date() -> None:
    given(INVITATION).when(replace(invite, tier_id=gold)).then(replace(invited, tier_id=gold))
    gift = replace(invite, tier_id=gold, until=much_later)
    given(INVITATION).when(gift).then(replace(invited, tier_id=gold, until=much_later))


def test_a_gift_ends_in_the_future_and_is_something() -> None:
    past = replace(invite, tier_id=gold, until=noon)
    given(INVITATION).when(past).then_rejected("ends_in_the_past")
    given(INVITATION).when(replace(invite, until=later)).then_rejected("nothing_to_end")


def test_somebody_is_invited_to_work_member_or_not() -> None:
    to_work = replace(invite, role="moderator")
    given(INVITATION).when(to_work).then(as_moderator)
    given(INVITATION).when(replace(to_work, invitee="member")).then(as_moderator)


def test_nobody_is_invited_to_what_they_are_already() -> None:
    given(INVITATION).when(replace(invite, invitee="member")).then_rejected("already_member")
    again = replace(invite, invitee="staff", role="moderator")
    given(INVITATION).when(again).then_rejected("already_staff")


def test_nobody_is_invited_with_a_tier_that_is_retired() -> None:
    gift = replace(invite, tier_id=gold, tier_retired=True)
    given(INVITATION).when(gift).then_rejected("tier_retired")


@pytest.mark.parametrize("role", [None, "moderator"])
def test_who_was_shut_out_is_not_invited(role: None) -> None:
    banned = replace(invite, invitee="banned", role=role)
    given(INVITATION).when(banned).then_rejected("banned")


def test_who_proves_the_address_accepts() -> None:
    given(INVITATION, invited).when(accept).then(accepted)


def test_what_was_promised_comes_with_the_acceptance() -> None:
    gift = replace(invited, tier_id=gold, until=much_later)
    given(INVITATION, gift).when(accept).then(replace(accepted, tier_id=gold, until=much_later))
    work = replace(accept, person_id=None, name=None, email=None, free_tiers=())
    given(INVITATION, as_moderator).when(work).then(
        InvitationAccepted(ada, olga, "fr", role="moderator")
    )


def test_an_invitation_is_accepted_once() -> None:
    given(INVITATION, invited, accepted).when(accept).then_nothing()
    other = replace(accept, account_id=eve)
    given(INVITATION, invited, accepted).when(other).then_rejected("invitation_used")


def test_whoever_has_the_link_but_not_the_address_stays_out() -> None:
    other = replace(accept, account_id=eve, email_is_own=False)
    given(INVITATION, invited).when(other).then_rejected("not_your_email")


def test_an_invitation_is_worth_as_much_as_who_invited() -> None:
    void = replace(accept, inviter_may=False)
    given(INVITATION, invited).when(void).then_rejected("invitation_void")


def test_who_was_shut_out_meanwhile_stays_out() -> None:
    given(INVITATION, invited).when(replace(accept, member="banned")).then_rejected("banned")


def test_an_invitation_runs_out() -> None:
    given(INVITATION, invited).when(ExpireInvitation(later)).then(InvitationExpired())
    given(INVITATION, invited).when(replace(accept, at=later)).then_rejected("invitation_expired")
    expired = given(INVITATION, invited, InvitationExpired())
    expired.when(accept).then_rejected("invitation_expired")
    expired.when(ResendInvitation(much_later, noon)).then_rejected("invitation_expired")
    expired.when(ExpireInvitation(later)).then_nothing()
    expired.when(WithdrawInvitation()).then_nothing()


def test_what_was_sent_again_has_time_again() -> None:
    resent = InvitationResent(2, much_later)
    given(INVITATION, invited).when(ResendInvitation(much_later, noon)).then(resent)
    given(INVITATION, invited, resent).when(ExpireInvitation(later)).then_nothing()
    given(INVITATION, invited, resent).when(replace(accept, at=later)).then(accepted)
    given(INVITATION, invited, resent).when(ExpireInvitation(much_later)).then(InvitationExpired())


def test_nobody_gets_letters_without_end() -> None:
    resent = [InvitationResent(letter, later) for letter in range(2, MOST_LETTERS + 1)]
    given(INVITATION, invited, *resent).when(ResendInvitation(later, noon)).then_rejected(
        "sent_often_enough"
    )


def test_an_invitation_is_withdrawn() -> None:
    given(INVITATION, invited).when(WithdrawInvitation()).then(InvitationWithdrawn())
    withdrawn = given(INVITATION, invited, InvitationWithdrawn())
    withdrawn.when(WithdrawInvitation()).then_nothing()
    withdrawn.when(accept).then_rejected("invitation_withdrawn")
    withdrawn.when(ResendInvitation(later, noon)).then_rejected("invitation_withdrawn")
    withdrawn.when(ExpireInvitation(later)).then_nothing()


def test_what_was_accepted_cannot_be_taken_back_or_sent_again() -> None:
    done = given(INVITATION, invited, accepted)
    done.when(WithdrawInvitation()).then_rejected("invitation_accepted")
    done.when(ResendInvitation(later, noon)).then_rejected("invitation_accepted")
    done.when(ExpireInvitation(later)).then_nothing()


def test_each_letter_has_one_outcome() -> None:
    posted, lost = InvitationPosted(1), InvitationNotPosted(1, "refused_by_mail_server")
    given(INVITATION, invited).when(RecordPosted(1)).then(posted)
    given(INVITATION, invited, posted).when(
        RecordNotPosted(1, "refused_by_mail_server")
    ).then_nothing()
    given(INVITATION, invited).when(RecordNotPosted(1, "refused_by_mail_server")).then(lost)
    again = given(INVITATION, invited, lost, InvitationResent(2, much_later))
    again.when(RecordPosted(1)).then_nothing()
    again.when(RecordPosted(2)).then(InvitationPosted(2))


def test_what_nobody_made_is_not_there() -> None:
    for command in (accept, WithdrawInvitation(), ResendInvitation(later, noon), RecordPosted(1)):
        given(INVITATION).when(command).then_rejected("invitation_not_found")


bobs = PromisedLink(Label("Bob's"), Code("/join"), 30)
bean = SponsorshipId(UUID(int=9))


def test_an_affiliate_is_promised_a_link_and_has_it_as_they_come() -> None:
    ask = replace(invite, role="affiliate", link=bobs)
    promised = replace(invited, role="affiliate", link=bobs)
    given(INVITATION).when(ask).then(promised)
    came = replace(accepted, role="affiliate", link=bobs)
    given(INVITATION, promised).when(accept).then(came)
    given(INVITATION).when(replace(ask, link=None)).then_rejected("link_needed")
    given(INVITATION).when(replace(ask, role="admin")).then_rejected("not_an_affiliate")
    given(INVITATION).when(replace(ask, role=None)).then_rejected("not_an_affiliate")


def test_a_sponsors_contact_is_told_of_which_sponsorship() -> None:
    ask = replace(invite, role="sponsor_contact", sponsorship_id=bean, sponsor=Label("Bean"))
    promised = replace(invited, role="sponsor_contact", sponsorship_id=bean)
    given(INVITATION).when(ask).then(promised)
    came = replace(accepted, role="sponsor_contact", sponsorship_id=bean)
    given(INVITATION, promised).when(accept).then(came)
    given(INVITATION).when(replace(ask, sponsorship_id=None)).then_rejected("sponsorship_needed")
    given(INVITATION).when(replace(ask, sponsor=None)).then_rejected("sponsorship_not_found")
    given(INVITATION).when(replace(ask, role="admin")).then_rejected("not_a_contact")
