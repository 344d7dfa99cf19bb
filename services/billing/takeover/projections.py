"""What there is to take over, and how far each of it has come."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.billing.elsewhere import Theirs
from services.billing.handover import Standing
from services.billing.subscription.events import Period
from services.billing.takeover import events
from shared.decider import members
from shared.event_store import Fact
from shared.ids import PLATFORM, Code
from shared.projection import Projection

_THEIRS = TypeAdapter(Theirs)

_STANDINGS: dict[type, Standing] = {
    events.TheirsSetToEnd: "confirmed",
    events.TheirsEnded: "owned",
    events.ReversalAsked: "reverting",
    events.TakeoverReverted: "reverted",
    events.TakeoverFailed: "failed",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A subscription there; `twice` where its customer has two of the same. `ends_at` is of what was charged there.

    `held_up` says why ours waits.
    """

    takeover_id: UUID
    theirs: Theirs
    standing: Standing
    twice: bool
    subscription_id: UUID | None
    ends_at: datetime
    held_up: Code | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.TheirsSeen(theirs):
                await _see(connection, fact, theirs)
            case events.TakeoverBegun(subscription_id, brought=came):
                begun = {"standing": "begun", "subscription_id": subscription_id}
                await _change(connection, fact, **begun, ends_at=came.period.end)
            case events.TheirsRenewed(period=period):
                await _renew(connection, fact, period)
            case events.TheirsHeldUp(code=code):
                await _change(connection, fact, held_up=code)
            case events.TheirsDue() | events.ReversalMissed():
                pass
            case other:
                await _change(connection, fact, standing=_STANDINGS[type(other)], held_up=None)


async def _see(connection: Any, fact: Fact, theirs: Theirs) -> None:
    await connection.execute(
        "INSERT INTO takeovers_v1 VALUES ($1, $2, $3, $4, $5, 'planned', NULL, $6)"
        " ON CONFLICT (takeover_id) DO UPDATE SET price = excluded.price,"
        " theirs = excluded.theirs, standing = 'planned', ends_at = excluded.ends_at",
        fact.stream_id, fact.community_id, theirs.customer, theirs.price,
        _THEIRS.dump_json(theirs).decode(), theirs.period_end,
    )  # fmt: skip


async def _renew(connection: Any, fact: Fact, period: Period) -> None:
    await connection.execute(
        "UPDATE takeovers_v1 SET ends_at = $2, held_up = NULL,"
        " standing = CASE standing WHEN 'confirmed' THEN 'begun' ELSE standing END"
        " WHERE takeover_id = $1",
        fact.stream_id, period.end,
    )  # fmt: skip


async def _change(connection: Any, fact: Fact, **changes: object) -> None:
    sets = ", ".join(f"{column} = ${number}" for number, column in enumerate(changes, 2))
    await connection.execute(
        f"UPDATE takeovers_v1 SET {sets} WHERE takeover_id = $1",  # noqa: S608  The words are ours.
        fact.stream_id,
        *changes.values(),
    )


TAKEOVERS = Projection(
    name="takeovers",
    version=1,
    ddl="""
        CREATE TABLE takeovers_v1 (
            takeover_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            customer text NOT NULL,
            price text NOT NULL,
            theirs text NOT NULL,
            standing text NOT NULL,
            subscription_id uuid,
            ends_at timestamptz NOT NULL,
            held_up text
        );
        CREATE INDEX takeovers_v1_list ON takeovers_v1 (community_id, takeover_id);
        CREATE INDEX takeovers_v1_customer ON takeovers_v1 (community_id, customer, price);
    """,
    tables=("takeovers_v1",),
    facts=members(events.TakeoverEvent),
    apply=apply,
)

# What was not read again since its period ended is no second one: it may be gone.
_ROWS = """
    SELECT t.*, EXISTS (
        SELECT FROM takeovers_v1 o WHERE o.community_id = t.community_id
        AND o.customer = t.customer AND o.price = t.price AND o.takeover_id <> t.takeover_id
        AND o.standing <> 'failed' AND o.ends_at > $1
    ) AS twice FROM takeovers_v1 t
"""


async def takeovers_after(
    connection: Any, at: datetime, after: UUID | None, limit: int, standing: str | None = None
) -> list[Row]:
    """Those of the community as of `at`, in a stable order."""
    rows = await connection.fetch(
        f"{_ROWS} WHERE t.takeover_id > $2 AND ($4::text IS NULL OR t.standing = $4)"
        " ORDER BY t.takeover_id LIMIT $3",
        at, after or PLATFORM, limit, standing,
    )  # fmt: skip
    return [_row(row) for row in rows]


async def takeovers_among(
    connection: Any, at: datetime, takeover_ids: Collection[UUID]
) -> dict[UUID, Row]:
    """Those of the ids that the community has."""
    rows = await connection.fetch(f"{_ROWS} WHERE t.takeover_id = ANY ($2)", at, list(takeover_ids))
    return {row["takeover_id"]: _row(row) for row in rows}


async def standings(connection: Any) -> dict[Standing, int]:
    """How many of the community's stand how."""
    rows = await connection.fetch("SELECT standing, count(*) FROM takeovers_v1 GROUP BY standing")
    return {row["standing"]: row["count"] for row in rows}


def _row(row: Any) -> Row:
    return Row(
        row["takeover_id"], _THEIRS.validate_json(row["theirs"]), row["standing"], row["twice"],
        row["subscription_id"], row["ends_at"], row["held_up"],
    )  # fmt: skip
