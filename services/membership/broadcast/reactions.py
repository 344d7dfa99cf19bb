"""When it is due, who is meant is fixed; then their copies are released, so many a minute."""

from services.membership.audience.projections import audience_of
from services.membership.broadcast import commands, events
from services.membership.broadcast.decider import BROADCAST, author_of
from services.membership.broadcast.projections import broadcast_now
from services.membership.crowd import caught_up
from services.membership.pacing import PAUSE
from shared.erasure import forgetting
from shared.event_store import Fact
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction


def when_broadcast_scheduled_start(fact: Fact) -> list[At]:
    scheduled: events.BroadcastScheduled = fact.body
    start = commands.StartBroadcast(scheduled.due)
    return [At(scheduled.due, Ask(BROADCAST, fact.stream_id, start))]


def when_broadcast_started_take_audience(fact: Fact) -> list[Call]:
    return [Call(commands.TakeAudience(fact.stream_id))]


def when_audience_fixed_release_copies(fact: Fact) -> list[Ask]:
    return [Ask(BROADCAST, fact.stream_id, commands.ReleaseCopies(1))]


def when_copies_released_release_more(fact: Fact) -> list[At]:
    released: events.CopiesReleased = fact.body
    more = commands.ReleaseCopies(released.number + 1)
    return [At(fact.at + PAUSE, Ask(BROADCAST, fact.stream_id, more))]


def when_text_forgotten_forget(fact: Fact) -> list[Ask]:
    """No backup brings it back: what is forgotten is forgotten again wherever keys are restored."""
    return [forgetting(author_of(fact.stream_id), fact.at)]


REACTIONS = (
    Reaction(
        name="membership.broadcast.when_text_forgotten_forget",
        to=events.TextForgotten,
        react=when_text_forgotten_forget,
    ),
    Reaction(
        name="membership.broadcast.when_broadcast_scheduled_start",
        to=events.BroadcastScheduled,
        react=when_broadcast_scheduled_start,
    ),
    Reaction(
        name="membership.broadcast.when_broadcast_started_take_audience",
        to=events.BroadcastStarted,
        react=when_broadcast_started_take_audience,
    ),
    Reaction(
        name="membership.broadcast.when_audience_fixed_release_copies",
        to=events.AudienceFixed,
        react=when_audience_fixed_release_copies,
    ),
    Reaction(
        name="membership.broadcast.when_copies_released_release_more",
        to=events.CopiesReleased,
        react=when_copies_released_release_more,
    ),
)


async def take_audience(action: commands.TakeAudience, context: ActionContext) -> Ask | None:
    """Whom something speaks against is taken too: the sender says of each why they were not written to."""
    service, broadcast_id = context.service, action.broadcast_id
    broadcast = await broadcast_now(service, context.community_id, broadcast_id)
    if broadcast.standing != "sending" or broadcast.is_fixed:
        return None
    await caught_up(context)
    async with service.pool.acquire() as connection:
        people = await audience_of(connection, context.community_id, broadcast.segment)
    fix = commands.FixAudience(tuple(people), service.settings.announcement_letters)
    return Ask(BROADCAST, broadcast_id, fix)


ACTIONS = (Action(of=commands.TakeAudience, perform=take_audience),)
