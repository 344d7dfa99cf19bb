"""What somebody has paid elsewhere, and how they stand with what follows it: read strongly, but for subscriptions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.billing.checkout.projections import progress_of
from services.billing.offer.projections import offers_among
from services.billing.prepaid.commands import Standing
from services.billing.prepaid.decider import PREPAID, Prepaid
from services.billing.prepaid.events import prepaid_of
from services.billing.subscription.projections import subscribes_to
from shared.event_store import Mode
from shared.merging.persons import all_of
from shared.service import Service


async def prepaid_now(service: Service, community_id: UUID, person_id: UUID) -> Prepaid | None:
    """None for who has paid nothing elsewhere, or is no member any more."""
    prepaid: Prepaid | None
    prepaid, _ = await service.handler.state(PREPAID, prepaid_of(person_id), community_id)
    return None if prepaid is None or prepaid.is_gone else prepaid


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


async def standing_with(
    service: Service, connection: Any, community_id: UUID, prepaid: Prepaid
) -> Standing:
    """Whoever has the tier by another offer has what the letter would lead to."""
    offers = await offers_among(connection, [prepaid.offer_id])
    offer = offers.get(prepaid.offer_id)
    people = await all_of(connection, prepaid.person_id)
    tier_id = offer.tier_id if offer else None
    if await subscribes_to(connection, people, prepaid.offer_id, tier_id):
        return "subscribed"
    if prepaid.checkout_id is None:
        return "none"
    progress = await progress_of(service, community_id, prepaid.checkout_id)
    # What was bought and has ended by now is had no more.
    return progress if progress in ("open", "underway") else "none"
