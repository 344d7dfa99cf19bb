"""What the others hear of offers."""

from services.billing.offer import events
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
        price=MoneyValue.of(offer.price),
        interval=offer.interval,
        trial_days=offer.trial_days,
    )


def retired(fact: Fact) -> contracts.OfferRetired:
    return contracts.OfferRetired(
        community_id=fact.community_id, occurred_at=fact.at, offer_id=fact.stream_id
    )


PUBLICATIONS = (
    Publication(events.OfferPublished, contracts.OfferPublished, published),
    Publication(events.OfferRetired, contracts.OfferRetired, retired),
)
