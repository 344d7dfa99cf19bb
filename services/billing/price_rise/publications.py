"""What who pays is told of a rise of their price."""

from services.billing.subscription.events import (
    PriceRiseAnnounced,
    PriceRiseDropped,
    PriceRiseRecalled,
    Rise,
)
from shared.contracts.billing_message import MessageRequested
from shared.contracts.contract import MoneyValue
from shared.event_store import Fact
from shared.feature import Publication


def tell_of_rise(fact: Fact) -> MessageRequested:
    told: PriceRiseAnnounced = fact.body
    asked = _asked(told.rise)
    return _letter(fact, asked or "price_rises", told)


def tell_again_of_rise(fact: Fact) -> MessageRequested:
    """By law they are told: this is no reminder that anybody may turn off, so its name does not say so."""
    told: PriceRiseRecalled = fact.body
    asked = None if told.is_agreed else _asked(told.rise)
    return _letter(fact, asked or "price_rises_soon", told)


def tell_of_withdrawal(fact: Fact) -> MessageRequested | None:
    """Whoever changed something themselves knows; nobody hears of what they were never told of."""
    dropped: PriceRiseDropped = fact.body
    if dropped.reason != "withdrawn" or dropped.told is None:
        return None
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=dropped.terms.person_id,
        template="price_rise_withdrawn",
        values={"offer": dropped.told.name, "amount": MoneyValue.of(dropped.terms.amount)},
    )


def _asked(rise: Rise) -> str | None:
    if not rise.needs_consent:
        return None
    return "price_rise_asked" if rise.otherwise == "keep" else "price_rise_asked_or_ends"


def _letter(
    fact: Fact, template: str, told: PriceRiseAnnounced | PriceRiseRecalled
) -> MessageRequested:
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=told.terms.person_id,
        template=template,
        values={
            "offer": told.rise.name,
            "before": MoneyValue.of(told.terms.amount),
            "amount": MoneyValue.of(told.to.amount),
            "from": told.first_due,
        },
    )


PUBLICATIONS = (
    Publication(PriceRiseAnnounced, MessageRequested, tell_of_rise),
    Publication(PriceRiseRecalled, MessageRequested, tell_again_of_rise),
    Publication(PriceRiseDropped, MessageRequested, tell_of_withdrawal),
)
