"""What the worker does beside its loops: it announces the key that quotes are signed with."""

from services.events.key import commands
from services.events.key.decider import KEYS
from shared.command_handler import Origin
from shared.event_store import Meta
from shared.ids import PLATFORM, Code, derive
from shared.reaction import Ask
from shared.service import Service

KEY_RING = derive(PLATFORM, "quote keys")


async def announce_quote_key(service: Service) -> None:
    key = service.gateways["quotes"]
    command_id = derive(KEY_RING, key.kid, key.x)
    announcement = commands.AnnounceKey(Code(key.kid), Code(key.x))
    origin = Origin(command_id, PLATFORM, service.clock.now(), Meta(command_id, command_id))
    await service.handler.handle([Ask(KEYS, KEY_RING, announcement)], origin)
