"""Reads all that a service keeps of somebody, a page at a time: a document of any length takes little memory."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from sys import modules
from typing import Any
from uuid import UUID

import orjson

from shared.consumer import Webhook, vendor_uuid
from shared.event_store import Fact
from shared.http import Caller
from shared.ids import PLATFORM
from shared.personal_value import Sealed
from shared.takeout.retention import RULES
from shared.takeout.search import Found, Place, Reach, reading
from shared.takeout.subjects import named, sealed_in, shown

PAGE = 200

_FACTS = """
SELECT e.* FROM unnest($1::uuid[], $2::bool[]) WITH ORDINALITY s(id, alone, number) CROSS JOIN LATERAL (
    SELECT * FROM events WHERE stream_id = s.id AND version > CASE WHEN s.number = 1 THEN $3 ELSE 0 END
    AND (s.alone OR data::text LIKE ANY ($4)) ORDER BY version LIMIT $5) e
ORDER BY s.number, e.version LIMIT $5
"""
_HEARD = """
SELECT DISTINCT ON (i.id) i.* FROM own_data_v1_heard h JOIN inbox i ON i.id = h.position
WHERE h.subject = ANY ($1) AND h.position > $2 ORDER BY i.id LIMIT $3
"""
_PEOPLE = "SELECT DISTINCT subject FROM own_data_v1 WHERE subject = ANY ($1) AND NOT sealed"
_KEYS = """
SELECT person_id, retention, keep_until FROM "{service}_personal".keys WHERE person_id = ANY ($1) ORDER BY 1, 2
"""
_PRINTS = """
SELECT kind, community_id FROM "{service}_personal".lookups WHERE person_id = ANY ($1) ORDER BY 2, 1
"""


@dataclass
class TakeOut:
    """One person's document."""

    caller: Caller
    reach: Reach
    found: Found
    types: dict[str, dict[str, str]] = field(default_factory=dict)

    async def document(self) -> AsyncIterator[bytes]:
        """JSON, piece by piece."""
        head = {
            "service": self.caller.service.name,
            "at": self.caller.now,
            "ids": sorted(self.found.who),
            "classes": RULES,
            "keys": await self._rows(_KEYS),
            "found_by": await self._rows(_PRINTS),
            "beside": await self.reach.beside(self.caller) if self.reach.beside else {},
        }
        yield _json(head)[:-1] + b',"facts":['
        async for piece in self._listed(self._facts()):
            yield piece
        yield b'],"heard":['
        async for piece in self._listed(self._heard()):
            yield piece
        yield b'],"types":' + _json(self.types) + b"}"

    async def _rows(self, query: str) -> list[dict[str, Any]]:
        service = self.caller.service
        rows = await service.pool.fetch(query.format(service=service.name), list(self.found.ids))
        return [dict(row) for row in rows]

    async def _listed(self, pages: AsyncIterator[list[Fact]]) -> AsyncIterator[bytes]:
        comma = b""
        async for facts in pages:
            for piece in await self._told(facts):
                yield comma + piece
                comma = b","

    async def _facts(self) -> AsyncIterator[list[Fact]]:
        store = self.caller.service.store
        places = {place.stream_id: place for place in self.found.places}
        needles = [f"%{one}%" for one in self.found.ids]
        left, version = self.found.places, 0
        while left:
            streams = [place.stream_id for place in left[:PAGE]]
            flags = [place.alone for place in left[:PAGE]]
            rows = await store.pool.fetch(_FACTS, streams, flags, version, needles, PAGE)
            facts = [store.fact(row) for row in rows]
            yield [fact for fact in facts if self._is_own(fact, places[fact.stream_id])]
            if len(rows) < PAGE:
                left, version = left[PAGE:], 0
            else:
                left, version = left[streams.index(facts[-1].stream_id) :], facts[-1].version

    def _is_asked(self, fact: Fact) -> bool:
        return not self.reach.within or fact.community_id in (self.caller.community_id, PLATFORM)

    def _is_own(self, fact: Fact, place: Place) -> bool:
        if not self._is_asked(fact):
            return False
        found = named(fact.body).everybody
        if not found:
            return place.alone
        # Of somebody who was erased nothing is told to the account that they had.
        return bool(found & (self.found.people if place.erased else self.found.ids))

    async def _heard(self) -> AsyncIterator[list[Fact]]:
        inbox, after = self.caller.service.inbox, 0
        things = self.found.ids | {place.stream_id for place in self.found.places if place.alone}
        reported = {
            vendor_uuid(vendor, str(one)) for vendor in self.reach.vendors for one in things
        }
        while True:
            async with reading(self.caller, self.reach) as connection:
                rows = await connection.fetch(_HEARD, [*self.found.ids, *reported], after, PAGE)
            yield [fact for row in rows if self._is_asked(fact := inbox.fact(row))]
            if len(rows) < PAGE:
                return
            after = rows[-1]["id"]

    async def _told(self, facts: Sequence[Fact]) -> list[bytes]:
        own = await self._own_in(facts)
        sealed = [
            [one for one in sealed_in(fact.body) if one.person_id in ids]
            for fact, ids in zip(facts, own, strict=True)
        ]
        wanted = [one for some in sealed for one in some]
        texts = dict(zip(wanted, await self.caller.open_all(wanted), strict=True))
        self.types |= {fact.type: _meaning(type(fact.body)) for fact in facts}
        return [
            _json(_fact(fact, ids, some, texts))
            for fact, ids, some in zip(facts, own, sealed, strict=True)
        ]

    async def _own_in(self, facts: Sequence[Fact]) -> list[frozenset[UUID]]:
        """Whose words are told. A fact about nobody else may be sealed under a key that is nobody's, as 0015 has it."""
        ids = self.found.ids
        about = [named(fact.body) for fact in facts]
        owners = [one.owners if one.ids and one.ids <= ids else frozenset() for one in about]
        asked = list(frozenset().union(*owners) - ids)
        async with reading(self.caller, self.reach) as connection:
            people = {row[0] for row in await connection.fetch(_PEOPLE, asked)} if asked else set()
        return [ids | (some - people) for some in owners]


def _fact(
    fact: Fact, ids: frozenset[UUID], sealed: Sequence[Sealed], texts: dict[Sealed, str | None]
) -> dict[str, Any]:
    return {
        "source": fact.source,
        "type": fact.type,
        "community_id": fact.community_id,
        "of": fact.stream_id,
        "at": fact.at,
        "classes": sorted({one.retention for one in sealed}),
        "data": shown(fact.body, ids, texts),
    }


def _meaning(cls: type) -> dict[str, str]:
    """What the code itself says of its facts; the generated docstring of a dataclass says nothing."""
    said = cls.__doc__ or ""
    meaning = "" if said.startswith(f"{cls.__name__}(") else " ".join(said.split())
    if cls is Webhook:
        return {"purpose": "What a vendor reported.", "meaning": meaning}
    return {"purpose": modules[cls.__module__].__doc__ or "", "meaning": meaning}


def _json(value: object) -> bytes:
    # asyncpg's UUID is a subclass, which orjson does not take by itself.
    return orjson.dumps(value, default=str)
