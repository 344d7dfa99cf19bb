"""Since when a human being is somewhere, and until when; pure, and the same in any order of arrival.

Who is there for several reasons came once, with the first, and goes with the last. Two who were merged are one, as if
they had been all along: they came when the earlier of both did, and nobody left. What is handed from one to the other
at the merge ended nowhere and began nowhere.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID


class Move(NamedTuple):
    """Of a person, in their own stream: a reason to be at the place begins, or ends."""

    community_id: UUID
    place: UUID
    person_id: UUID
    reason: UUID
    at: datetime
    version: int
    begins: bool


class Merge(NamedTuple):
    """From `at` on, `taken_in` is `person_id`."""

    taken_in: UUID
    community_id: UUID
    person_id: UUID
    at: datetime


class Turn(NamedTuple):
    """Somebody came, or went."""

    at: datetime
    came: bool


def turns_of(moves: Iterable[Move], merges: Mapping[UUID, Merge]) -> list[Turn]:
    """One human being's at one place; `merges` are by who was taken in."""
    theirs = sorted(moves, key=attrgetter("at", "version"))
    handed = {
        (taken_in, move.reason)
        for taken_in, merge in merges.items()
        for move in theirs
        if move.begins and move.person_id == merge.person_id and move.at >= merge.at
    }
    turns: list[Turn] = []
    live: set[tuple[UUID, UUID]] = set()
    for move in theirs:
        was_there = bool(live)
        _follow(live, move, merges, handed)
        if bool(live) != was_there:
            turns.append(Turn(move.at, came=not was_there))
    return turns


def _follow(
    live: set[tuple[UUID, UUID]],
    move: Move,
    merges: Mapping[UUID, Merge],
    handed: set[tuple[UUID, UUID]],
) -> None:
    key = move.person_id, move.reason
    merge = merges.get(move.person_id)
    if move.begins:
        live.add(key)
    elif merge is None or move.at < merge.at or key not in handed:
        live.discard(key)
        live.difference_update(
            (one.taken_in, move.reason)
            for one in merges.values()
            if one.person_id == move.person_id and move.at >= one.at
        )
