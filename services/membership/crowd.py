"""Asking one thing of many people within one action, each by a command of their own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from services.membership.access.projections import people_with_access
from services.membership.community.projections import community_now
from shared.command_handler import Origin
from shared.event_store import Meta
from shared.ids import PersonId, derive
from shared.reaction import ActionContext, Ask, Transient
from shared.service import Service

LOOKS = 50


async def caught_up(context: ActionContext) -> None:
    """Until the read models know all that was there when this began; Transient while they are far behind."""
    service: Service = context.service
    end = await service.pool.fetchval("SELECT coalesce(max(position), 0) FROM events")
    for _ in range(LOOKS):
        if await service.has_read(service.name, end, "", 0):
            break
        await asyncio.sleep(0.1)
    else:
        raise Transient("The read models are behind.")


async def _everybody(
    context: ActionContext, more: Callable[[Any, UUID], Awaitable[Sequence[PersonId]]]
) -> list[PersonId]:
    """Who had access when this began, and who `more` finds."""
    await caught_up(context)
    async with context.service.pool.acquire() as connection:
        people = {
            *await people_with_access(connection, context.community_id),
            *await more(connection, context.community_id),
        }
    return sorted(people)


async def tell_each(
    told: AsyncIterator[tuple[UUID, Sequence[Ask]]], context: ActionContext
) -> None:
    """Repeating the action tells nobody twice."""
    community = await community_now(context.service, context.community_id)
    meta = Meta(context.key, context.key, mode=community.mode)
    async for one, asks in told:
        command_id = derive(context.key, str(one))
        origin = Origin(command_id, context.community_id, context.now, meta)
        await context.service.handler.handle(asks, origin)


async def look_at_everybody(
    context: ActionContext,
    more: Callable[[Any, UUID], Awaitable[Sequence[PersonId]]],
    look: Callable[[PersonId, ActionContext], Awaitable[Ask | None]],
) -> None:
    """Whoever gets access while this runs is looked at for that; the lists must only know who had it before."""

    async def looks() -> AsyncIterator[tuple[PersonId, Sequence[Ask]]]:
        for person_id in await _everybody(context, more):
            ask = await look(person_id, context)
            if ask is not None:
                yield person_id, [ask]

    await tell_each(looks(), context)
