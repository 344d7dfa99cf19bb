"""What was charged, what came of it, and how much went back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.billing.comparison import Booked
from services.billing.payer.events import BY_HAND
from services.billing.payment import commands, events
from services.billing.payment.decider import PAYMENT
from services.billing.purse import Purse
from services.billing.statements import Statements
from shared.event_store import Fact
from shared.ids import PLATFORM, Code, PersonId
from shared.money import Money
from shared.projection import Projection
from shared.reaction import Ask
from shared.service import Service


@dataclass(frozen=True, slots=True)
class Paid:
    """One payment; `code` is why its last attempt failed."""

    payment_id: UUID
    person_id: UUID
    origin: str
    origin_id: UUID
    state: str
    amount: Money
    refunded: Money
    intent: Code | None
    account: Code | None
    code: Code | None
    at: datetime
    platform_fee: Money


_STATES = {
    events.PaymentActionRequired: "requires_action",
    events.PaymentApproved: "processing",
    events.PaymentProcessing: "processing",
    events.PaymentFailed: "failed",
    events.PaymentWithdrawn: "withdrawn",
    events.PaymentSucceeded: "succeeded",
}


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    statements = Statements()
    for fact in facts:
        match fact.body:
            case events.ChargeStarted() | events.PaymentAwaited():
                await _begin(statements, fact)
            case events.PaymentIntentCreated(_, intent) | events.WithdrawalAsked(intent):
                await statements.execute(
                    "UPDATE payments_v2 SET intent = $2 WHERE payment_id = $1",
                    fact.stream_id, intent,
                )  # fmt: skip
            case events.RefundIssued(amount=amount):
                await statements.execute(
                    "UPDATE payments_v2 SET refunded_minor = refunded_minor + $2"
                    " WHERE payment_id = $1",
                    fact.stream_id, amount.minor,
                )  # fmt: skip
            case events.PaymentSucceeded(intent=intent, platform_fee=fee):
                await statements.execute(
                    "UPDATE payments_v2 SET state = 'succeeded', intent = $2, code = NULL, at = $3,"
                    " platform_fee_minor = $4 WHERE payment_id = $1",
                    fact.stream_id, None if intent == BY_HAND else intent, fact.at, fee.minor if fee else 0,
                )  # fmt: skip
            case body:
                code = body.code if isinstance(body, events.PaymentFailed) else None
                await statements.execute(
                    "UPDATE payments_v2 SET state = $2, code = $3, at = $4 WHERE payment_id = $1",
                    fact.stream_id, _STATES[type(body)], code, fact.at,
                )  # fmt: skip
    await statements.run(connection)


async def _begin(statements: Statements, fact: Fact) -> None:
    begun: events.ChargeStarted | events.PaymentAwaited = fact.body
    charge = begun.charge
    await statements.execute(
        "INSERT INTO payments_v2 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        " ON CONFLICT (payment_id) DO UPDATE SET state = excluded.state, intent = NULL,"
        " account = excluded.account, code = NULL, at = excluded.at",
        fact.stream_id, fact.community_id, charge.person_id, charge.origin, charge.origin_id,
        "awaited" if isinstance(begun, events.PaymentAwaited) else "started",
        charge.amount.minor, charge.amount.currency, begun.instrument.account, fact.at,
    )  # fmt: skip


PAYMENTS = Projection(
    name="payments",
    version=2,
    ddl="""
        CREATE TABLE payments_v2 (
            payment_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            person_id uuid NOT NULL,
            origin text NOT NULL,
            origin_id uuid NOT NULL,
            state text NOT NULL,
            amount_minor bigint NOT NULL,
            currency text NOT NULL,
            account text,
            at timestamptz NOT NULL,
            intent text,
            code text,
            refunded_minor bigint NOT NULL DEFAULT 0,
            platform_fee_minor bigint NOT NULL DEFAULT 0
        );
        CREATE INDEX payments_v2_list ON payments_v2 (community_id, payment_id);
    """,
    tables=("payments_v2",),
    facts=(
        events.ChargeStarted,
        events.PaymentAwaited,
        events.PaymentIntentCreated,
        events.WithdrawalAsked,
        events.RefundIssued,
        *_STATES,
    ),
    apply=apply,
)


@dataclass(frozen=True, slots=True)
class Disputed:
    """One dispute; `standing` is inquiry or open until it is decided."""

    payment_id: UUID
    dispute: Code
    person_id: UUID
    amount: Money
    reason: events.DisputeReason
    standing: str
    respond_by: datetime | None
    opened_at: datetime
    closed_at: datetime | None


async def apply_disputes(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.DisputeOpened() as opened:
                await connection.execute(
                    "INSERT INTO disputes_v1 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
                    " ON CONFLICT (payment_id, dispute) DO UPDATE SET standing = excluded.standing,"
                    " respond_by = excluded.respond_by, amount_minor = excluded.amount_minor,"
                    " closed_at = NULL",
                    fact.stream_id, opened.dispute, fact.community_id, opened.charge.person_id,
                    opened.amount.minor, opened.amount.currency, opened.reason,
                    "inquiry" if opened.inquiry else "open", opened.respond_by, fact.at,
                )  # fmt: skip
            case events.DisputeDeadlineMoved(dispute, respond_by):
                await connection.execute(
                    "UPDATE disputes_v1 SET respond_by = $3 WHERE (payment_id, dispute) = ($1, $2)",
                    fact.stream_id, dispute, respond_by,
                )  # fmt: skip
            case events.DisputeClosed(dispute, outcome=outcome):
                await connection.execute(
                    "UPDATE disputes_v1 SET standing = $3, closed_at = $4"
                    " WHERE (payment_id, dispute) = ($1, $2)",
                    fact.stream_id, dispute, outcome, fact.at,
                )  # fmt: skip


DISPUTES = Projection(
    name="disputes",
    version=1,
    ddl="""
        CREATE TABLE disputes_v1 (
            payment_id uuid NOT NULL,
            dispute text NOT NULL,
            community_id uuid NOT NULL,
            person_id uuid NOT NULL,
            amount_minor bigint NOT NULL,
            currency text NOT NULL,
            reason text NOT NULL,
            standing text NOT NULL,
            respond_by timestamptz,
            opened_at timestamptz NOT NULL,
            closed_at timestamptz,
            PRIMARY KEY (payment_id, dispute)
        );
        CREATE INDEX disputes_v1_list ON disputes_v1 (community_id, dispute);
    """,
    tables=("disputes_v1",),
    facts=(events.DisputeOpened, events.DisputeDeadlineMoved, events.DisputeClosed),
    apply=apply_disputes,
)


async def disputes_after(connection: Any, after: str | None, limit: int) -> list[Disputed]:
    """Those of the community, in a stable order."""
    rows = await connection.fetch(
        "SELECT * FROM disputes_v1 WHERE dispute > $1 ORDER BY dispute LIMIT $2",
        after or "", limit,
    )  # fmt: skip
    return [
        Disputed(
            row["payment_id"], row["dispute"], row["person_id"],
            Money(row["amount_minor"], row["currency"]), row["reason"], row["standing"],
            row["respond_by"], row["opened_at"], row["closed_at"],
        )
        for row in rows
    ]  # fmt: skip


async def payment_by_id(connection: Any, payment_id: UUID) -> Paid | None:
    """The payment, None when nothing was charged under this id."""
    row = await connection.fetchrow("SELECT * FROM payments_v2 WHERE payment_id = $1", payment_id)
    return _paid(row) if row else None


async def purse_of(service: Service, community_id: UUID, payment_id: UUID) -> Purse | None:
    """What of it may still go back; None before it was collected. Read strongly."""
    payment, _ = await service.handler.state(PAYMENT, payment_id, community_id)
    return payment.purse if payment and payment.status == "succeeded" else None


def resuming(payment_id: UUID, person_id: PersonId) -> Ask:
    """Who has a link, not an account, is back from the processor's page."""
    return Ask(PAYMENT, payment_id, commands.ResumePayment(person_id))


async def payments_after(
    connection: Any,
    after: UUID | None,
    limit: int,
    *,
    state: str | None = None,
    between: tuple[UUID, UUID] | None = None,
) -> list[Paid]:
    """Those of the community, in a stable order, `between` two ids with both of them."""
    first, last = between or (None, None)
    rows = await connection.fetch(
        "SELECT * FROM payments_v2 WHERE payment_id > $1 AND ($3::text IS NULL OR state = $3)"
        " AND ($4::uuid IS NULL OR payment_id BETWEEN $4 AND $5) ORDER BY payment_id LIMIT $2",
        after or PLATFORM, limit, state, first, last,
    )  # fmt: skip
    return [_paid(row) for row in rows]


async def booked_among(
    connection: Any, community_id: UUID, payment_ids: Collection[UUID]
) -> dict[UUID, Booked]:
    """Those of the payments that the community has, whoever the connection may see."""
    rows = await connection.fetch(
        "SELECT * FROM payments_v2 WHERE community_id = $1 AND payment_id = ANY ($2)",
        community_id, payment_ids,
    )  # fmt: skip
    return {row["payment_id"]: _booked(row) for row in rows}


async def booked_between(
    connection: Any,
    community_id: UUID,
    account: Code,
    window: tuple[datetime, datetime],
    after: UUID | None,
    limit: int,
    *,
    unpaid_too: bool,
) -> list[Booked]:
    """What the community was paid, or may have been, on this account from the beginning of the window to its end."""
    rows = await connection.fetch(
        "SELECT * FROM payments_v2 WHERE community_id = $1 AND payment_id > $2 AND account = $3"
        " AND (state = 'succeeded' OR $7 AND intent IS NOT NULL) AND at >= $4 AND at < $5"
        " ORDER BY payment_id LIMIT $6",
        community_id, after or PLATFORM, account, *window, limit, unpaid_too,
    )  # fmt: skip
    return [_booked(row) for row in rows]


def _booked(row: Any) -> Booked:
    paid = _paid(row)
    is_paid = paid.state == "succeeded"
    return Booked(paid.payment_id, paid.intent, is_paid, paid.amount, paid.refunded)


def _paid(row: Any) -> Paid:
    currency = row["currency"]
    return Paid(
        row["payment_id"], row["person_id"], row["origin"], row["origin_id"], row["state"],
        Money(row["amount_minor"], currency), Money(row["refunded_minor"], currency),
        row["intent"], row["account"], row["code"], row["at"],
        Money(row["platform_fee_minor"], currency),
    )  # fmt: skip
