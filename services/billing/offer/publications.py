"""What the others hear of offers."""

from services.billing.offer import events
from services.billing.offer.projections import prices_told
from shared.contracts import billing_offer as contracts
from shared.contracts.contract import MoneyValue
from shared.event_store import Fact
from shared.feature import Publication


def published(fact: Fact) -> contracts.OfferPublished:
    offer: events.OfferPublished = fact.body
    return contracts.OfferPublished(
        community_id=fact.community_id,
        occurred_at=fact.at,
        offer_id=fact.stream_id,
        name=offer.name,
        tier_id=offer.tier_id,
        content_id=offer.content_id,
        price=MoneyValue.of(offer.price),
        interval=offer.interval,
        every=offer.every,
        trial_days=offer.trial_days,
        donation=offer.donation,
        prices=prices_told(offer.all_prices),
        seats=offer.seats,
        year=_year(offer.year),
        trial_needs_card=offer.trial_needs_card,
    )


def _year(year: events.FixedYear | None) -> contracts.FixedYear | None:
    if year is None:
        return None
    return contracts.FixedYear(month=year.month, day=year.day, first=year.first)


def repriced(fact: Fact) -> contracts.OfferRepriced:
    offer: events.OfferRepriced = fact.body
    return contracts.OfferRepriced(
        community_id=fact.community_id,
        occurred_at=fact.at,
        offer_id=fact.stream_id,
        price_version=offer.version,
        prices=prices_told(offer.prices),
    )


def retired(fact: Fact) -> contracts.OfferRetired:
    return contracts.OfferRetired(
        community_id=fact.community_id, occurred_at=fact.at, offer_id=fact.stream_id
    )


PUBLICATIONS = (
    Publication(events.OfferPublished, contracts.OfferPublished, published),
    Publication(events.OfferRepriced, contracts.OfferRepriced, repriced),
    Publication(events.OfferRetired, contracts.OfferRetired, retired),
)
