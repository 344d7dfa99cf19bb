"""What the others hear of checkouts."""

from services.billing.checkout import events
from shared.contracts import billing_checkout as contracts
from shared.contracts.contract import MoneyValue
from shared.event_store import Fact
from shared.feature import Publication


def opened(fact: Fact) -> contracts.CheckoutOpened:
    checkout: events.CheckoutOpened = fact.body
    return contracts.CheckoutOpened(
        community_id=fact.community_id,
        occurred_at=fact.at,
        checkout_id=fact.stream_id,
        person_id=checkout.basket.person_id,
        total=MoneyValue.of(checkout.basket.due),
    )


def completed(fact: Fact) -> contracts.CheckoutCompleted:
    checkout: events.CheckoutCompleted = fact.body
    return contracts.CheckoutCompleted(
        community_id=fact.community_id,
        occurred_at=fact.at,
        checkout_id=fact.stream_id,
        person_id=checkout.basket.person_id,
        total=MoneyValue.of(checkout.basket.due),
        documents=tuple(
            contracts.AcceptedDocument(kind=one.kind, number=one.version, shown_in=one.language)
            for one in checkout.documents
        ),
        via=contracts.CameBy(visit=via.visit, at=via.at) if (via := checkout.via) else None,
    )


def expired(fact: Fact) -> contracts.CheckoutExpired:
    checkout: events.CheckoutExpired = fact.body
    return contracts.CheckoutExpired(
        community_id=fact.community_id,
        occurred_at=fact.at,
        checkout_id=fact.stream_id,
        person_id=checkout.person_id,
    )


PUBLICATIONS = (
    Publication(events.CheckoutOpened, contracts.CheckoutOpened, opened),
    Publication(events.CheckoutCompleted, contracts.CheckoutCompleted, completed),
    Publication(events.CheckoutExpired, contracts.CheckoutExpired, expired),
)
