"""The chats that the stack is set up with: doubles that answer while the stack runs, and what people do there."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from tests.doubles import discord as at_discord
from tests.doubles import whatsapp as at_whatsapp
from tests.doubles.discord import Discord
from tests.doubles.serving import serving
from tests.doubles.whatsapp import Whatsapp
from tests.e2e.story import Account, Member, Organiser

CHAT = "/api/membership/v1/chat"
GROUP_LINK = "https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv"


@dataclass
class Vendors:
    """`told` are the settings that lead there."""

    discord: Discord = field(default_factory=Discord)
    whatsapp: Whatsapp = field(default_factory=Whatsapp)
    told: Mapping[str, str] = field(default_factory=dict)

    def connect(self, organiser: Organiser, tier: UUID) -> None:
        """A server with a role for who has the tier."""
        guild, (role,) = self.discord.guild(1)
        asked = organiser.get(f"{CHAT}/server/authorization")
        code, state = self.discord.consent(asked["url"], guild.owner, guild)
        organiser.post(f"{CHAT}/server", {"code": code, "state": state})
        rules = {"roles": [{"tier_id": str(tier), "role_id": role}]}
        organiser.put(f"{CHAT}/server/rules", rules)

    def link(self, person: Account) -> str:
        """The person's account there, of which the community knows from now on."""
        user = self.discord.user()
        mine = "/api/membership/v1/me/chat"
        asked = person.get(f"{mine}/authorization")
        code, state = self.discord.consent(asked["url"], user)
        person.post(f"{mine}/account", {"code": code, "state": state})
        return user


def open_group(organiser: Organiser, name: str, tier: UUID) -> str:
    """A WhatsApp group for who has the tier."""
    group = {"name": name, "link": GROUP_LINK, "tier_ids": [str(tier)]}
    return str(organiser.post("/api/membership/v1/groups", group)["group_id"])


def give_number(person: Member, number: str) -> None:
    """Where the group's door is sent."""
    person.put("/api/membership/v1/me/whatsapp", {"number": number, "agreed": True})


@contextmanager
def opened() -> Iterator[Vendors]:
    """Both, as long as the block lasts, in a thread of their own: tests here do not wait in a loop."""
    vendors, loop, ready, over = (
        Vendors(),
        asyncio.new_event_loop(),
        threading.Event(),
        asyncio.Event(),
    )

    async def answer() -> None:
        async with AsyncExitStack() as stack:
            discord = await stack.enter_async_context(serving(vendors.discord))
            whatsapp = await stack.enter_async_context(serving(vendors.whatsapp))
            vendors.told = _told(discord, whatsapp)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(answer(),), daemon=True)
    thread.start()
    try:
        assert ready.wait(timeout=30)
        yield vendors
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def _told(discord: str, whatsapp: str) -> dict[str, str]:
    return {
        "TESSERA_DISCORD_TOKEN": at_discord.TOKEN,
        "TESSERA_DISCORD_CLIENT_ID": at_discord.CLIENT_ID,
        "TESSERA_DISCORD_CLIENT_SECRET": at_discord.CLIENT_SECRET,
        "TESSERA_DISCORD_URL": discord + at_discord.BASE,
        "TESSERA_WHATSAPP_TOKEN": at_whatsapp.TOKEN,
        "TESSERA_WHATSAPP_NUMBER_ID": at_whatsapp.NUMBER_ID,
        "TESSERA_WHATSAPP_SECRET": at_whatsapp.SECRET,
        "TESSERA_WHATSAPP_VERIFY": at_whatsapp.VERIFY,
        "TESSERA_WHATSAPP_URL": whatsapp + at_whatsapp.VERSION,
    }
