"""Read, fold, decide, append.

Commands on one stream of one process share a lane: they are decided one after another on the state each leaves
behind, and stored as one write.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID

from shared import telemetry
from shared.appender import MAX_COMMANDS, Appender
from shared.clock import monotonic
from shared.decider import Decider, NotFound, Refused, members
from shared.event_store import (
    Appended,
    CommandRecord,
    Conflicting,
    EventStore,
    Keep,
    Meta,
    Mode,
    NewEvent,
    Repeated,
    StreamWrite,
    Taken,
    Unavailable,
    Verdict,
    Write,
)
from shared.event_types import TooLarge, UnknownType
from shared.ids import derive
from shared.reaction import NOTHING, Ask

PATIENCE = 5.0
MAX_LANES = 5_000


class Reused(Refused):
    """The idempotency key was used for another request (422)."""


class Claimed(Refused):
    """A lookup belongs to somebody else, or the person was erased (409)."""


class VersionMismatch(Refused):
    """If-Match names another version than the stream's (412)."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asks, when and why. `fingerprint` tells one request under a command id from another."""

    command_id: UUID
    community_id: UUID
    at: datetime
    meta: Meta
    fingerprint: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """The version and position of the first ask's stream after it, and the last event of it that was published.

    A repeat of the same command answers the same.
    """

    version: int
    position: int
    published: tuple[str, int] | None = None


@dataclass(slots=True)
class _Lane:
    """What this process believes about one stream, and the requests that wait for it."""

    decider: Decider[Any, Any, Any]
    stream_id: UUID
    state: Any
    version: int = 0
    position: int = 0
    published: tuple[str, int] | None = None
    community_id: UUID | None = None
    mode: Mode | None = None
    loaded: bool = False
    users: int = 0
    pending: list["_Request"] = field(default_factory=list)
    draining: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True, eq=False)
class _Request:
    asks: Sequence[Ask]
    origin: Origin
    answer: asyncio.Future[Answer]

    def keep(self) -> Keep:
        keep = NOTHING
        for ask in self.asks:
            if ask.keep is not NOTHING:
                keep = keep + ask.keep
        return keep


class _Draft(NamedTuple):
    """What a stream would come to, and by what."""

    state: Any
    version: int
    community_id: UUID | None
    mode: Mode | None
    events: tuple[NewEvent, ...] = ()
    bodies: tuple[Any, ...] = ()


@dataclass(slots=True)
class _Plan:
    """What a batch of requests would do to the lanes' states."""

    drafts: dict[UUID, _Draft]
    accepted: list[tuple[_Request, CommandRecord]] = field(default_factory=list)
    refused: list[tuple[_Request, Exception]] = field(default_factory=list)
    unsure: bool = False


class CommandHandler:
    """Decides commands for one service. One instance per process: its lanes are its only cache."""

    def __init__(self, store: EventStore, appender: Appender, topics: Mapping[type, str]) -> None:
        self._store = store
        self._appender = appender
        self._topics = {cls.__name__: topic for cls, topic in topics.items()}
        self._lanes: OrderedDict[UUID, _Lane] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    async def handle(self, asks: Sequence[Ask], origin: Origin) -> Answer:
        """Decide `asks` in order and store all of their events, or nothing.

        Raises Refused (a rule said no, If-Match missed, the key was reused, a claim is taken) and Unavailable.
        """
        request = _Request(asks, origin, asyncio.get_running_loop().create_future())
        lanes = self._enter(asks)
        try:
            if len(lanes) == 1 and not request.keep().lookups and not request.keep().keys:
                lane = lanes[0]
                lane.pending.append(request)
                if not lane.draining:
                    lane.draining = True
                    self._spawn(self._drain(lane))
                return await asyncio.shield(request.answer)
            task = self._spawn(self._alone(lanes, request))
            await asyncio.shield(task)
            return await request.answer
        finally:
            self._leave(lanes)

    async def state(
        self, decider: Decider[Any, Any, Any], stream_id: UUID, community_id: UUID
    ) -> tuple[Any, int]:
        """The stream's state and version as of now, NotFound when it is another's."""
        (lane,) = lanes = self._enter([Ask(decider, stream_id, None)])
        try:
            async with lane.lock:
                await self._refresh(lane)
                if lane.community_id not in (None, community_id):
                    raise _not_found()
                return lane.state, lane.version
        finally:
            self._leave(lanes)

    async def dry_run(self, asks: Sequence[Ask], origin: Origin) -> list[tuple[UUID, Any]]:
        """The events `asks` would make now, each with its stream; nothing is stored and no key is used up."""
        lanes = self._enter(asks)
        request = _Request(asks, origin, asyncio.get_running_loop().create_future())
        try:
            for lane in lanes:
                async with lane.lock:
                    await self._refresh(lane)
            plan = self._plan(_as_asked(lanes, asks), [request])
            for _, error in plan.refused:
                raise error
            return [(key, body) for key, draft in plan.drafts.items() for body in draft.bodies]
        finally:
            self._leave(lanes)

    def _spawn(self, work: Any) -> "asyncio.Task[None]":
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _enter(self, asks: Sequence[Ask]) -> list[_Lane]:
        """The lanes of all streams asked about, in the one order that cannot deadlock."""
        lanes = {ask.stream_id: self._lane(ask) for ask in asks}
        for lane in lanes.values():
            lane.users += 1
        return sorted(lanes.values(), key=lambda lane: lane.stream_id)

    def _lane(self, ask: Ask) -> _Lane:
        lane = self._lanes.get(ask.stream_id)
        if lane is not None and lane.decider is not ask.decider:
            if lane.version or lane.users or lane.draining:
                raise _not_found()
            lane = None  # Somebody asked about what does not exist; that makes it nobody's.
        if lane is None:
            lane = _Lane(ask.decider, ask.stream_id, ask.decider.initial)
            self._lanes[ask.stream_id] = lane
        return lane

    def _leave(self, lanes: Sequence[_Lane]) -> None:
        for lane in lanes:
            lane.users -= 1
            self._lanes.move_to_end(lane.stream_id)
        while len(self._lanes) > MAX_LANES:
            stream_id, oldest = next(iter(self._lanes.items()))
            if oldest.users or oldest.draining:
                break
            del self._lanes[stream_id]

    async def _drain(self, lane: _Lane) -> None:
        try:
            while lane.pending:
                async with lane.lock:
                    batch, lane.pending = lane.pending[:MAX_COMMANDS], lane.pending[MAX_COMMANDS:]
                    await self._settle({lane.stream_id: lane}, _merge_repeats(batch))
        finally:
            lane.draining = False

    async def _alone(self, lanes: Sequence[_Lane], request: _Request) -> None:
        for lane in lanes:
            await lane.lock.acquire()
        try:
            # The first ask's stream is written last, so that its position covers the whole write.
            by_stream = _as_asked(lanes, request.asks)
            await self._settle(dict(reversed(by_stream.items())), [request])
        finally:
            for lane in lanes:
                lane.lock.release()

    async def _settle(self, lanes: Mapping[UUID, _Lane], requests: list[_Request]) -> None:
        """Bring every request to its answer or its refusal; whatever goes wrong ends in their futures."""
        try:
            await self._try_until_settled(lanes, requests)
        except Exception as error:  # noqa: BLE001 - it is told to everybody who waits
            for lane in lanes.values():
                lane.loaded = False
            for request in requests:
                if not request.answer.done():
                    request.answer.set_exception(error)

    async def _try_until_settled(
        self, lanes: Mapping[UUID, _Lane], requests: list[_Request]
    ) -> None:
        deadline = monotonic() + PATIENCE
        fresh = False
        for lane in lanes.values():
            if not lane.loaded:
                await self._refresh(lane)
        while requests:
            plan = self._plan(lanes, requests)
            if plan.unsure and not fresh:
                # A cached state may be behind another process: what it refuses is looked at again.
                fresh = await self._refresh_all(lanes)
                continue
            if plan.refused:
                suspects = [request for request, _ in plan.refused]
                requests = await self._answer_repeats(requests, suspects)
                plan = self._plan(lanes, requests)
            verdict = await self._append(lanes, plan)
            if isinstance(verdict, Repeated):
                requests = await self._answer_repeats(requests, requests)
                fresh = False
            elif isinstance(verdict, Conflicting):
                telemetry.count("append.conflicts")
                if monotonic() > deadline:
                    raise Unavailable("Too many others write the same; try again.")
                fresh = await self._refresh_all(lanes)
            else:
                _refuse(plan)
                return

    async def _append(self, lanes: Mapping[UUID, _Lane], plan: _Plan) -> Verdict | None:
        """Store what was accepted; where it was stored or is taken, those who asked know it."""
        if not plan.accepted:
            return None
        verdict = await self._appender.append(self._write(lanes, plan))
        if isinstance(verdict, Appended):
            self._advance(lanes, plan, verdict.positions)
        elif isinstance(verdict, Taken):
            told = "This already belongs to somebody, or they were erased."
            refusal = Claimed("already_claimed", told)
            plan.refused.extend((request, refusal) for request, _ in plan.accepted)
        return verdict

    async def _refresh_all(self, lanes: Mapping[UUID, _Lane]) -> bool:
        for lane in lanes.values():
            await self._refresh(lane)
        return True

    async def _refresh(self, lane: _Lane) -> None:
        try:
            facts = await self._store.read_stream(lane.stream_id, after=lane.version)
        except UnknownType as error:
            raise Unavailable(f"Written by a newer release: {error}", retry_after=5) from error
        if facts and not isinstance(facts[0].body, members(lane.decider.events)):
            raise _not_found()  # A stream belongs to one decider; this is another's.
        for fact in facts:
            lane.state = lane.decider.evolve(lane.state, fact.body)
            lane.version, lane.position = fact.version, fact.position
            lane.community_id, lane.mode = fact.community_id, fact.meta.mode
            self._publish(lane, fact.type)
        lane.loaded = True

    def _plan(self, lanes: Mapping[UUID, _Lane], requests: Sequence[_Request]) -> _Plan:
        plan = _Plan(
            {
                key: _Draft(lane.state, lane.version, lane.community_id, lane.mode)
                for key, lane in lanes.items()
            }
        )
        for request in requests:
            try:
                self._decide(plan, request)
            except Refused as refusal:
                plan.refused.append((request, refusal))
                plan.unsure = True
            except Exception as error:  # noqa: BLE001 - it is this request's alone
                plan.refused.append((request, error))
        return plan

    def _decide(self, plan: _Plan, request: _Request) -> None:
        """Decide one request on the predicted states; the plan changes only when all of its asks are accepted."""
        drafts: dict[UUID, _Draft] = {}
        numbers = count()
        for ask in request.asks:
            draft = drafts.get(ask.stream_id) or plan.drafts[ask.stream_id]
            drafts[ask.stream_id] = self._follow(draft, ask, request.origin, numbers)
        plan.drafts |= drafts
        first, origin = request.asks[0].stream_id, request.origin
        version = plan.drafts[first].version
        record = CommandRecord(origin.command_id, origin.fingerprint, first, version)
        plan.accepted.append((request, record))

    def _follow(self, draft: _Draft, ask: Ask, origin: Origin, numbers: Iterator[int]) -> _Draft:
        """The draft after one more ask."""
        community_id = ask.community_id or origin.community_id
        if draft.community_id not in (None, community_id):
            raise _not_found()
        if ask.expected not in (None, draft.version):
            version = draft.version
            told = f"The version is {version}."
            raise VersionMismatch("version_mismatch", told, version=version)
        mode = draft.mode or origin.meta.mode
        meta = origin.meta._replace(mode=mode).to_json()
        bodies = ask.decider.decide(ask.command, draft.state)
        events = []
        for body in bodies:
            try:
                name, schema_version, data = self._store.types.encode(body)
            except TooLarge as error:
                raise Refused("too_large", str(error)) from error
            event_id = derive(origin.command_id, "event", str(next(numbers)))
            events.append(NewEvent(event_id, origin.at, name, schema_version, data, meta))
        return _Draft(
            state=ask.decider.fold(bodies, draft.state),
            version=draft.version + len(events),
            community_id=community_id,
            mode=mode if events else draft.mode,
            events=(*draft.events, *events),
            bodies=(*draft.bodies, *bodies),
        )

    def _write(self, lanes: Mapping[UUID, _Lane], plan: _Plan) -> Write:
        keep = NOTHING
        for request, _ in plan.accepted:
            keep = keep + request.keep()
        return Write(
            commands=tuple(record for _, record in plan.accepted),
            streams=tuple(
                StreamWrite(key, draft.community_id, lanes[key].version, draft.events)
                for key, draft in plan.drafts.items()
                if draft.community_id is not None
            ),
            keep=keep,
        )

    def _advance(self, lanes: Mapping[UUID, _Lane], plan: _Plan, positions: Sequence[int]) -> None:
        given = iter(positions)
        reached: dict[tuple[UUID, int], tuple[int, tuple[str, int] | None]] = {}
        for key, lane in lanes.items():
            reached[key, lane.version] = lane.position, lane.published
            draft = plan.drafts[key]
            for version, event in enumerate(draft.events, lane.version + 1):
                lane.position = next(given)
                self._publish(lane, event.type)
                reached[key, version] = lane.position, lane.published
            if draft.events:
                lane.community_id, lane.mode = draft.community_id, draft.mode
            lane.state, lane.version = draft.state, draft.version
        for request, record in plan.accepted:
            answer = Answer(record.version, *reached[record.stream_id, record.version])
            if not request.answer.done():
                request.answer.set_result(answer)

    def _publish(self, lane: _Lane, name: str) -> None:
        topic = self._topics.get(name)
        if topic is not None:
            lane.published = topic, lane.position

    async def _answer_repeats(
        self, requests: Sequence[_Request], suspects: Sequence[_Request]
    ) -> list[_Request]:
        """Answer those whose command was decided before, from the record; returns the others."""
        known = await self._store.commands([request.origin.command_id for request in suspects])
        rest = []
        for request in requests:
            found = known.get(request.origin.command_id)
            if found is None:
                rest.append(request)
                continue
            record, position = found
            if request.answer.done():
                continue
            if record.fingerprint != request.origin.fingerprint:
                request.answer.set_exception(_reused())
            else:
                published = await self._last_published(record)
                request.answer.set_result(Answer(record.version, position, published))
        return rest

    async def _last_published(self, record: CommandRecord) -> tuple[str, int] | None:
        last = await self._store.last_of(record.stream_id, record.version, self._topics)
        return last and (self._topics[last[0]], last[1])


def _as_asked(lanes: Sequence[_Lane], asks: Sequence[Ask]) -> dict[UUID, _Lane]:
    by_stream = {lane.stream_id: lane for lane in lanes}
    return {ask.stream_id: by_stream[ask.stream_id] for ask in asks}


def _not_found() -> NotFound:
    return NotFound("not_found", "There is no such thing here.")


def _reused() -> Reused:
    told = "This Idempotency-Key was used for another request."
    return Reused("idempotency_key_reused", told)


def _refuse(plan: _Plan) -> None:
    for request, error in plan.refused:
        if not request.answer.done():
            request.answer.set_exception(error)


def _merge_repeats(batch: Sequence[_Request]) -> list[_Request]:
    """The same command twice in one batch is decided once; the second gets the answer of the first."""
    first: dict[UUID, _Request] = {}
    for request in batch:
        original = first.setdefault(request.origin.command_id, request)
        if original is request:
            continue
        if original.origin.fingerprint != request.origin.fingerprint:
            request.answer.set_exception(_reused())
        else:
            original.answer.add_done_callback(partial(_copy, waiting=request.answer))
    return list(first.values())


def _copy(done: "asyncio.Future[Answer]", *, waiting: "asyncio.Future[Answer]") -> None:
    if waiting.done():
        return
    error = done.exception()
    if error is not None:
        waiting.set_exception(error)
    else:
        waiting.set_result(done.result())
