"""Who gave how much since when, members and guests alike, and the receipts of one donation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.billing.donation import events
from services.billing.payer.events import PayerForgotten
from services.billing.payment.events import MoneyLine, PaymentSucceeded, RefundIssued
from shared.event_store import Fact
from shared.ids import PersonId
from shared.money import Money
from shared.personal_value import Sealed
from shared.projection import Projection


@dataclass(frozen=True, slots=True)
class Donor:
    """What somebody gave in one currency, less what went back. `name` is what a guest lets the staff see."""

    person_id: PersonId
    given: Money
    since: datetime
    latest: datetime
    gifts: int
    is_guest: bool
    name: Sealed | None


@dataclass(frozen=True, slots=True)
class Came:
    """One payment of a donation."""

    payment_id: UUID
    amount: Money
    returned: Money
    at: datetime


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.DonationOpened(person_id, checkout_id, name=name):
                await connection.execute(
                    "INSERT INTO donations_v2 VALUES ($1, $2, $3, $4, $5, false)",
                    checkout_id, fact.community_id, person_id, name.to_json() if name else None,
                    fact.at,
                )  # fmt: skip
            case PayerForgotten(person_id):
                gone = "UPDATE donations_v2 SET name = NULL, forgotten = true WHERE person_id = $1"
                await connection.execute(gone, person_id)
            case PaymentSucceeded(charge) if given := _given(charge.lines):
                await connection.execute(
                    "INSERT INTO donations_v2_gifts VALUES ($1, $2, $3, $4, $5, 0, $6, $7)",
                    fact.stream_id, fact.community_id, charge.person_id, charge.origin_id,
                    given, charge.amount.currency, fact.at,
                )  # fmt: skip
            case RefundIssued(lines=lines) if back := _given(lines):
                await connection.execute(
                    "UPDATE donations_v2_gifts SET returned_minor = returned_minor + $2"
                    " WHERE payment_id = $1",
                    fact.stream_id, back,
                )  # fmt: skip


def _given(lines: Sequence[MoneyLine]) -> int:
    return sum(line.amount.minor for line in lines if line.charged_for == "donation")


DONATIONS = Projection(
    name="donations",
    version=2,
    ddl="""
        CREATE TABLE donations_v2 (
            checkout_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            person_id uuid NOT NULL,
            name jsonb,
            opened_at timestamptz NOT NULL,
            forgotten boolean NOT NULL
        );
        CREATE INDEX donations_v2_person ON donations_v2 (person_id);
        CREATE TABLE donations_v2_gifts (
            payment_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            person_id uuid NOT NULL,
            origin_id uuid NOT NULL,
            amount_minor bigint NOT NULL,
            returned_minor bigint NOT NULL,
            currency text NOT NULL,
            at timestamptz NOT NULL
        );
        CREATE INDEX donations_v2_gifts_list ON donations_v2_gifts (community_id, person_id, currency);
    """,
    tables=("donations_v2", "donations_v2_gifts"),
    facts=(events.DonationOpened, PayerForgotten, PaymentSucceeded, RefundIssued),
    apply=apply,
)


async def donors_after(connection: Any, after: tuple[UUID, str] | None, limit: int) -> list[Donor]:
    """Those of the community the connection is scoped to, in a stable order."""
    person_id, currency = after or (None, None)
    rows = await connection.fetch(
        "SELECT person_id, currency, sum(amount_minor - returned_minor)::bigint AS given,"
        " min(at) AS since, max(at) AS latest, count(*) AS gifts,"
        " EXISTS (SELECT FROM donations_v2 d WHERE d.person_id = g.person_id) AS is_guest,"
        " (SELECT name FROM donations_v2 d WHERE d.person_id = g.person_id AND name IS NOT NULL"
        " ORDER BY opened_at DESC LIMIT 1) AS name"
        " FROM donations_v2_gifts g"
        " WHERE $1::uuid IS NULL OR (person_id, currency) > ($1, $2::text)"
        " GROUP BY person_id, currency ORDER BY person_id, currency LIMIT $3",
        person_id, currency, limit,
    )  # fmt: skip
    return [
        Donor(
            PersonId(row["person_id"]), Money(row["given"], row["currency"]), row["since"],
            row["latest"], row["gifts"], row["is_guest"],
            Sealed.from_json(row["name"]) if row["name"] else None,
        )
        for row in rows
    ]  # fmt: skip


async def is_kept(connection: Any, checkout_id: UUID) -> bool:
    """Whether its donor has not been forgotten."""
    sql = "SELECT EXISTS (SELECT FROM donations_v2 WHERE checkout_id = $1 AND NOT forgotten)"
    return bool(await connection.fetchval(sql, checkout_id))


async def gifts_of(connection: Any, *origins: UUID) -> list[Came]:
    """What came for a checkout and the subscription it began, the latest first."""
    rows = await connection.fetch(
        "SELECT * FROM donations_v2_gifts WHERE origin_id = ANY ($1) ORDER BY at DESC",
        list(origins),
    )
    return [
        Came(
            row["payment_id"], Money(row["amount_minor"], row["currency"]),
            Money(row["returned_minor"], row["currency"]), row["at"],
        )
        for row in rows
    ]  # fmt: skip
