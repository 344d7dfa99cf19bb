"""A pass opens one donation, of what asks for nothing in return; its donor is thanked once."""

from dataclasses import dataclass, replace
from typing import assert_never

from services.billing.donation import commands, events
from services.billing.least import least_of
from shared.decider import Decider, NotFound, Rejected
from shared.ids import Code


@dataclass(frozen=True, slots=True)
class Donation:
    opened: events.DonationOpened
    received: bool = False
    erasing: bool = False


def decide(
    command: commands.DonationCommand, donation: Donation | None
) -> list[events.DonationEvent]:
    match command:
        case commands.OpenDonation() if donation:
            raise Rejected(
                "guest_pass_used", "A pass is good for one donation.", pointer="/guest_pass"
            )
        case commands.OpenDonation():
            return [_open(command)]
        case commands.ThankDonor(link):
            # Members are not thanked by letter: they see what they gave.
            waits = donation is not None and not donation.received
            return [_received(donation.opened, link)] if donation and waits else []
        case commands.AskErasure() if donation is None:
            raise NotFound("donation_not_found", "There is no such donation.")
        case commands.AskErasure():
            asked = events.DonorErasureAsked(donation.opened.person_id)
            return [] if donation.erasing else [asked]
        case _:
            assert_never(command)


def _open(asked: commands.OpenDonation) -> events.DonationOpened:
    line = asked.line
    if asked.at >= asked.expires_at:
        raise Rejected("guest_pass_expired", "Ask for another pass.", pointer="/guest_pass")
    if not line.donation:
        raise Rejected("not_a_donation", "This is sold, to members.", pointer="/offer_id")
    least = max(line.minimum.minor if line.minimum else 0, least_of(line.price.currency))
    if line.price.minor < least:
        raise Rejected(
            "amount_below_minimum", "It costs at least so much.", pointer="/amount", least=least
        )
    if asked.shows_name and asked.name is None:
        raise Rejected("name_missing", "There is no name to be shown.", pointer="/name")
    name = asked.name if asked.shows_name else None
    return events.DonationOpened(
        asked.person_id, asked.checkout_id, line.offer_id, line.full, line.recurs, name
    )


def _received(gift: events.DonationOpened, link: Code) -> events.DonationReceived:
    return events.DonationReceived(gift.person_id, gift.offer_id, gift.amount, gift.recurs, link)


def evolve(donation: Donation | None, event: events.DonationEvent) -> Donation | None:
    match event:
        case events.DonationOpened():
            return Donation(event)
        case events.DonationReceived():
            return donation and replace(donation, received=True)
        case events.DonorErasureAsked():
            return donation and replace(donation, erasing=True)
        case _:
            assert_never(event)


DONATION: Decider[commands.DonationCommand, Donation | None, events.DonationEvent] = Decider(
    "donation",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.DonationCommand,
    events=events.DonationEvent,
)
