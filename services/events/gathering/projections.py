"""What gatherings there are, and when."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.events.gathering import events
from services.events.gathering.decider import GATHERING, Gathering
from shared.contracts import events_gathering as contracts
from shared.contracts.contract import MoneyValue
from shared.decider import NotFound
from shared.event_store import Fact
from shared.http import Caller
from shared.ids import PLATFORM, Label
from shared.money import Money
from shared.projection import Projection

_TERMS = TypeAdapter(events.MemberTerms)


@dataclass(frozen=True, slots=True)
class Listed:
    gathering_id: UUID
    version: int
    name: Label
    place: Label | None
    starts_at: datetime
    ends_at: datetime
    capacity: int
    price: Money
    cancelled: bool
    member_terms: events.MemberTerms


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.GatheringPublished(name, place, starts_at, ends_at, capacity, price, terms):
                await connection.execute(
                    "INSERT INTO gatherings_v2 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                    fact.stream_id, fact.community_id, fact.version, name, place,
                    starts_at, ends_at, capacity, price.minor, price.currency, _TERMS.dump_json(terms).decode(),
                )  # fmt: skip
            case events.GatheringRescheduled(starts_at, ends_at):
                await connection.execute(
                    "UPDATE gatherings_v2 SET version = $2, starts_at = $3, ends_at = $4"
                    " WHERE gathering_id = $1",
                    fact.stream_id, fact.version, starts_at, ends_at,
                )  # fmt: skip
            case events.GatheringCancelled():
                await connection.execute(
                    "UPDATE gatherings_v2 SET version = $2, cancelled = true"
                    " WHERE gathering_id = $1",
                    fact.stream_id, fact.version,
                )  # fmt: skip


GATHERINGS = Projection(
    name="gatherings",
    version=2,
    ddl="""
        CREATE TABLE gatherings_v2 (
            gathering_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            version int NOT NULL,
            name text NOT NULL,
            place text,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            capacity int NOT NULL,
            price_minor bigint NOT NULL,
            currency text NOT NULL,
            member_terms text NOT NULL,
            cancelled boolean NOT NULL DEFAULT false
        );
        CREATE INDEX gatherings_v2_coming ON gatherings_v2 (community_id, starts_at, gathering_id);
    """,
    tables=("gatherings_v2",),
    facts=(
        events.GatheringPublished,
        events.GatheringRescheduled,
        events.GatheringCancelled,
    ),
    apply=apply,
)


async def gatherings_among(connection: Any, gathering_ids: Collection[UUID]) -> dict[UUID, Listed]:
    """Those of the ids that are known here."""
    rows = await connection.fetch(
        "SELECT * FROM gatherings_v2 WHERE gathering_id = ANY ($1)", list(gathering_ids)
    )
    return {row["gathering_id"]: _listed(row) for row in rows}


async def gathering_now(caller: Caller, gathering_id: UUID) -> Gathering:
    """The gathering as of this moment; NotFound when the caller's community has no such one."""
    gathering: Gathering | None = await caller.state(GATHERING, gathering_id)
    if gathering is None:
        raise NotFound("gathering_not_found", "There is no such gathering.")
    return gathering


def _listed(row: Any) -> Listed:
    return Listed(
        row["gathering_id"], row["version"], row["name"], row["place"],
        row["starts_at"], row["ends_at"], row["capacity"],
        Money(row["price_minor"], row["currency"]), row["cancelled"],
        _TERMS.validate_json(row["member_terms"]),
    )  # fmt: skip


def told_terms(terms: events.MemberTerms) -> dict[str, Any]:
    """The terms in the words of the public language, which are those of the answers as well."""
    presale, cheaper = terms.presale, terms.member_price
    return {
        "presale": presale
        and contracts.Presale(
            tiers=presale.tiers, opens_at=presale.opens_at, everybody_at=presale.everybody_at
        ),
        "member_price": cheaper
        and contracts.MemberPrice(tiers=cheaper.tiers, price=MoneyValue.of(cheaper.price)),
        "only_for": terms.only_for,
    }


Cursor = tuple[datetime, UUID]
BEGINNING: Cursor = (datetime(1970, 1, 1, tzinfo=UTC), PLATFORM)


async def coming_gatherings(
    connection: Any, now: datetime, after: Cursor | None, limit: int
) -> list[Listed]:
    """Those of the community that are not over and take place, the next one first."""
    rows = await connection.fetch(
        "SELECT * FROM gatherings_v2 WHERE ends_at > $1 AND NOT cancelled"
        " AND (starts_at, gathering_id) > ($2, $3) ORDER BY starts_at, gathering_id LIMIT $4",
        now, *(after or BEGINNING), limit,
    )  # fmt: skip
    return [_listed(row) for row in rows]
