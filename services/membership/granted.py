"""Which benefits a person has, waits for or has had, put together as of now from what tiers give and who may enter."""

from services.membership import grants
from services.membership.access.projections import bought_by, reasons_of
from services.membership.chat.projections import seat_now
from services.membership.chat_server.projections import chat_server_now
from services.membership.grant.projections import offered_by, shelf_of
from services.membership.grants import Grant, Handed, Key
from services.membership.group.projections import groups_now
from services.membership.group_seat.projections import group_seat_now
from shared.http import Caller
from shared.ids import PersonId


async def grants_now(caller: Caller, person_id: PersonId) -> list[Grant]:
    """One record for each benefit that the person has, waits for or has had, as of now."""
    async with caller.read() as connection:
        reasons = await reasons_of(connection, person_id)
        bought = await bought_by(connection, person_id, caller.now)
        offered = await offered_by(connection, {reason.tier_id for reason in reasons})
        shelf = await shelf_of(connection, {item.content_id for item in bought})
    handed = await _on_chat(caller, person_id) | await _in_groups(caller, person_id)
    return grants.grants_of(offered, reasons, bought, shelf, handed, caller.now)


async def _on_chat(caller: Caller, person_id: PersonId) -> dict[Key, Handed]:
    """The roles that the person has on the community's server, or is to have there."""
    server, _ = await chat_server_now(caller.service, caller.community_id)
    seat = await seat_now(caller.service, caller.community_id, person_id)
    roles = {one.role for one in server.roles} | {
        role for place, role in seat.held if place == server.server
    }
    return {
        ("chat_role", role): grants.on_chat(
            role,
            seat.stuck,
            is_linked=seat.link_id is not None,
            has=(server.server, role) in seat.held,
        )
        for role in roles
    }


async def _in_groups(caller: Caller, person_id: PersonId) -> dict[Key, Handed]:
    """The groups whose door the person has, is to have, or is to leave."""
    groups, _ = await groups_now(caller.service, caller.community_id)
    seat = await group_seat_now(caller.service, caller.community_id, person_id)
    found: dict[Key, Handed] = {}
    for group_id in groups.doors:
        invite = seat.invites.get(group_id)
        found["group", str(group_id)] = grants.in_group(
            invite.problem if invite else None,
            has=group_id in seat.inside and not (invite and invite.stage == "unsure"),
            has_number=seat.has_number,
            is_to_leave=group_id in seat.removals,
        )
    return found
