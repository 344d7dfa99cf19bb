"""A guest of whom nothing comes is forgotten; so is who says so to billing, whose link they have."""

from services.membership.guest import commands, events
from services.membership.guest.decider import GUEST, PATIENCE
from services.membership.guest.events import guest_of
from shared.contracts.billing_donation import DonationReceived, DonorErasureAsked
from shared.event_store import Fact
from shared.ids import PersonId
from shared.reaction import Ask, At, Reaction


def when_guest_received_forget_guest(fact: Fact) -> list[At]:
    received: events.GuestReceived = fact.body
    forget = commands.ForgetGuest(received.email.person_id, "nothing_given")
    return [At(fact.at + PATIENCE, Ask(GUEST, fact.stream_id, forget))]


def when_guest_named_again_forget_guest(fact: Fact) -> list[At]:
    named: events.GuestNamedAgain = fact.body
    forget = commands.ForgetGuest(named.person_id, "nothing_given", named.times)
    return [At(fact.at + PATIENCE, Ask(GUEST, fact.stream_id, forget))]


def when_donation_received_note_gift(fact: Fact) -> list[Ask]:
    received: DonationReceived = fact.body
    return [Ask(GUEST, guest_of(received.person_id), commands.NoteGift())]


def when_donor_erasure_asked_forget_guest(fact: Fact) -> list[Ask]:
    asked: DonorErasureAsked = fact.body
    person_id = PersonId(asked.person_id)
    return [Ask(GUEST, guest_of(person_id), commands.ForgetGuest(person_id, "asked"))]


REACTIONS = (
    Reaction(
        "membership.guest.when_guest_received_forget_guest",
        events.GuestReceived,
        when_guest_received_forget_guest,
    ),
    Reaction(
        "membership.guest.when_guest_named_again_forget_guest",
        events.GuestNamedAgain,
        when_guest_named_again_forget_guest,
    ),
    Reaction(
        "membership.guest.when_donation_received_note_gift",
        DonationReceived,
        when_donation_received_note_gift,
    ),
    Reaction(
        "membership.guest.when_donor_erasure_asked_forget_guest",
        DonorErasureAsked,
        when_donor_erasure_asked_forget_guest,
    ),
)
