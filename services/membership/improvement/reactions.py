"""Who is to hear of what was done is looked for once it is recorded."""

from collections.abc import Iterable

from services.membership.audience.projections import audience_of
from services.membership.ballot.projections import ballots_of
from services.membership.broadcast.events import Segment
from services.membership.crowd import caught_up
from services.membership.feedback.projections import shown_of
from services.membership.improvement import commands, events
from services.membership.improvement.decider import IMPROVEMENT
from services.membership.improvement.projections import improvement_now, wishing
from services.membership.member.projections import standing_of
from services.membership.merging.projections import merged
from services.membership.poll.projections import poll_now
from shared.event_store import Fact
from shared.ids import PersonId
from shared.reaction import Action, ActionContext, Ask, Call, Reaction


def when_improvement_recorded_find_askers(fact: Fact) -> list[Call]:
    return [Call(commands.FindAskers(fact.stream_id))]


REACTIONS = (
    Reaction(
        "membership.improvement.when_improvement_recorded_find_askers",
        events.ImprovementRecorded,
        when_improvement_recorded_find_askers,
    ),
)


async def find_askers(action: commands.FindAskers, context: ActionContext) -> Ask | None:
    """As whoever they are by now: two persons may have become one since."""
    service, community_id = context.service, context.community_id
    improvement = await improvement_now(service, community_id, action.improvement_id)
    if improvement is None or improvement.is_told:
        return None
    await caught_up(context)
    said = await _who_said(improvement.made, context)
    now = {person: await merged(service, community_id, person) for person in said}
    askers = [
        commands.Asker(person, await standing_of(service, community_id, person))
        for person in dict.fromkeys(now.values())
        if person is not None
    ]
    return Ask(IMPROVEMENT, action.improvement_id, commands.TellAskers(tuple(askers)))


async def _who_said(made: events.Made, context: ActionContext) -> Iterable[PersonId]:
    """After an anonymous poll everybody it asks: who gets a letter must not say who voted (ADR 0050).

    Of a delivery whoever staff were shown: by name, or hidden among five (ADR 0059).
    """
    service, community_id = context.service, context.community_id
    if made.leaving is not None:
        async with service.pool.acquire() as connection:
            return await wishing(connection, community_id, made.leaving)
    if made.spoken is not None:
        async with service.pool.acquire() as connection:
            seen = await shown_of(connection, made.spoken.delivered, context.now)
        return [one.person_id for one in seen]
    if made.polled is None:
        return []
    _, terms = await poll_now(service, community_id, made.polled.poll_id)
    async with service.pool.acquire() as connection:
        if terms.secrecy == "anonymous":
            return await audience_of(connection, community_id, Segment(tiers=terms.tiers))
        return [row.person_id for row in await ballots_of(connection, made.polled.poll_id)]


ACTIONS = (Action(of=commands.FindAskers, perform=find_askers),)
