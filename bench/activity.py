"""How many signals of activity does one API process record in a second, told in batches, as a bot tells them?"""

from datetime import timedelta
from itertools import count
from random import Random
from typing import get_args
from uuid import UUID

from bench.command import cpu
from bench.crowd import ROOT, Crowd, Generator, line
from bench.measure import ROUNDS, Goal, Question, Result, Samples, scaled, until, verify
from bench.stack import Stack, query
from services.membership.activity.events import Kind
from shared.clock import real_now

QUESTION = Question("activity_through_one_api", "signals/s", Goal(">=", 5_000))

PEOPLE = scaled(2_000, least=20)
BATCH = 100
BATCHES = scaled(500, least=8)
CONNECTIONS = 8
OVER = timedelta(hours=2)

JOINED = "SELECT array_agg(person_id) FROM membership.members_v1 WHERE standing = 'joined'"
RECORDED = (
    "SELECT count(*), count(DISTINCT data::jsonb #>> '{signal,signal_id}') FROM membership.events"
    " WHERE type = 'SignalRecorded'"
)
FOLDED = "SELECT coalesce(sum(times), 0) FROM membership.activity_v1"


async def run(stack: Stack) -> list[Result]:
    stack.migrate("membership")
    api = stack.api("membership")
    stack.worker("membership")
    crowd, generator = Crowd(stack), Generator(stack.folder)
    await crowd.open_community()
    port = stack.settings.ports["membership"]
    await generator.send(await crowd.newcomers(PEOPLE, port), port, CONNECTIONS)
    bot = Bot(crowd, await _people(stack.database_url), port)
    rates, costs = Samples(), Samples()
    for round_ in range(ROUNDS + 1):
        lines, spent = bot.tells(BATCHES), cpu(api)
        seconds = await generator.send(lines, port, CONNECTIONS)
        told = (round_ + 1) * BATCHES * BATCH
        verify("signals", await query(stack.database_url, RECORDED), (told, told))
        await _folded(stack.database_url, told)
        if round_:  # the first warms up
            rates.values.append(BATCHES * BATCH / seconds)
            costs.values.append(1e6 * (cpu(api) - spent) / (BATCHES * BATCH))
    return [
        QUESTION.figure(
            rates.median,
            rates,
            f"{PEOPLE} members, batches of {BATCH} over {CONNECTIONS} connections, every signal another, seen within"
            f" {OVER.total_seconds() / 3600:g} hours; one API process, {costs.median:.0f} us of its CPU a signal, while"
            f" one worker folds and tells them; load from {generator.name}",
        )
    ]


class Bot:
    """What a community's own bot saw its members do."""

    def __init__(self, crowd: Crowd, people: list[UUID], port: int) -> None:
        self._token = crowd.token(crowd.owner, "owner")
        self._people, self._port = people, port
        self._numbers, self._chance = count(), Random(1)

    def tells(self, batches: int) -> list[str]:
        """So many requests, none of whose signals was told before."""
        return [
            line(self._port, "POST", f"{ROOT}/activity", self._token, self._batch())
            for _ in range(batches)
        ]

    def _batch(self) -> dict[str, object]:
        return {"source": "bot", "signals": [self._signal() for _ in range(BATCH)]}

    def _signal(self) -> dict[str, str]:
        seen_at = real_now() - OVER * self._chance.random()
        return {
            "id": str(next(self._numbers)),
            "person_id": str(self._chance.choice(self._people)),
            "kind": self._chance.choice(get_args(Kind)),
            "seen_at": seen_at.isoformat(),
        }


async def _people(url: str) -> list[UUID]:
    async def known() -> bool:
        (people,) = await query(url, JOINED)
        return len(people or ()) >= PEOPLE

    await until("every member", known, every=0.1)
    (people,) = await query(url, JOINED)
    return list(people)


async def _folded(url: str, told: int) -> None:
    async def done() -> bool:
        return await query(url, FOLDED) == (told,)

    await until("every signal in the read model", done, every=0.1)
