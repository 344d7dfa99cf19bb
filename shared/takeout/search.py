"""Who somebody is in a service, and where in its log they are spoken of."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.event_store import Connection
from shared.http import Caller
from shared.problem import Problem

_STREAMS = "SELECT DISTINCT stream_id FROM own_data_v1 WHERE subject = ANY ($1)"
_KNOWN = "SELECT DISTINCT subject FROM own_data_v1 WHERE subject = ANY ($1)"
_PLACES = """
SELECT m.stream_id,
    bool_or(m.first) AND NOT EXISTS (SELECT FROM own_data_v1 o
        WHERE o.stream_id = m.stream_id AND NOT o.sealed AND o.subject <> ALL ($1)) AS alone,
    EXISTS (SELECT FROM own_data_v1 o JOIN "{service}_personal".erasures e ON e.person_id = o.subject
        WHERE o.stream_id = m.stream_id AND NOT o.sealed) AS erased
FROM own_data_v1 m WHERE m.subject = ANY ($1) GROUP BY m.stream_id ORDER BY m.stream_id
"""
_ERASED = 'SELECT person_id FROM "{service}_personal".erasures WHERE person_id = ANY ($1)'


@dataclass(frozen=True)
class Reach:
    """What is particular to a service.

    `person_of` says who an account is in a community: where it is given, all communities are asked, else the token's.
    `all_of` says whom a person has taken in, who is told of these as well.
    `within`: nothing is told but of the community that the token is for, and of the account itself.
    `streams` are those that follow from a person and whose facts name nobody; `keys` follow from a stream and stand in
    for whoever it is of until they are known. `vendors` report to us. `beside` is in tables that no fact rebuilds.
    """

    person_of: Callable[[Any, UUID, UUID], Awaitable[UUID | None]] | None = None
    all_of: Callable[[Caller, UUID, UUID], Awaitable[Iterable[UUID]]] | None = None
    streams: tuple[Callable[[Any], UUID], ...] = ()
    keys: tuple[Callable[[UUID], UUID], ...] = ()
    vendors: tuple[str, ...] = ()
    beside: Callable[[Caller], Awaitable[dict[str, Any]]] | None = None
    within: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A stream in which somebody is spoken of: of nobody else, or also of a person who was erased."""

    stream_id: UUID
    alone: bool
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """`who` are an account and the people it is, `people` those alone; `ids` are both and what stands in for them."""

    who: frozenset[UUID]
    people: frozenset[UUID]
    ids: frozenset[UUID]
    places: list[Place]


def reading(caller: Caller, reach: Reach) -> AbstractAsyncContextManager[Connection]:
    """A connection that sees every community for an account, and the token's own for a person."""
    return caller.read_all() if reach.person_of else caller.read()


async def find(caller: Caller, reach: Reach) -> Found:
    """Who asks, and every stream that speaks of them; of who was erased nothing is found."""
    if caller.principal and caller.principal.is_machine:
        raise Problem(403, "not_a_person", "A program is nobody, and nothing is kept of it.")
    people = await _people(caller, reach)
    account = {caller.account_id} if reach.person_of else set()
    who = await _not_erased(caller, account | people)
    async with reading(caller, reach) as connection:
        streams = [row[0] for row in await connection.fetch(_STREAMS, list(who))]
        keys = [key(stream_id) for stream_id in streams for key in reach.keys]
        ids = who.union(row[0] for row in await connection.fetch(_KNOWN, keys))
        query = _PLACES.format(service=caller.service.name)
        found = [Place(*row) for row in await connection.fetch(query, list(ids))]
    derived = who.union(stream(one) for one in people & who for stream in reach.streams)
    known = {place.stream_id for place in found}
    places = found + [Place(stream_id, alone=True) for stream_id in sorted(derived - known)]
    return Found(frozenset(who), frozenset(people & who), frozenset(ids), places)


async def _people(caller: Caller, reach: Reach) -> set[UUID]:
    found: set[UUID] = set()
    for community_id, person_id in await _persons(caller, reach):
        all_of = reach.all_of
        taken_in = await all_of(caller, community_id, person_id) if all_of else ()
        found |= {person_id, *taken_in}
    return found


async def _persons(caller: Caller, reach: Reach) -> list[tuple[UUID, UUID]]:
    """Who asks, in each community they are asked for."""
    if reach.person_of is None or reach.within:
        return [(caller.community_id, caller.person_id)]
    query = "SELECT DISTINCT community_id FROM own_data_v1 WHERE subject = $1"
    async with caller.read_all() as connection:
        communities = [row[0] for row in await connection.fetch(query, caller.account_id)]
    people = [
        (one, await reach.person_of(caller.service, one, caller.account_id)) for one in communities
    ]
    return [(community_id, person_id) for community_id, person_id in people if person_id]


async def _not_erased(caller: Caller, ids: Iterable[UUID]) -> set[UUID]:
    query = _ERASED.format(service=caller.service.name)
    asked = set(ids)
    return asked - {row[0] for row in await caller.service.pool.fetch(query, list(asked))}
