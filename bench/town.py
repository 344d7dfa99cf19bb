"""Clubs with a server on Discord each, and people who have linked their account and are about to pay."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

import httpx

from bench.crowd import Crowd
from bench.measure import verify
from bench.stack import Stack
from shared.auth import Principal
from shared.clock import real_now
from shared.contracts.billing_subscription import SubscriptionActivated
from shared.contracts.contract import MoneyValue
from shared.envelope import seal
from shared.event_store import Fact, Meta
from shared.ids import CommunityId, PersonId, random_id
from tests.doubles.discord import Discord, Guild

AT_ONCE = 8


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
        self._founded = 0

    async def clubs(self, number: int) -> list[Club]:
        """So many more, each with a server of its own."""
        return [await self._found() for _ in range(number)]

    async def crowd(self, number: int, clubs: Sequence[Club]) -> list[Payer]:
        """So many people, one of each club in turn."""
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

    async def _found(self) -> Club:
        self._founded += 1
        ((_, account_id),) = (await self._crowd.accounts(1)).items()
        body = {
            "kind": "creator",
            "name": "Bench",
            "slug": f"bench-{self._founded}",
            "currency": "EUR",
        }
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
