from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.membership.gateways.passes import PASS_LIFE
from services.membership.guest import commands, events
from services.membership.guest.decider import GUEST, PATIENCE
from services.membership.guest.events import guest_of
from services.membership.guest.reactions import (
    when_donation_received_note_gift,
    when_donor_erasure_asked_forget_guest,
    when_guest_named_again_forget_guest,
    when_guest_received_forget_guest,
)
from services.membership.member.commands import ErasePerson
from services.membership.member.decider import MEMBER
from services.membership.member.events import MemberJoined, PersonErased
from services.membership.member.reactions import when_guest_forgotten_erase
from shared.contracts.billing_donation import DonationReceived, DonorErasureAsked
from shared.contracts.contract import MoneyValue
from shared.ids import AccountId, Code, PersonId
from shared.personal_value import Sealed
from shared.reaction import Ask, At
from shared.testing import given
from tests.unit.membership.facts import community_id, fact, noon

gus = PersonId(UUID(int=1))
address = Sealed(gus, "profile", Code("sealed words"))
receive = commands.ReceiveGuest(address, "fr", is_banned=False)
received = events.GuestReceived(address, "fr")
gave = events.GuestGave()
in_vain = commands.ForgetGuest(gus, "nothing_given")
by_link = commands.ForgetGuest(gus, "asked")
forgotten = events.GuestForgotten(gus, "asked")


def test_an_address_makes_a_guest_once() -> None:
    given(GUEST).when(receive).then(received)
    given(GUEST, received, gave).when(receive).then_nothing()


def test_patience_counts_from_the_last_pass() -> None:
    again, thrice = events.GuestNamedAgain(gus, 2), events.GuestNamedAgain(gus, 3)
    given(GUEST, received).when(receive).then(again)
    given(GUEST, received, again).when(receive).then(thrice)
    given(GUEST, received, again).when(in_vain).then_nothing()
    last = replace(in_vain, times=2)
    given(GUEST, received, again).when(last).then(events.GuestForgotten(gus, "nothing_given"))
    given(GUEST, received, again, thrice).when(last).then_nothing()
    given(GUEST, received, again, gave).when(last).then_nothing()
    given(GUEST, received, again).when(by_link).then(forgotten)
    stream = guest_of(gus)
    later = [At(noon + PATIENCE, Ask(GUEST, stream, last))]
    assert when_guest_named_again_forget_guest(fact(again, stream)) == later
    assert PASS_LIFE + timedelta(days=1) <= PATIENCE


def test_nothing_is_taken_from_who_was_shut_out() -> None:
    banned = replace(receive, is_banned=True)
    given(GUEST).when(banned).then_rejected("guest_not_welcome")
    given(GUEST, received).when(banned).then_rejected("guest_not_welcome")


def test_who_is_forgotten_is_nobody() -> None:
    given(GUEST, received, forgotten).when(receive).then_rejected("person_not_found")
    given(GUEST, received, forgotten).when(commands.NoteGift()).then_nothing()
    given(GUEST, received, forgotten).when(by_link).then_nothing()
    given(GUEST).when(commands.NoteGift()).then_nothing()
    given(GUEST).when(by_link).then_nothing()


def test_of_whom_nothing_comes_the_address_is_not_kept() -> None:
    vain = events.GuestForgotten(gus, "nothing_given")
    given(GUEST, received).when(in_vain).then(vain)
    given(GUEST, received).when(commands.NoteGift()).then(gave)
    given(GUEST, received, gave).when(commands.NoteGift()).then_nothing()
    given(GUEST, received, gave).when(in_vain).then_nothing()
    given(GUEST, received, gave).when(by_link).then(forgotten)


def test_a_guest_is_looked_at_again_in_a_week() -> None:
    stream = guest_of(gus)
    later = [At(noon + PATIENCE, Ask(GUEST, stream, in_vain))]
    assert when_guest_received_forget_guest(fact(received, stream)) == later


def test_billing_says_who_gave_and_who_wants_to_be_forgotten() -> None:
    about: dict[str, Any] = {"community_id": community_id, "occurred_at": noon, "person_id": gus}
    money = MoneyValue(minor=2000, currency="EUR")
    came = DonationReceived(**about, offer_id=UUID(int=2), amount=money, recurs=False)
    noted = [Ask(GUEST, guest_of(gus), commands.NoteGift())]
    assert when_donation_received_note_gift(fact(came)) == noted
    asked = DonorErasureAsked(**about)
    assert when_donor_erasure_asked_forget_guest(fact(asked)) == [
        Ask(GUEST, guest_of(gus), by_link)
    ]


def test_every_service_forgets_a_guest_as_it_forgets_a_member() -> None:
    erase = ErasePerson(gus, is_guest=True)
    assert when_guest_forgotten_erase(fact(forgotten)) == [Ask(MEMBER, gus, erase)]
    given(MEMBER).when(erase).then(PersonErased(gus))
    given(MEMBER, PersonErased(gus)).when(erase).then_nothing()
    given(MEMBER).when(ErasePerson(gus)).then_rejected("person_not_found")


def test_being_called_a_guest_lets_no_owner_be_erased() -> None:
    joined = MemberJoined(AccountId(UUID(int=3)), address, address, "fr", ())
    erase = ErasePerson(gus, "sole", is_guest=True)
    given(MEMBER, joined).when(erase).then_rejected("last_owner")
