from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.billing.checkout.events import OfferLine
from services.billing.donation import commands, events
from services.billing.donation.decider import DONATION
from shared.ids import Code, PersonId
from shared.money import Money
from shared.personal_value import Sealed
from shared.testing import given

gus = PersonId(UUID(int=1))
checkout_id, offer_id = UUID(int=2), UUID(int=3)
noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
twenty, two = Money(2000, "EUR"), Money(200, "EUR")
line = OfferLine(offer_id, None, twenty, "once", 0, 1, donation=True, minimum=two)
give = commands.OpenDonation(gus, checkout_id, line, noon + timedelta(minutes=15), noon)
name = Sealed(gus, "profile", Code("sealed words"))
link = Code("link")
opened = events.DonationOpened(gus, checkout_id, offer_id, twenty, recurs=False)
received = events.DonationReceived(gus, offer_id, twenty, recurs=False, link=link)
asked = events.DonorErasureAsked(gus)


def paying(amount: Money) -> commands.OpenDonation:
    return replace(give, line=replace(line, price=amount))


def test_a_pass_opens_one_donation() -> None:
    given(DONATION).when(give).then(opened)
    given(DONATION, opened).when(give).then_rejected("guest_pass_used")


def test_by_the_month_it_says_so() -> None:
    monthly = replace(give, line=replace(line, interval="month"))
    given(DONATION).when(monthly).then(replace(opened, recurs=True))


def test_a_pass_is_good_for_a_while() -> None:
    late = replace(give, at=give.expires_at)
    given(DONATION).when(late).then_rejected("guest_pass_expired")
    just = replace(give, at=give.expires_at - timedelta(seconds=1))
    given(DONATION).when(just).then(opened)


def test_what_is_sold_is_not_given() -> None:
    sold = replace(give, line=replace(line, donation=False))
    given(DONATION).when(sold).then_rejected("not_a_donation")


def test_nobody_gives_less_than_the_minimum_or_nothing() -> None:
    given(DONATION).when(paying(Money(199, "EUR"))).then_rejected("amount_below_minimum")
    given(DONATION).when(paying(two)).then(replace(opened, amount=two))
    free = replace(line, minimum=Money(0, "EUR"), price=Money(0, "EUR"))
    given(DONATION).when(replace(give, line=free)).then_rejected("amount_below_minimum")


def test_a_name_is_kept_of_who_wants_it_shown() -> None:
    shown = replace(give, name=name, shows_name=True)
    given(DONATION).when(shown).then(replace(opened, name=name))
    given(DONATION).when(replace(give, name=name)).then(opened)
    given(DONATION).when(replace(give, shows_name=True)).then_rejected("name_missing")


def test_a_donor_is_thanked_once_and_a_member_is_not() -> None:
    thank = commands.ThankDonor(link)
    given(DONATION, opened).when(thank).then(received)
    given(DONATION, opened, received).when(commands.ThankDonor(Code("other"))).then_nothing()
    given(DONATION).when(thank).then_nothing()


def test_who_has_the_letter_is_forgotten_once() -> None:
    given(DONATION, opened, received).when(commands.AskErasure()).then(asked)
    given(DONATION, opened, received, asked).when(commands.AskErasure()).then_nothing()
    given(DONATION).when(commands.AskErasure()).then_rejected("donation_not_found")
