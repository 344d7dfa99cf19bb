"""Who has what is to end is told at once, reminded a week before, and has it no more from its day on."""

from collections.abc import AsyncIterator, Callable, Sequence
from uuid import UUID

from services.membership.access.projections import (
    FreeAccess,
    free_access_to,
    has_begun,
    people_with_access,
)
from services.membership.crossing import commands
from services.membership.crossing.decider import CROSSING, stream_of
from services.membership.crossing.events import Change
from services.membership.crowd import caught_up, tell_each
from services.membership.member.events import MemberJoined
from services.membership.member.projections import standing_of
from services.membership.tier.events import TierId
from services.membership.transition.events import (
    Plan,
    TransitionAnnounced,
    TransitionCalledOff,
    TransitionCarriedOut,
    TransitionPostponed,
    TransitionRecalled,
)
from services.membership.transition.projections import transition_now, transition_of
from shared.event_store import Fact
from shared.ids import PersonId
from shared.reaction import Action, ActionContext, Ask, Call, Reaction, Transient


def _address(task: commands.Task) -> Callable[[Fact], list[Call]]:
    return lambda fact: [
        Call(commands.AddressEverybody(fact.body.transition_id, fact.body.plan, task))
    ]


def when_member_joined_address_newcomer(fact: Fact) -> list[Call]:
    tiers = fact.body.free_tiers
    newcomer = commands.AddressNewcomer(PersonId(fact.stream_id), fact.event_id, tiers)
    return [Call(newcomer)] if tiers else []


REACTIONS = (
    Reaction("membership.crossing.when_announced_tell", TransitionAnnounced, _address("tell")),
    Reaction("membership.crossing.when_postponed_tell", TransitionPostponed, _address("tell")),
    Reaction("membership.crossing.when_recalled_recall", TransitionRecalled, _address("recall")),
    Reaction("membership.crossing.when_called_off_drop", TransitionCalledOff, _address("call_off")),
    Reaction("membership.crossing.when_carried_out_end", TransitionCarriedOut, _address("end")),
    Reaction(
        "membership.crossing.when_member_joined_address_newcomer",
        MemberJoined,
        when_member_joined_address_newcomer,
    ),
)


async def address_everybody(action: commands.AddressEverybody, context: ActionContext) -> None:
    """Of a day that is another by now nothing is said: what made it another says so itself."""
    await caught_up(context)
    plan, community_id = action.plan, context.community_id
    async with context.service.pool.acquire() as connection:
        holders = await free_access_to(connection, community_id, plan.tiers)
        subscribed = {*await people_with_access(connection, community_id, [plan.offer_tier])}

    async def told() -> AsyncIterator[tuple[PersonId, Sequence[Ask]]]:
        for held in holders:
            has_it = held.person_id in subscribed
            command = await _of_one(action, held, context, subscribed=has_it)
            if command is not None:
                yield held.person_id, [_ask(command)]

    await tell_each(told(), context)


async def _of_one(
    action: commands.AddressEverybody, held: FreeAccess, context: ActionContext, *, subscribed: bool
) -> commands.CrossingCommand | None:
    service, community_id = context.service, context.community_id
    plan, change = action.plan, _change(action.transition_id, action.plan)
    about = held.person_id, await standing_of(service, community_id, held.person_id), change
    if action.task == "call_off":
        return commands.DropChange(*about)
    if action.task == "end":
        return commands.EndFreeAccess(*about, held.reason_id, _left(held.tiers, plan), subscribed)
    now = await transition_now(service, community_id)
    if now is None or not now.waits_for(action.transition_id, plan.effective_from):
        return None
    if action.task == "tell":
        return commands.TellOfChange(*about, subscribed)
    return commands.RecallChange(*about, subscribed)


def _left(tiers: Sequence[TierId], plan: Plan) -> tuple[TierId, ...]:
    """What else somebody has for having joined stays theirs; the light tier comes to it."""
    stays = [each for each in tiers if each not in plan.tiers]
    return tuple(dict.fromkeys([*stays, *([plan.light] if plan.light else [])]))


def _change(transition_id: UUID, plan: Plan) -> Change:
    return Change(
        transition_id, plan.tier, plan.offer, plan.light_name, plan.effective_from, plan.words
    )


def _ask(command: commands.CrossingCommand) -> Ask:
    return Ask(CROSSING, stream_of(command.person_id), command)


async def address_newcomer(action: commands.AddressNewcomer, context: ActionContext) -> Ask | None:
    """Looked at once what they joined for is theirs, so that either this or who ends it for all sees them."""
    service, community_id, person_id = context.service, context.community_id, action.person_id
    if await transition_of(service, community_id, action.tiers) is None:
        return None
    if not await has_begun(service, community_id, person_id, action.reason_id):
        message = "What they joined for is not theirs yet."
        raise Transient(message)
    now = await transition_of(service, community_id, action.tiers)
    if now is None:
        return None
    change = _change(now.transition_id, now.plan)
    about = person_id, await standing_of(service, community_id, person_id), change
    if now.phase == "announced":
        return _ask(commands.TellOfChange(*about))
    left = _left(action.tiers, now.plan)
    return _ask(commands.EndFreeAccess(*about, action.reason_id, left, subscribed=False))


ACTIONS = (
    Action(of=commands.AddressEverybody, perform=address_everybody),
    Action(of=commands.AddressNewcomer, perform=address_newcomer),
)
