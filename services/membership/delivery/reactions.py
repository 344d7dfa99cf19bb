"""What is heard of a community is delivered to its endpoints; and what follows when one does not take it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import assert_never

import orjson

from services.membership.community.projections import community_now
from services.membership.delivery import commands, events
from services.membership.delivery.commands import Outcome
from services.membership.delivery.decider import DELIVERY, PATIENCE, Queue, verdict_of
from services.membership.endpoint.events import EndpointId, GivenUpCause
from services.membership.endpoint.projections import EndpointNow, endpoint_now, secret_of
from services.membership.gateways.gateway import Failure, Parcel, Receipt, Round
from services.membership.gateways.queues import Claimed, Moved, Queues, Upcoming, forget_excerpts
from services.membership.member.events import PersonErased
from services.membership.member.projections import person_of
from shared import crash, telemetry
from shared.command_handler import Origin
from shared.decider import NotFound
from shared.event_store import Fact, Meta
from shared.ids import jitter
from shared.reaction import Action, ActionContext, Ask, Call, Reaction
from shared.service import Service

PING = "io.tessera.membership.Ping"
OUTCOMES: dict[Failure | None, Outcome] = {None: "taken", "gone": "gone"}
IN_TURN = 50


async def deliver(service: Service, beat: Callable[[], None]) -> None:
    """The loop `webhooks`: many queues at a time, each by one worker, each in order."""
    queues = Queues(service.pool)

    async def serve(queue: Claimed) -> None:
        async with service.gateways["courier"].round() as trip:
            await _take_turn(service, queues, trip, queue)

    await queues.hand_out(serve, service.wakeup, beat)


async def _take_turn(service: Service, queues: Queues, trip: Round, queue: Claimed) -> None:
    """Each event meets the endpoint as it is at that moment: changed, switched off or removed."""
    chosen = await _endpoint(service, queue)
    if chosen is None:
        await queues.finish(queue)
        return
    upcoming = await _upcoming(service, queues, queue, chosen)
    for following in upcoming:
        if following.body is None:
            continue
        endpoint = await _endpoint(service, queue)
        if endpoint is None or endpoint.types != chosen.types:
            return
        if not endpoint.enabled and queue.kind != "ping":
            return
        receipt = await trip.deliver(_parcel(service, queue, endpoint, following))
        crash.point("webhook.answered")
        moved = await _judged(service, queue, receipt, following)
        if not await queues.record(queue, following, receipt, moved):
            return
        telemetry.count(f"webhooks.{moved.status}")
        if moved.status != "delivered":
            return
        queue = replace(queue, position=moved.position, attempts=moved.attempts)
    if not upcoming:
        await queues.end_passed(queue)
    elif upcoming[-1].body is None:
        await queues.pass_over(queue, upcoming[-1].position)


async def _endpoint(service: Service, queue: Claimed) -> EndpointNow | None:
    try:
        return await endpoint_now(service, queue.community_id, EndpointId(queue.endpoint_id))
    except NotFound:
        return None


async def _upcoming(
    service: Service, queues: Queues, queue: Claimed, endpoint: EndpointNow
) -> list[Upcoming]:
    if queue.kind != "ping":
        return await queues.upcoming(queue, endpoint.types, IN_TURN)
    event = {
        "specversion": "1.0",
        "id": str(queue.queue_id),
        "source": "io.tessera.membership",
        "type": PING,
        "subject": str(queue.endpoint_id),
        "time": service.clock.now().isoformat(),
        "datacontenttype": "application/json",
        "communityid": str(queue.community_id),
        "data": {},
    }
    return [Upcoming(queue.position, queue.queue_id, PING, orjson.dumps(event).decode())]


def _parcel(service: Service, queue: Claimed, endpoint: EndpointNow, following: Upcoming) -> Parcel:
    endpoint_id = EndpointId(queue.endpoint_id)
    seeds = endpoint.seeds_at(service.clock.now())
    return Parcel(
        url=endpoint.url or "",
        message_id=following.event_id,
        body=(following.body or "").encode(),
        secrets=tuple(secret_of(service, endpoint_id, seed) for seed in seeds),
    )


async def _judged(service: Service, queue: Claimed, receipt: Receipt, tried: Upcoming) -> Moved:
    """Where the queue stands now. That the endpoint is given up is an event before it is a row."""
    state = Queue(queue.kind, queue.attempts)
    outcome = OUTCOMES.get(receipt.failure, "refused")
    attempt = commands.RecordAttempt(outcome, receipt.retry_after, int(jitter() * 1000))
    (event,) = PATIENCE.decide(attempt, state)
    attempts = PATIENCE.evolve(state, event).attempts
    is_last = queue.kind == "ping" or tried.position == queue.upto
    match event:
        case events.Delivered():
            return Moved(tried.position, attempts, timedelta(0), "delivered", done=is_last)
        case events.PutOff(wait):
            return Moved(queue.position, attempts, wait, "retrying")
        case events.Dropped():
            return Moved(queue.position, attempts, None, "failed", done=True)
        case events.GivenUp(cause):
            await _give_up(service, queue, cause, tried)
            return Moved(queue.position, attempts, None, "failed", done=queue.kind == "ping")
        case _:
            assert_never(event)


async def _give_up(service: Service, queue: Claimed, cause: GivenUpCause, tried: Upcoming) -> None:
    """Owners who have joined have an address; the others see it where the endpoint is."""
    community = await community_now(service, queue.community_id)
    people = [
        await person_of(service, queue.community_id, owner) for owner in sorted(community.owners)
    ]
    endpoint_id = EndpointId(queue.endpoint_id)
    tell = tuple(person for person in people if person is not None)
    give_up = commands.GiveUp(endpoint_id, queue.run, cause, tell)
    verdict = verdict_of(endpoint_id, queue.run)
    origin = Origin(
        command_id=verdict,
        community_id=queue.community_id,
        at=service.clock.now(),
        meta=Meta(verdict, tried.event_id, mode=community.mode),
    )
    await service.handler.handle([Ask(DELIVERY, verdict, give_up)], origin)


LOOPS = (("webhooks", deliver),)


def when_person_erased_forget_excerpts(fact: Fact) -> list[Call]:
    erased: PersonErased = fact.body
    return [Call(commands.ForgetExcerpts(erased.person_id))]


REACTIONS = (
    Reaction(
        name="membership.delivery.when_person_erased_forget_excerpts",
        to=PersonErased,
        react=when_person_erased_forget_excerpts,
    ),
)


async def forget(action: commands.ForgetExcerpts, context: ActionContext) -> None:
    """Whom an answer speaks of nobody can tell, so none of the community's is kept."""
    del action
    await forget_excerpts(context.service.pool, context.community_id)


ACTIONS = (Action(of=commands.ForgetExcerpts, perform=forget),)
