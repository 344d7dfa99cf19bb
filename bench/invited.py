"""How long from a payment, as billing tells it on Kafka, until the payer has their role on Discord, in a crowd?"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from time import perf_counter
from typing import Any
from uuid import UUID

import httpx
from aiokafka import AIOKafkaProducer
from starlette.types import Message, Receive, Scope, Send

from bench.crowd import ROOT, Crowd
from bench.measure import Goal, Question, Result, Samples, percentile, scaled, until, verify
from bench.stack import Stack
from bench.topic import producing
from deploy.local.settings import HOST
from shared.auth import Principal
from shared.clock import real_now
from shared.contracts.billing_subscription import SubscriptionActivated
from shared.contracts.contract import MoneyValue
from shared.envelope import seal
from shared.event_store import Fact, Meta
from shared.ids import CommunityId, PersonId, random_id
from tests.doubles.discord import BASE, CLIENT_ID, CLIENT_SECRET, TOKEN, Discord, Guild
from tests.doubles.serving import serving

QUESTION = Question("paid_to_invited_p95", "s", Goal("<=", 5.0))

GUILDS = 25
RATE = 50
PEOPLE = scaled(30) * RATE
WARM_UP = RATE
AT_ONCE = 8


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
            crowd = await Town(stack, discord, client).crowd(WARM_UP + PEOPLE)
        await _pay(crowd[:WARM_UP], producer, doors)
        delays = await _pay(crowd[WARM_UP:], producer, doors)
    verify("roles", sum(one.has_role for one in crowd), len(crowd))
    verify("calls refused by the double", dict(discord.refused), {})
    p95 = percentile(delays, 0.95)
    return [
        QUESTION.figure(
            p95,
            Samples(delays),
            f"{RATE} people a second for {PEOPLE // RATE} s, over {GUILDS} servers of as many communities, each with an"
            " account linked and on the server; from billing's SubscriptionActivated, handed to Kafka, to the double's"
            " answer that the role is there; one API and one worker of membership, the double in one process with the"
            f" producer; p50 {percentile(delays, 0.5):.2f} s, p99 {percentile(delays, 0.99):.2f} s",
        )
    ]


async def _pay(crowd: list["Payer"], producer: AIOKafkaProducer, doors: "Doors") -> list[float]:
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


@dataclass(frozen=True, slots=True)
class Club:
    """A community with a tier whose holders have a role on a server."""

    community_id: CommunityId
    tier_id: UUID
    guild: Guild
    role: str


@dataclass(frozen=True, slots=True)
class Payer:
    """Somebody whose account on Discord is known, and who is on the server, without a role."""

    club: Club
    person_id: PersonId
    user: str

    @property
    def has_role(self) -> bool:
        return self.club.role in self.club.guild.members[self.user]

    def paid(self, position: int) -> Any:
        """What billing tells when the first payment of a subscription has come."""
        now, event_id, subscription_id = real_now(), random_id(), random_id()
        began = SubscriptionActivated(
            community_id=self.club.community_id,
            occurred_at=now,
            subscription_id=subscription_id,
            person_id=self.person_id,
            offer_id=random_id(),
            tier_id=self.club.tier_id,
            quantity=1,
            price=MoneyValue(minor=1000, currency="EUR"),
            interval="month",
            period_start=now,
            period_end=now + timedelta(days=30),
        )
        fact = Fact(
            source=began.service(),
            position=position,
            event_id=event_id,
            stream_id=subscription_id,
            community_id=self.club.community_id,
            version=1,
            type=type(began).__name__,
            at=now,
            recorded_at=now,
            body=began,
            meta=Meta(event_id, event_id),
        )
        return seal(fact, began, 0)


class Town:
    """Founds the communities and has people join them, over HTTP."""

    def __init__(self, stack: Stack, discord: Discord, client: httpx.AsyncClient) -> None:
        self._crowd, self._discord, self._client = Crowd(stack), discord, client

    async def crowd(self, number: int) -> list[Payer]:
        """So many people, one of each club in turn."""
        clubs = [await self._found(n) for n in range(GUILDS)]
        accounts = iter((await self._crowd.accounts(number)).items())
        waiting = zip(cycle(clubs), accounts)
        crowd: list[Payer] = []

        async def join() -> None:
            for club, (email, account_id) in waiting:
                crowd.append(await self._join(club, email, account_id))

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(join())
        return crowd

    async def _found(self, number: int) -> Club:
        ((_, account_id),) = (await self._crowd.accounts(1)).items()
        body = {"kind": "creator", "name": "Bench", "slug": f"bench-{number}", "currency": "EUR"}
        founded = await self._ask("POST", "/communities", Principal(account_id), body)
        community_id = CommunityId(UUID(founded["community_id"]))
        owner = Principal(account_id, community_id, roles=("owner",))
        tier = await self._ask("POST", "/tiers", owner, {"name": "Gold", "paid": True})
        await self._ask("GET", "/tiers", owner, after=tier["position"])
        guild, (role,) = self._discord.guild(1)
        asked = await self._ask("GET", "/chat/server/authorization", owner)
        code, state = self._discord.consent(asked["url"], guild.owner, guild)
        await self._ask("POST", "/chat/server", owner, {"code": code, "state": state})
        rules = {"roles": [{"tier_id": tier["tier_id"], "role_id": role}]}
        await self._ask("PUT", "/chat/server/rules", owner, rules)
        return Club(community_id, UUID(tier["tier_id"]), guild, role)

    async def _join(self, club: Club, email: str, account_id: UUID) -> Payer:
        path, body = f"/communities/{club.community_id}/members", {"name": "Ada", "email": email}
        joined = await self._ask("POST", path, Principal(account_id), body)
        person_id = PersonId(UUID(joined["person_id"]))
        one, user = Principal(account_id, club.community_id, person_id), self._discord.user()
        asked = await self._ask("GET", "/me/chat/authorization", one)
        code, state = self._discord.consent(asked["url"], user)
        await self._ask("POST", "/me/chat/account", one, {"code": code, "state": state})
        club.guild.members[user] = set()
        return Payer(club, person_id, user)

    async def _ask(
        self, method: str, path: str, who: Principal, body: object = None, after: str = ""
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._crowd.sign(who)}"}
        if method == "POST":
            headers["Idempotency-Key"] = str(random_id())
        if after:
            headers["Tessera-Wait-For"] = after
        answer = await self._client.request(method, path, json=body, headers=headers)
        verify(f"{method} {path}", answer.text if answer.is_error else "", "")
        found: dict[str, Any] = answer.json()
        return found
