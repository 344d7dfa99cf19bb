"""How far an account has been read, and what its prices become; whom the community knows by an id elsewhere."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.billing.elsewhere import Target
from services.billing.migration import events
from services.billing.offer.projections import Listed, offers_among
from shared.contracts.membership_member import PersonErased
from shared.contracts.membership_origin import MembersBrought, origin_of
from shared.event_store import Fact
from shared.ids import Code, PersonId
from shared.money import Money
from shared.projection import Projection


@dataclass(frozen=True, slots=True)
class Scanned:
    """`seen` subscriptions were read by the latest scan; `code` is why it failed, if it did."""

    state: Literal["reading", "read", "failed"]
    seen: int
    code: Code | None
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class Price:
    """A price there, and the offer that it becomes here once that was said."""

    price: Code
    amount: Money
    interval: str
    every: int
    offer_id: UUID | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.ScanBegun():
                await connection.execute(
                    "INSERT INTO migrations_v1 VALUES ($1, 'reading', 0, NULL, $2)"
                    " ON CONFLICT (community_id) DO UPDATE"
                    " SET state = 'reading', seen = 0, code = NULL, begun_at = excluded.begun_at",
                    fact.community_id, fact.at,
                )  # fmt: skip
            case events.PageRead() as page:
                await _read(connection, fact.community_id, page)
            case events.ScanFailed(code=code):
                await connection.execute(
                    "UPDATE migrations_v1 SET state = 'failed', code = $2 WHERE community_id = $1",
                    fact.community_id, code,
                )  # fmt: skip
            case events.PriceMapped(price, offer_id):
                await connection.execute(
                    "UPDATE migrations_v1_prices SET offer_id = $3"
                    " WHERE community_id = $1 AND price = $2",
                    fact.community_id, price, offer_id,
                )  # fmt: skip


async def _read(connection: Any, community_id: UUID, page: events.PageRead) -> None:
    await connection.execute(
        "UPDATE migrations_v1 SET seen = seen + $2, state = $3 WHERE community_id = $1",
        community_id, len(page.theirs), "reading" if page.after else "read",
    )  # fmt: skip
    await connection.executemany(
        "INSERT INTO migrations_v1_prices VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        [
            (
                community_id,
                one.price,
                one.amount.minor,
                one.amount.currency,
                one.interval,
                one.every,
            )
            for one in page.theirs
        ],
    )


MIGRATIONS = Projection(
    name="migrations",
    version=1,
    ddl="""
        CREATE TABLE migrations_v1 (
            community_id uuid PRIMARY KEY,
            state text NOT NULL,
            seen int NOT NULL,
            code text,
            begun_at timestamptz NOT NULL
        );
        CREATE TABLE migrations_v1_prices (
            community_id uuid NOT NULL,
            price text NOT NULL,
            minor bigint NOT NULL,
            currency text NOT NULL,
            per text NOT NULL,
            every int NOT NULL,
            offer_id uuid,
            PRIMARY KEY (community_id, price)
        );
    """,
    tables=("migrations_v1", "migrations_v1_prices"),
    facts=(events.ScanBegun, events.PageRead, events.ScanFailed, events.PriceMapped),
    apply=apply,
)


async def scanned(connection: Any) -> Scanned | None:
    """How far the community's account has been read, None where it never was."""
    row = await connection.fetchrow("SELECT state, seen, code, begun_at FROM migrations_v1")
    return Scanned(**row) if row else None


async def prices_read(connection: Any) -> list[Price]:
    """Every price that anybody pays there: as many as a creator has, which are few."""
    rows = await connection.fetch("SELECT * FROM migrations_v1_prices ORDER BY price")
    return [
        Price(
            row["price"], Money(row["minor"], row["currency"]), row["per"], row["every"],
            row["offer_id"],
        )
        for row in rows
    ]  # fmt: skip


async def targets_of(connection: Any) -> dict[Code, Target]:
    """The offers that prices become, as far as that was said; a named price is none of the offer's own."""
    prices = await prices_read(connection)
    offers = await offers_among(connection, {one.offer_id for one in prices if one.offer_id})
    return {
        one.price: _target(offers[one.offer_id], one.amount.currency)
        for one in prices
        if one.offer_id in offers
    }


def _target(offer: Listed, currency: str) -> Target:
    price = offer.price_in(currency)
    alone = not (offer.seats or offer.year or offer.donation) and offer.interval != "once"
    amount = price.amount if price and price.minimum is None else None
    return Target(
        offer.offer_id, offer.tier_id, offer.interval, offer.every, amount, offer.price_version,
        alone,
    )  # fmt: skip


async def apply_origins(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case MembersBrought(origins=origins):
                await connection.executemany(
                    "INSERT INTO origins_v1 VALUES ($1, $2, $3) ON CONFLICT (community_id, origin)"
                    " DO UPDATE SET person_id = excluded.person_id",
                    [(fact.community_id, one.origin, one.person_id) for one in origins],
                )
            case PersonErased(person_id=person_id):
                await connection.execute("DELETE FROM origins_v1 WHERE person_id = $1", person_id)


ORIGINS = Projection(
    name="origins",
    version=1,
    ddl="""
        CREATE TABLE origins_v1 (
            community_id uuid NOT NULL,
            origin uuid NOT NULL,
            person_id uuid NOT NULL,
            PRIMARY KEY (community_id, origin)
        );
        CREATE INDEX origins_v1_person ON origins_v1 (person_id);
    """,
    tables=("origins_v1",),
    facts=(MembersBrought, PersonErased),
    apply=apply_origins,
)


async def persons_behind(
    connection: Any, community_id: UUID, customers: Collection[Code]
) -> dict[Code, PersonId]:
    """Who the customers of the creator's own billing are here, where an import has said so."""
    prints = {origin_of(community_id, customer): customer for customer in customers}
    rows = await connection.fetch(
        "SELECT origin, person_id FROM origins_v1 WHERE origin = ANY ($1)", list(prints)
    )
    return {prints[row["origin"]]: PersonId(row["person_id"]) for row in rows}
