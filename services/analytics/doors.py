"""Read models of who came and went: what was said of each person, and the doors where human beings are counted."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.analytics.community.projections import quarter_hour
from services.analytics.presence import Merge, Move, turns_of
from shared.contracts.membership_merging import MemberMerged
from shared.event_store import Fact
from shared.projection import Projection


class Door(NamedTuple):
    """Where people are counted in and out of a place."""

    community_id: UUID
    place: UUID
    slot: datetime


def count(
    moves: Iterable[Move], merges: Mapping[UUID, Merge]
) -> tuple[Counter[Door], Counter[Door]]:
    """How many came and went by door."""
    human_beings: dict[tuple[UUID, UUID, UUID], list[Move]] = defaultdict(list)
    for move in moves:
        merge = merges.get(move.person_id)
        who = merge.person_id if merge else move.person_id
        human_beings[move.community_id, move.place, who].append(move)
    came, gone = Counter[Door](), Counter[Door]()
    for (community_id, place, who), theirs in human_beings.items():
        their_merges = {one: merge for one, merge in merges.items() if merge.person_id == who}
        for turn in turns_of(theirs, their_merges):
            side = came if turn.came else gone
            side[Door(community_id, place, quarter_hour(turn.at))] += 1
    return came, gone


def doors(
    name: str, version: int, facts: tuple[type, ...], move_of: Callable[[Fact], Move]
) -> Projection:
    """The read model of places that `facts` let people into and out of."""
    table = f"{name}_v{version}"

    async def apply(connection: Any, facts: Sequence[Fact]) -> None:
        told = [_merge_of(fact) for fact in facts if isinstance(fact.body, MemberMerged)]
        moves = [move_of(fact) for fact in facts if not isinstance(fact.body, MemberMerged)]
        named = {move.person_id for move in moves}.union(*((m.taken_in, m.person_id) for m in told))
        known = await _merges(connection, table, named)
        people = named.union(*((m.taken_in, m.person_id) for m in known.values()))
        before = await _moves(connection, table, people)
        merges = {**{merge.taken_in: merge for merge in told}, **known}
        await _move_doors(connection, table, count(before, known), count(before + moves, merges))
        await _insert(connection, f"{table}_moves", moves)
        await _insert(connection, f"{table}_merges", [merges[m] for m in merges.keys() - known])

    return Projection(
        name=name,
        version=version,
        ddl=_DDL.replace("{table}", table),
        tables=(f"{table}_moves", f"{table}_merges", f"{table}_doors"),
        facts=(*facts, MemberMerged),
        apply=apply,
    )


_DDL = """
CREATE TABLE {table}_moves (
    community_id uuid NOT NULL,
    place uuid NOT NULL,
    person_id uuid NOT NULL,
    reason uuid NOT NULL,
    at timestamptz NOT NULL,
    version bigint NOT NULL,
    begins boolean NOT NULL
);
CREATE INDEX {table}_moves_person ON {table}_moves (person_id);
CREATE TABLE {table}_merges (
    taken_in uuid PRIMARY KEY,
    community_id uuid NOT NULL,
    person_id uuid NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX {table}_merges_person ON {table}_merges (person_id);
CREATE TABLE {table}_doors (
    community_id uuid NOT NULL,
    place uuid NOT NULL,
    slot timestamptz NOT NULL,
    came int NOT NULL,
    gone int NOT NULL,
    PRIMARY KEY (community_id, slot, place)
);
"""


def _merge_of(fact: Fact) -> Merge:
    body: MemberMerged = fact.body
    return Merge(body.taken_in, fact.community_id, body.person_id, fact.at)


async def _merges(connection: Any, table: str, named: Collection[UUID]) -> dict[UUID, Merge]:
    """All merges of those who are one with any of these."""
    rows = await connection.fetch(
        f"SELECT * FROM {table}_merges WHERE person_id = ANY ($1) OR person_id IN"  # noqa: S608  A word of our own.
        f" (SELECT person_id FROM {table}_merges WHERE taken_in = ANY ($1))",
        list(named),
    )
    return {row["taken_in"]: Merge(*row) for row in rows}


async def _moves(connection: Any, table: str, people: Collection[UUID]) -> list[Move]:
    rows = await connection.fetch(
        f"SELECT * FROM {table}_moves WHERE person_id = ANY ($1)",  # noqa: S608  A word of our own.
        list(people),
    )
    return [Move(*row) for row in rows]


async def _insert(connection: Any, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        places = ", ".join(f"${number + 1}" for number in range(len(rows[0])))
        await connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608  Words of our own.


async def _move_doors(
    connection: Any,
    table: str,
    before: tuple[Counter[Door], Counter[Door]],
    after: tuple[Counter[Door], Counter[Door]],
) -> None:
    """What is heard of late can show that somebody came at another door, or never."""
    for was, now in zip(before, after, strict=True):
        now.subtract(was)
    came, gone = after
    moved = sorted(door for door in came.keys() | gone.keys() if came[door] or gone[door])
    await connection.executemany(
        f"INSERT INTO {table}_doors AS d VALUES ($1, $2, $3, $4, $5)"  # noqa: S608  A word of our own.
        " ON CONFLICT (community_id, slot, place) DO UPDATE"
        " SET came = d.came + excluded.came, gone = d.gone + excluded.gone",
        [(*door, came[door], gone[door]) for door in moved],
    )
