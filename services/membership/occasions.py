"""How it stands with what may be spoken of: a ritual's occurrence, a gathering, an item of content."""

from collections.abc import Sequence
from uuid import UUID

from services.membership.access.projections import Standing as Access
from services.membership.audience.projections import holds_ticket_to
from services.membership.content.projections import opening_now
from services.membership.feedback.events import Delivered, Occasion, Standing
from services.membership.feedback.projections import gathering_of
from services.membership.ritual.projections import Standing as OccurrenceStanding
from services.membership.ritual.projections import occurrence_for
from shared.decider import NotFound
from shared.http import Caller
from shared.ids import Label

NOTHING = Access(frozenset(), None, 0)
"""What somebody may enter of whom nothing is known."""

STANDINGS: dict[OccurrenceStanding, Standing] = {
    "planned": "to_come",
    "begun": "to_come",
    "held": "delivered",
    "missed": "missed",
    "skipped": "cancelled",
}


async def occasion_now(
    caller: Caller,
    delivered: Delivered,
    people: Sequence[UUID] = (),
    access: Access = NOTHING,
    *,
    is_member: bool = False,
) -> Occasion:
    """How it stands with a delivery, for who is all of these people and may enter what `access` says."""
    match delivered.about:
        case "ritual":
            return await _of_ritual(caller, delivered, access, is_member=is_member)
        case "gathering":
            return await _of_gathering(caller, delivered.about_id, people)
        case "content":
            return await _of_content(caller, delivered.about_id, access, is_member=is_member)


async def name_now(caller: Caller, delivered: Delivered) -> Label:
    """What it is called; NotFound where there is nothing of the kind, or no more."""
    occasion = await occasion_now(caller, delivered)
    if occasion.name is None:
        raise NotFound("delivery_not_found", "There is nothing of the kind.")
    return occasion.name


async def _of_ritual(
    caller: Caller, delivered: Delivered, access: Access, *, is_member: bool
) -> Occasion:
    async with caller.read() as connection:
        found = delivered.on and await occurrence_for(
            connection, delivered.about_id, delivered.on, is_member=is_member, tiers=access.tiers
        )
    if not found:
        return Occasion("unknown")
    name, standing, planned_at, is_theirs = found
    return Occasion(STANDINGS[standing], planned_at, is_theirs, name)


async def _of_gathering(caller: Caller, gathering_id: UUID, people: Sequence[UUID]) -> Occasion:
    async with caller.read() as connection:
        told = await gathering_of(connection, gathering_id)
        comes = await holds_ticket_to(connection, gathering_id, people)
    if told is None:
        return Occasion("unknown")
    standing: Standing = "delivered" if told.ends_at <= caller.now else "to_come"
    standing = "cancelled" if told.cancelled else standing
    return Occasion(standing, told.ends_at, comes, told.name)


async def _of_content(
    caller: Caller, content_id: UUID, access: Access, *, is_member: bool
) -> Occasion:
    try:
        name, opens_at = await opening_now(
            caller.service, caller.community_id, content_id,
            is_member=is_member, tiers=access.tiers, bought=access.contents,
        )  # fmt: skip
    except NotFound:
        return Occasion("unknown")
    is_to_come = opens_at is not None and opens_at > caller.now
    standing: Standing = "to_come" if is_to_come else "delivered"
    return Occasion(standing, opens_at, opens_at is not None, name)
