"""What a dispatch of Discord's gateway says that somebody did: ids and times are taken, its words are dropped."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from services.membership.gateways.gateway import Sighting

# Milliseconds of an id begin here: discord.com/developers/docs/reference#snowflakes.
EPOCH = datetime(2015, 1, 1, tzinfo=UTC)

# What people themselves send: discord.com/developers/docs/resources/message#message-object-message-types.
DEFAULT, REPLY = 0, 19


class Unreadable(Exception):
    """A dispatch that is not as documented. What it says stays out of the message."""


def sightings(name: str, data: Any) -> tuple[Sighting, ...]:
    """Of what nobody did on a server, and of what programs did, none. Unreadable where an id is missing or wrong."""
    read = READERS.get(name)
    if read is None or not isinstance(data, Mapping) or not data.get("guild_id"):
        return ()
    try:
        return tuple(read(data))
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise Unreadable(name) from error


def time_of(snowflake: str) -> datetime:
    """When Discord gave out this id."""
    return EPOCH + timedelta(milliseconds=int(snowflake) >> 22)


def _message(data: Mapping[str, Any]) -> Iterator[Sighting]:
    author = data["author"]
    if author.get("bot") or data.get("webhook_id") or data["type"] not in (DEFAULT, REPLY):
        return
    answered = data.get("referenced_message") if data["type"] == REPLY else None
    at = time_of(data["id"])
    yield Sighting(
        server=_id(data["guild_id"]),
        account=_id(author["id"]),
        kind="reply" if data["type"] == REPLY else "comment",
        key=_id(data["id"]),
        place=_id(data["channel_id"]),
        page_at=at,
        seen_at=at,
        towards=_id(answered["author"]["id"]) if answered else None,
    )


def _reaction(data: Mapping[str, Any]) -> Iterator[Sighting]:
    """Given by one, received by another. Discord says neither when nor under which id; the message has both."""
    if (data.get("member") or {}).get("user", {}).get("bot"):
        return
    server, message, place = (_id(data[name]) for name in ("guild_id", "message_id", "channel_id"))
    giver, author = _id(data["user_id"]), data.get("message_author_id")
    emoji = data["emoji"].get("id") or data["emoji"]["name"]
    key, at = f"{message}.{giver}.{emoji}", time_of(message)
    received_by = _id(author) if author and author != giver else None
    yield Sighting(server, giver, "reaction", key, place, page_at=at, towards=received_by)
    if received_by:
        yield Sighting(server, received_by, "reaction_received", key, place, page_at=at)


def _thread(data: Mapping[str, Any]) -> Iterator[Sighting]:
    """A thread that we are only let into was opened before. One that a message began has the message's id."""
    if not data.get("newly_created"):
        return
    at = time_of(data["id"])
    yield Sighting(
        server=_id(data["guild_id"]),
        account=_id(data["owner_id"]),
        kind="thread",
        key=_id(data["id"]),
        place=_id(data["parent_id"]),
        page_at=at,
    )


def _id(value: Any) -> str:
    """An id that is no number could be anything, even words."""
    return str(int(value))


READERS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Sighting]]] = {
    "MESSAGE_CREATE": _message,
    "MESSAGE_REACTION_ADD": _reaction,
    "THREAD_CREATE": _thread,
}
