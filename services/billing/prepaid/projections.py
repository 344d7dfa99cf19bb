"""What somebody has paid elsewhere, and how they stand with what follows it: read strongly, but for what the link
has not led to.
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.billing.checkout.events import OfferLine
from services.billing.checkout.projections import Progress, bought_with, progress_of
from services.billing.founder.projections import gone_since
from services.billing.offer.projections import offers_among
from services.billing.order.events import order_of
from services.billing.prepaid.commands import Standing
from services.billing.prepaid.decider import PREPAID, Prepaid
from services.billing.prepaid.events import prepaid_of
from services.billing.subscription.events import subscription_of
from services.billing.subscription.projections import has_ended, subscribes_to
from shared.event_store import Mode
from shared.merging.persons import all_with
from shared.service import Service


async def prepaid_now(service: Service, community_id: UUID, person_id: UUID) -> Prepaid | None:
    """None for who has paid nothing elsewhere, or is no member any more."""
    prepaid: Prepaid | None
    prepaid, _ = await service.handler.state(PREPAID, prepaid_of(person_id), community_id)
    if prepaid is None:
        return None
    since = await gone_since(service, community_id, person_id)
    return None if prepaid.is_gone_by(since) else prepaid


async def prepaid_until(
    service: Service, community_id: UUID, person_id: UUID, offer_id: UUID
) -> datetime | None:
    """Until when they need not pay for the offer, because they have paid elsewhere; it may have passed."""
    prepaid = await prepaid_now(service, community_id, person_id)
    return prepaid.until if prepaid and prepaid.offer_id == offer_id else None


async def mode_of(service: Service, person_id: UUID) -> Mode | None:
    """That in which they were brought."""
    facts = await service.store.read_stream(prepaid_of(person_id))
    return facts[0].meta.mode if facts else None


async def progress_with(
    service: Service, community_id: UUID, prepaid: Prepaid
) -> Progress | Literal["subscribed"] | None:
    """How far the checkout is that was opened last, or that what it sold is still had.

    Never asked for by who holds a connection.
    """
    checkout_id = prepaid.checkout_id
    if checkout_id is None:
        return None
    progress = await progress_of(service, community_id, checkout_id)
    if progress == "completed" and await _has_by(service, community_id, prepaid, checkout_id):
        return "subscribed"
    return progress


async def standing_with(
    connection: Any, prepaid: Prepaid, progress: Progress | Literal["subscribed"] | None
) -> Standing:
    """Whoever has the tier by another offer, or was taken in by who has it, has what the letter would lead to."""
    offers = await offers_among(connection, [prepaid.offer_id])
    offer = offers.get(prepaid.offer_id)
    people = await all_with(connection, prepaid.person_id)
    tier_id = offer.tier_id if offer else None
    if await subscribes_to(connection, people, prepaid.offer_id, tier_id):
        return "subscribed"
    return progress if progress in ("open", "underway", "subscribed") else "none"


async def _has_by(
    service: Service, community_id: UUID, prepaid: Prepaid, checkout_id: UUID
) -> bool:
    """Whether it was bought, which no read model may have heard of yet, and has not ended."""
    bought = await bought_with(service, community_id, checkout_id, [prepaid.person_id])
    lines = bought.basket.lines if bought else ()
    offers = {line.offer_id for line in lines if isinstance(line, OfferLine)}
    if prepaid.offer_id not in offers:
        return False
    subscription_id = subscription_of(order_of(checkout_id), prepaid.offer_id)
    return not await has_ended(service, community_id, subscription_id)
