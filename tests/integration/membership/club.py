"""A community whose owner has a Discord server, and a person with an account there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.clock import real_now
from shared.contracts.billing_subscription import SubscriptionActivated, SubscriptionEnded
from shared.contracts.contract import MoneyValue
from shared.ids import random_id
from shared.testing import eventually
from tests.doubles.discord import BASE, CLIENT_ID, CLIENT_SECRET, TOKEN, Discord, Guild
from tests.doubles.serving import serving
from tests.integration.membership.house import House, Json, running


@dataclass
class Club:
    """A community with a tier for sale, whose owner has a Discord server with roles of these ranks."""

    house: House
    discord: Discord
    community_id: str
    owner: str
    gold: str
    guild: Guild
    roles: list[str]

    async def connect(self, **rules: Any) -> None:
        await connect(self.house, self.discord, self.guild, self.owner)
        roles = [{"tier_id": self.gold, "role_id": self.roles[0]}]
        await self.rules(**({"roles": roles} | rules))

    async def rules(self, **rules: Any) -> Json:
        return await self.house.call("PUT", "/chat/server/rules", rules, token=self.owner)

    async def join(self, email: str = "ada@example.com") -> "Ada":
        person_id, token = await self.house.join(email, self.community_id)
        payer = (
            self.house,
            self.community_id,
            self.gold,
            person_id,
            token,
            random_id(),
            random_id(),
        )
        return Ada(*payer, self, self.discord.user())

    async def stuck(self) -> list[tuple[str, str]]:
        told = await self.house.call("GET", "/chat/stuck", token=self.owner)
        return [(item["who"], item["problem"]) for item in told["items"]]


@dataclass
class Payer:
    """A person who may pay for the tier, whatever else the community has."""

    house: House
    community_id: str
    tier: str
    person_id: str
    token: str
    subscription: UUID
    offer: UUID

    async def pay(self) -> None:
        began = SubscriptionActivated(
            **self._about(),
            quantity=1,
            price=MoneyValue(minor=1000, currency="EUR"),
            interval="month",
            period_start=real_now(),
            period_end=real_now() + timedelta(days=30),
        )
        await self.house.hear(began, self.subscription)

    async def stop(self) -> None:
        ended = SubscriptionEnded(**self._about(), reason="voluntary", was_paying=True)
        await self.house.hear(ended, self.subscription)

    def _about(self) -> Json:
        return {
            "community_id": UUID(self.community_id),
            "occurred_at": real_now(),
            "subscription_id": self.subscription,
            "person_id": UUID(self.person_id),
            "offer_id": self.offer,
            "tier_id": UUID(self.tier),
        }


@dataclass
class Ada(Payer):
    """A person with an account on Discord, which the club need not know of."""

    club: Club
    user: str

    async def link(self, **more: Any) -> Json:
        house = self.club.house
        asked = await house.call("GET", "/me/chat/authorization", token=self.token)
        code, state = self.club.discord.consent(asked["url"], self.user)
        body = {"code": code, "state": state}
        return await house.call("POST", "/me/chat/account", body, token=self.token, **more)

    async def seat(self) -> Json:
        path = f"/people/{self.person_id}/chat"
        return await self.club.house.call("GET", path, token=self.token)

    async def wants(self, *roles: str) -> None:
        await eventually(self.seat, lambda seat: seat["wanted"] == sorted(roles))

    async def holds(self, *roles: str) -> None:
        """What the seat says and what is so on Discord."""
        await eventually(self.seat, lambda seat: seat["roles"] == sorted(roles))
        assert self.club.guild.members.get(self.user, set()) == set(roles)

    async def is_stuck(self, who: str, problem: str) -> str:
        def says(seat: Json) -> bool:
            return [(stuck["who"], stuck["problem"]) for stuck in seat["stuck"]] == [(who, problem)]

        seat = await eventually(self.seat, says)
        return str(seat["stuck"][0]["detail"])

    async def retry(self) -> None:
        path = f"/people/{self.person_id}/chat/retry"
        await self.club.house.call("POST", path, {}, token=self.token)


async def connect(house: House, discord: Discord, guild: Guild, token: str, **more: Any) -> Json:
    asked = await house.call("GET", "/chat/server/authorization", token=token)
    code, state = discord.consent(asked["url"], guild.owner, guild)
    return await house.call(
        "POST", "/chat/server", {"code": code, "state": state}, token=token, **more
    )


@asynccontextmanager
async def gathered(
    database_url: str, discord: Discord | None = None, **more: Any
) -> AsyncIterator[Club]:
    """The double on loopback, and nothing that Discord's own document calls wrong in the end."""
    discord = discord or Discord()
    async with serving(discord) as address:
        told: dict[str, Any] = {
            "discord_token": TOKEN,
            "discord_client_id": CLIENT_ID,
            "discord_client_secret": CLIENT_SECRET,
            "discord_url": address + BASE,
        } | more
        async with running(database_url, **told) as house:
            community_id, owner = await house.community("olga@example.com")
            gold = await house.tier(owner, "Gold", paid=True)
            guild, roles = discord.guild(1, 2)
            yield Club(house, discord, community_id, owner, gold, guild, roles)
            await house.service.gateways["chat"].close()
    assert discord.wrong == []
