"""How many seats of a gathering are left."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from services.events.sale import events
from shared.event_store import Fact
from shared.projection import Projection


def seats_freed(fact: events.SaleEvent) -> int:
    """How many more (or fewer) seats are left after the fact."""
    match fact:
        case (
            events.SeatReleased(seats) | events.SeatsWithdrawn(seats) | events.SeatsReturned(seats)
        ):
            return seats.count
        case events.SeatHeld(seats) | events.SeatsSold(seats, late=True):
            return -seats.count
        case _:
            return 0


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    freed = Counter[UUID]()
    for fact in facts:
        if isinstance(fact.body, events.SaleOpened):
            await connection.execute(
                "INSERT INTO seats_left_v1 VALUES ($1, $2, $3)",
                fact.body.gathering_id, fact.community_id, fact.body.capacity,
            )  # fmt: skip
        else:
            freed[fact.body.seats.gathering_id] += seats_freed(fact.body)
    await connection.executemany(
        "UPDATE seats_left_v1 SET seats = seats + $2 WHERE gathering_id = $1", list(freed.items())
    )


SEATS_LEFT = Projection(
    name="seats_left",
    version=1,
    ddl="""
        CREATE TABLE seats_left_v1 (
            gathering_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            seats int NOT NULL
        )
    """,
    tables=("seats_left_v1",),
    facts=(
        events.SaleOpened,
        events.SeatHeld,
        events.SeatReleased,
        events.SeatsSold,
        events.SeatsWithdrawn,
        events.SeatsReturned,
    ),
    apply=apply,
)


async def seats_left_among(connection: Any, gathering_ids: Collection[UUID]) -> dict[UUID, int]:
    """By gathering, for those whose sale has opened."""
    rows = await connection.fetch(
        "SELECT gathering_id, seats FROM seats_left_v1 WHERE gathering_id = ANY ($1)",
        list(gathering_ids),
    )
    return {row["gathering_id"]: row["seats"] for row in rows}
