"""The durable list of intents still to be done, who does them, and what happens when they cannot be done."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from shared import crash, telemetry
from shared.clock import Clock
from shared.command_handler import CommandHandler, Origin
from shared.decider import Decider, Refused, members
from shared.event_log import Wakeup
from shared.event_store import LOST, Connection, Fact, Forget, Keep, Meta, Unavailable
from shared.event_types import EventTypes
from shared.ids import derive, jitter
from shared.projection import stored_names, stream_of
from shared.reaction import (
    Action,
    ActionContext,
    Ask,
    At,
    Call,
    Intent,
    Reaction,
    Transient,
    intents_of,
)
from shared.together import Together

_log = logging.getLogger(__name__)

CLAIM = timedelta(seconds=5)
RENEW_SECONDS = 1.5
MAX_ATTEMPTS = 5
LONGEST_BACK_OFF = 60.0
TOO_MANY_PARKED = 20
PARKED_WINDOW = timedelta(seconds=60)
KINDS = {Ask: "ask", At: "at", Call: "call"}
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)


class Stopped(Exception):
    """So much was parked in so little time that something is wrong with us, not with the items."""


class IntentCodec:
    """Intents to JSON and back, by the names of deciders, commands and actions."""

    def __init__(
        self, deciders: Sequence[Decider[Any, Any, Any]], actions: Sequence[Action]
    ) -> None:
        self._deciders = {decider.name: decider for decider in deciders}
        self._commands = {
            decider.name: EventTypes(members(decider.commands)) for decider in deciders
        }
        self._actions = EventTypes(action.of for action in actions)

    def encode(self, intent: Intent) -> str:
        """The stored form. Reactions are pure, so an Ask of theirs may forget people but brings no keys."""
        if isinstance(intent, Call):
            name, _, data = self._actions.encode(intent.action)
            return orjson.dumps({"action": name, "data": orjson.Fragment(data)}).decode()
        ask = intent.ask if isinstance(intent, At) else intent
        if ask.keep.keys or ask.keep.lookups:
            message = "A reaction cannot bring new keys or lookups."
            raise ValueError(message)
        name, _, data = self._commands[ask.decider.name].encode(ask.command)
        return orjson.dumps(
            {
                "decider": ask.decider.name,
                "stream_id": ask.stream_id,
                "community_id": ask.community_id,
                "expected": ask.expected,
                "command": name,
                "data": orjson.Fragment(data),
                "forget": [
                    {"person_id": f.person_id, "keep_until": f.keep_until} for f in ask.keep.forget
                ],
            },
            default=str,  # asyncpg's UUID is a subclass, which orjson does not take by itself
        ).decode()

    def decode(self, payload: str) -> Ask | Call:
        """The intent, an At as the Ask it has become."""
        raw = orjson.loads(payload)
        data = orjson.dumps(raw["data"])
        if "action" in raw:
            return Call(self._actions.decode(raw["action"], 1, data))
        forget = tuple(
            Forget(
                UUID(f["person_id"]),
                datetime.fromisoformat(f["keep_until"]) if f["keep_until"] else None,
            )
            for f in raw["forget"]
        )
        return Ask(
            self._deciders[raw["decider"]],
            UUID(raw["stream_id"]),
            self._commands[raw["decider"]].decode(raw["command"], 1, data),
            Keep(forget=forget),
            expected=raw.get("expected"),
            community_id=UUID(raw["community_id"]) if raw.get("community_id") else None,
        )


class ReactionReader:
    """Writes the intents of every reaction into the agenda, in the transaction that moves the checkpoint."""

    name = "reactions"
    parks = False
    key = staticmethod(stream_of)

    def __init__(self, reactions: Sequence[Reaction], codec: IntentCodec) -> None:
        self.by_type: dict[type, list[Reaction]] = {}
        for reaction in reactions:
            self.by_type.setdefault(reaction.to, []).append(reaction)
        self._wanted = stored_names(self.by_type)
        self._codec = codec

    def wanted(self, source: str) -> set[str]:
        """The stored names of what reactions listen to."""
        return self._wanted[source]

    async def take(self, connection: Connection, facts: Sequence[Fact]) -> None:
        """Insert the intents; ids are derived, so a replay inserts nothing. A reaction that fails stops the reader."""
        rows = []
        for fact in facts:
            meta = fact.meta._replace(causation_id=fact.event_id).to_json()
            for reaction, number, intent in intents_of(self.by_type, fact):
                rows.append(
                    (
                        derive(fact.event_id, reaction.name, str(number)),
                        KINDS[type(intent)],
                        fact.stream_id,
                        fact.community_id,
                        reaction.name,
                        self._codec.encode(intent),
                        meta,
                        intent.due if isinstance(intent, At) else AT_ONCE,
                    )
                )
        await connection.executemany(
            "INSERT INTO agenda (id, kind, lane, community_id, name, payload, meta, due_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
            rows,
        )


@dataclass(frozen=True, slots=True)
class Item:
    """One claimed row."""

    id: UUID
    community_id: UUID
    name: str
    payload: str
    meta: Meta
    attempts: int


_CLAIM = """
UPDATE agenda SET claimed_until = clock_timestamp() + $3, attempts = attempts + 1
WHERE id IN (
    SELECT id FROM agenda a
    WHERE state = 'waiting' AND due_at <= $1 AND not_before <= clock_timestamp()
      AND (claimed_until IS NULL OR claimed_until < clock_timestamp())
      AND (kind <> 'ask' OR NOT EXISTS (
          SELECT FROM agenda b WHERE b.lane = a.lane AND b.kind = 'ask' AND b.number < a.number
            AND b.state IN ('waiting', 'parked')))
    ORDER BY due_at, number LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING id, community_id, name, payload, meta, attempts, number
"""

_DONE = "UPDATE agenda SET state = 'done', done_at = now(), last_error = NULL WHERE id = ANY ($1)"

# A worker whose claim ran out while it worked has been overtaken, and its word no longer counts.
_RETRY_LATER = """
UPDATE agenda SET claimed_until = NULL, not_before = clock_timestamp() + $3, last_error = $4
WHERE id = $1 AND attempts = $2 AND state = 'waiting'
"""

_PARK = """
WITH lately AS (
    SELECT count(*) AS n FROM agenda WHERE state = 'parked' AND done_at > clock_timestamp() - $4::interval),
parked AS (
    UPDATE agenda SET state = 'parked', claimed_until = NULL, done_at = clock_timestamp(), last_error = $3
    WHERE id = $1 AND attempts = $2 AND state = 'waiting' AND (SELECT n FROM lately) < $5)
SELECT n FROM lately
"""


# What is being marked done just now needs no renewal, and two who wait for each other's rows would be a deadlock.
_RENEW = """
UPDATE agenda SET claimed_until = clock_timestamp() + $3 WHERE id IN (
    SELECT id FROM agenda JOIN unnest($1::uuid[], $2::int[]) AS mine (id, attempts) USING (id, attempts)
    WHERE state = 'waiting' AND claimed_until IS NOT NULL FOR UPDATE OF agenda SKIP LOCKED)
"""


class AgendaWorker:
    """Claims what is due in a short transaction, renews the claim while it does it, marks it done.

    Whoever dies leaves its claims to run out, so that others go on within seconds; whoever is stopped gives them back.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        handler: CommandHandler,
        codec: IntentCodec,
        actions: Sequence[Action],
        clock: Clock,
        *,
        service: Any,
        gateways: Mapping[str, Any],
        concurrency: int = 16,
    ) -> None:
        self._pool = pool
        self._handler = handler
        self._codec = codec
        self._actions = {action.of: action for action in actions}
        self._clock = clock
        self._service = service
        self._gateways = gateways
        self._concurrency = concurrency
        self._held: dict[UUID, int] = {}  # what is being done, and which attempt that is
        self._done = Together(self._mark_done)

    async def run(self, wakeup: Wakeup) -> None:
        """Work until cancelled; Stopped when too much was parked. A database that goes away is waited out."""
        running: set[asyncio.Task[None]] = set()
        renewing = asyncio.create_task(self._renew())
        try:
            while True:
                bell = wakeup.bell("agenda")
                items = await self._claim_or_wait(self._concurrency - len(running))
                running |= {asyncio.create_task(self._do(item)) for item in items}
                rung = asyncio.create_task(wakeup.wait(bell, within=0.2))
                await asyncio.wait({*running, rung}, return_when=asyncio.FIRST_COMPLETED)
                rung.cancel()
                done = {task for task in running if task.done()}
                running -= done
                for task in done:
                    task.result()
        finally:
            for task in (*running, renewing):
                task.cancel()
            await asyncio.gather(*running, renewing, return_exceptions=True)
            await self._extend(timedelta(0))

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self._extend(CLAIM)

    async def _extend(self, by: timedelta) -> None:
        """Keep what is held for so much longer; nothing longer gives it back."""
        if self._held:
            await self._mark(_RENEW, list(self._held), list(self._held.values()), by)

    async def step(self) -> int:
        """Do what is due now, at most `concurrency` items; returns how many were tried."""
        items = await self._claim(self._concurrency)
        await asyncio.gather(*(self._do(item) for item in items))
        return len(items)

    async def _claim_or_wait(self, free: int) -> list[Item]:
        try:
            return await self._claim(free) if free else []
        except LOST as error:
            _log.warning("the agenda waits for the database: %s", error)
            await asyncio.sleep(0.5)
            return []

    async def _claim(self, most: int) -> list[Item]:
        rows = await self._pool.fetch(_CLAIM, self._clock.now(), most, CLAIM)
        rows.sort(key=lambda row: row["number"])
        self._held |= {row["id"]: row["attempts"] for row in rows}
        made = [(*row[:4], Meta.from_json(row["meta"]), row["attempts"]) for row in rows]
        return [Item(*one) for one in made]

    async def _do(self, item: Item) -> None:
        await self._try(item)
        self._held.pop(item.id, None)

    async def _try(self, item: Item) -> None:
        try:
            with telemetry.span(f"agenda {item.name}", item.meta.traceparent):
                await self._perform(item)
        except (Transient, Unavailable, *LOST) as error:
            telemetry.count("agenda.retries", name=item.name)
            await self._retry_later(item, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the item keeps it and says so
            hopeless = item.attempts >= MAX_ATTEMPTS
            if not isinstance(error, Refused):
                _log.exception("%s failed (try %d of %d)", item.name, item.attempts, MAX_ATTEMPTS)
            await (self._park(item, error) if hopeless else self._retry_later(item, error))
        else:
            await self._done.ask(item.id)

    async def _perform(self, item: Item) -> None:
        intent = self._codec.decode(item.payload)
        command_id = item.id
        if isinstance(intent, Call):
            action = intent.action
            context = ActionContext(
                key=item.id,
                attempt=item.attempts,
                community_id=item.community_id,
                now=self._clock.now(),
                service=self._service,
                gateways=self._gateways,
            )
            with telemetry.span(f"call {type(action).__name__}"):
                following = await self._actions[type(action)].perform(action, context)
            crash.point(f"gateway.answered:{type(intent.action).__name__}")
            if following is None:
                return
            intent, command_id = following, derive(item.id, "next")
        origin = Origin(
            command_id=command_id,
            community_id=item.community_id,
            at=self._clock.now(),
            meta=item.meta._replace(traceparent=telemetry.traceparent()),
        )
        await self._handler.handle([intent], origin)
        crash.point("agenda.asked")

    async def _retry_later(self, item: Item, error: BaseException) -> None:
        longest = min(LONGEST_BACK_OFF, 0.25 * 2 ** min(item.attempts, 20))
        delay = timedelta(seconds=getattr(error, "after", None) or longest / 2 * (1 + jitter()))
        await self._mark(_RETRY_LATER, item.id, item.attempts, delay, _sentence(error))

    async def _park(self, item: Item, error: BaseException) -> None:
        lately = await self._mark(
            _PARK, item.id, item.attempts, _sentence(error), PARKED_WINDOW, TOO_MANY_PARKED
        )
        if lately is not None and lately >= TOO_MANY_PARKED:
            await self._retry_later(item, error)
            raise Stopped(f"{lately} agenda items were parked lately, and now this: {error!r}")
        telemetry.count("agenda.parked", name=item.name)

    async def _mark_done(self, ids: Sequence[UUID]) -> Sequence[UUID]:
        await self._mark(_DONE, ids)
        return ids

    async def _mark(self, statement: str, *parameters: object) -> Any:
        try:
            return await self._pool.fetchval(statement, *parameters)
        except LOST:
            # The claim runs out by itself, and the item is tried again.
            telemetry.count("agenda.lost_marks")


def _sentence(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:2_000]


async def next_due(pool: asyncpg.Pool) -> datetime | None:
    """When the next waiting item is due, on the business clock."""
    due: datetime | None = await pool.fetchval(
        "SELECT min(due_at) FROM agenda WHERE state = 'waiting'"
    )
    return due


async def unsettled(pool: asyncpg.Pool) -> list[asyncpg.Record]:
    """Parked items, oldest first: id, name, community, attempts, last error."""
    return await pool.fetch(
        "SELECT id, name, community_id, attempts, last_error, due_at FROM agenda WHERE state = 'parked' ORDER BY number"
    )


async def retry(pool: asyncpg.Pool, item_id: UUID) -> bool:
    """Try a parked item once more; False when it is not parked. Its attempts go on counting: it is no first try."""
    done = await pool.execute(
        "UPDATE agenda SET state = 'waiting', not_before = clock_timestamp(), done_at = NULL"
        " WHERE id = $1 AND state = 'parked'",
        item_id,
    )
    return bool(done == "UPDATE 1")


async def discard(pool: asyncpg.Pool, item_id: UUID) -> bool:
    """Give a parked item up, so that what waits behind it may go on; False when it is not parked."""
    done = await pool.execute(
        "UPDATE agenda SET state = 'discarded', done_at = clock_timestamp() WHERE id = $1 AND state = 'parked'",
        item_id,
    )
    return bool(done == "UPDATE 1")
