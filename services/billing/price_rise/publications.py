"""What the others hear of a price rise, and what who pays is told."""

from typing import TypedDict
from uuid import UUID

from pydantic import AwareDatetime

from services.billing.price_rise import events
from services.billing.subscription.events import (
    PriceRiseAccepted,
    PriceRiseAnnounced,
    PriceRiseApplied,
    PriceRiseDropped,
    PriceRiseRecalled,
    Rise,
    Terms,
)
from shared.contracts import billing_price_rise as contracts
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


def started(fact: Fact) -> contracts.PriceRiseStarted:
    begun: events.PriceRiseStarted = fact.body
    rise = begun.rise
    return contracts.PriceRiseStarted(
        community_id=fact.community_id,
        occurred_at=fact.at,
        rise_id=rise.rise_id,
        offer_id=rise.offer_id,
        price_version=rise.price_version,
        prices=tuple(MoneyValue.of(price) for price in rise.prices),
        effective_from=rise.effective_from,
        notice_days=rise.notice_days,
        needs_consent=rise.needs_consent,
        otherwise=rise.otherwise,
        subscriptions=begun.subscriptions,
    )


def cancelled(fact: Fact) -> contracts.PriceRiseCancelled:
    return contracts.PriceRiseCancelled(
        community_id=fact.community_id,
        occurred_at=fact.at,
        rise_id=fact.stream_id,
        offer_id=fact.body.offer_id,
    )


class About(TypedDict):
    """What every fact about one subscription's price says."""

    community_id: UUID
    occurred_at: AwareDatetime
    rise_id: UUID
    offer_id: UUID
    subscription_id: UUID
    person_id: UUID


def _about(fact: Fact, rise_id: UUID) -> About:
    terms: Terms = fact.body.terms
    return About(
        community_id=fact.community_id,
        occurred_at=fact.at,
        rise_id=rise_id,
        offer_id=terms.offer_id,
        subscription_id=fact.stream_id,
        person_id=terms.person_id,
    )


def announced(fact: Fact) -> contracts.PriceRiseAnnounced:
    told: PriceRiseAnnounced = fact.body
    return contracts.PriceRiseAnnounced(
        **_about(fact, told.rise.rise_id),
        price=MoneyValue.of(told.to.price),
        price_version=told.to.price_version,
        applies_from=told.applies_from,
        first_due=told.first_due,
        needs_consent=told.rise.needs_consent,
        otherwise=told.rise.otherwise,
    )


def accepted(fact: Fact) -> contracts.PriceRiseAccepted:
    return contracts.PriceRiseAccepted(**_about(fact, fact.body.rise_id))


def applied(fact: Fact) -> contracts.PriceRiseApplied:
    moved: PriceRiseApplied = fact.body
    return contracts.PriceRiseApplied(
        **_about(fact, moved.rise_id),
        price=MoneyValue.of(moved.terms.price),
        price_version=moved.terms.price_version,
    )


def dropped(fact: Fact) -> contracts.PriceRiseDropped | None:
    """Nobody hears of the end of what nobody was told of."""
    gone: PriceRiseDropped = fact.body
    if gone.told is None:
        return None
    return contracts.PriceRiseDropped(
        **_about(fact, gone.rise_id) | {"offer_id": gone.told.offer_id}, reason=gone.reason
    )


PUBLICATIONS = (
    Publication(events.PriceRiseStarted, contracts.PriceRiseStarted, started),
    Publication(events.PriceRiseCancelled, contracts.PriceRiseCancelled, cancelled),
    Publication(PriceRiseAnnounced, contracts.PriceRiseAnnounced, announced),
    Publication(PriceRiseAnnounced, MessageRequested, tell_of_rise),
    Publication(PriceRiseAccepted, contracts.PriceRiseAccepted, accepted),
    Publication(PriceRiseRecalled, MessageRequested, tell_again_of_rise),
    Publication(PriceRiseApplied, contracts.PriceRiseApplied, applied),
    Publication(PriceRiseDropped, contracts.PriceRiseDropped, dropped),
    Publication(PriceRiseDropped, MessageRequested, tell_of_withdrawal),
)
