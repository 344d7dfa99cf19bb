"""What the others hear of donations without an account, and the donor's letter."""

from services.billing.donation import events
from shared.contracts import billing_donation as contracts
from shared.contracts.billing_message import MessageRequested
from shared.contracts.contract import MoneyValue
from shared.event_store import Fact
from shared.feature import Publication


def _received(fact: Fact) -> contracts.DonationReceived:
    event: events.DonationReceived = fact.body
    return contracts.DonationReceived(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        offer_id=event.offer_id,
        amount=MoneyValue.of(event.amount),
        recurs=event.recurs,
    )


def _thanks(fact: Fact) -> MessageRequested:
    event: events.DonationReceived = fact.body
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        template="donation_received_recurring" if event.recurs else "donation_received",
        values={"amount": MoneyValue.of(event.amount)},
        link=f"/donations/{event.link}",
    )


def _asked(fact: Fact) -> contracts.DonorErasureAsked:
    event: events.DonorErasureAsked = fact.body
    return contracts.DonorErasureAsked(
        community_id=fact.community_id, occurred_at=fact.at, person_id=event.person_id
    )


PUBLICATIONS = (
    Publication(events.DonationReceived, contracts.DonationReceived, _received),
    Publication(events.DonationReceived, MessageRequested, _thanks),
    Publication(events.DonorErasureAsked, contracts.DonorErasureAsked, _asked),
)
