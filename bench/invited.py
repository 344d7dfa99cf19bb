"""How long from a payment, as billing tells it on Kafka, until the payer has their role on Discord, in a crowd?"""

import asyncio
from time import perf_counter

import httpx
from aiokafka import AIOKafkaProducer
from starlette.types import Message, Receive, Scope, Send

from bench.crowd import ROOT
from bench.measure import Goal, Question, Result, Samples, percentile, scaled, until, verify
from bench.stack import Stack
from bench.topic import producing
from bench.town import Payer, Town
from deploy.local.settings import HOST
from tests.doubles.discord import BASE, CLIENT_ID, CLIENT_SECRET, TOKEN, Discord
from tests.doubles.serving import serving

MANY = Question("paid_to_invited_p95", "s", Goal("<=", 5.0))
ONE = Question("one_server_vs_its_limit", "roles/s", Goal(">=", 0.95))

GUILDS = 25
RATE = 50
PEOPLE = scaled(30) * RATE
WARM_UP = RATE
ROLES, WINDOW = 10, 5.0
WINDOWS = scaled(24, least=3)


async def run(stack: Stack) -> list[Result]:
    discord = Discord()
    discord.spec = None  # its judgement is a test's; here it would cost what is measured
    for service in ("billing", "membership"):
        stack.migrate(service)
    doors = Doors(discord)
    async with serving(doors) as address, producing(stack.kafka) as producer:
        told = {
            "TESSERA_DISCORD_URL": address + BASE,
            "TESSERA_DISCORD_TOKEN": TOKEN,
            "TESSERA_DISCORD_CLIENT_ID": CLIENT_ID,
            "TESSERA_DISCORD_CLIENT_SECRET": CLIENT_SECRET,
        }
        stack.api("membership", **told)
        stack.worker("membership", 1, **told)
        origin = f"http://{HOST}:{stack.settings.ports['membership']}{ROOT}"
        async with httpx.AsyncClient(base_url=origin, timeout=60) as client:
            town = Town(stack, discord, client)
            crowd = await town.crowd(WARM_UP + PEOPLE, await town.clubs(GUILDS))
            queue = await town.crowd(ROLES * WINDOWS, await town.clubs(1))
        await _pay(crowd[:WARM_UP], producer, doors)
        delays = await _pay(crowd[WARM_UP:], producer, doors)
        discord.limits["add_role"] = ROLES, WINDOW
        await _pay(queue, producer, doors)
    verify("roles", sum(one.has_role for one in crowd + queue), len(crowd + queue))
    refused = discord.refused.total()
    verify("calls refused beyond one in twenty", max(0, refused - len(queue) // 20), 0)
    moments = [doors.opened_at[one.user] for one in queue]
    return [_over_many(delays), _into_one(moments, refused)]


def _over_many(delays: list[float]) -> Result:
    return MANY.figure(
        percentile(delays, 0.95),
        Samples(delays),
        f"{RATE} people a second for {PEOPLE // RATE} s, over {GUILDS} servers of as many communities, each with an"
        " account linked and on the server; from billing's SubscriptionActivated, handed to Kafka, to the double's"
        " answer that the role is there; one API and one worker of membership, the double in one process with the"
        f" producer; p50 {percentile(delays, 0.5):.2f} s, p99 {percentile(delays, 0.99):.2f} s",
    )


def _into_one(moments: list[float], refused: int) -> Result:
    """A full window stands at either end, so that its calls took as many windows as there are but one."""
    took = max(moments) - min(moments)
    rate, allowed = (len(moments) - ROLES) / took, ROLES / WINDOW
    return ONE.figure(
        rate,
        Samples([rate]),
        f"{len(moments)} people of one server, who pay within {len(moments) / RATE:.0f} s; its headers allow"
        f" {ROLES} roles in {WINDOW:.0f} s; calls refused by the double: {refused}",
        ratio=rate / allowed,
    )


async def _pay(crowd: list[Payer], producer: AIOKafkaProducer, doors: "Doors") -> list[float]:
    """Each at their moment, whoever has their role by then; the seconds that each waited for it."""
    started, paid = perf_counter(), {}
    for number, payer in enumerate(crowd):
        await asyncio.sleep(max(0.0, started + number / RATE - perf_counter()))
        paid[payer.user] = perf_counter()
        record = payer.paid(number)
        await producer.send(record.topic, record.value, record.key, headers=record.headers)

    async def all_in() -> bool:
        return all(one.user in doors.opened_at for one in crowd)

    await until("a role for everybody", all_in, every=0.1, patience=300)
    return [doors.opened_at[user] - at for user, at in paid.items()]


class Doors:
    """The double, and when it gave whom a role."""

    def __init__(self, discord: Discord) -> None:
        self._discord = discord
        self.opened_at: dict[str, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 204:
                parts = scope["path"].split("/")
                if scope["method"] == "PUT" and "roles" in parts:
                    self.opened_at.setdefault(parts[parts.index("members") + 1], perf_counter())
            await send(message)

        await self._discord(scope, receive, noted)
