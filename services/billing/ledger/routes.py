"""The books as tables: every payment as it stands, and every movement of money for who keeps the accounts."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from services.billing.ledger.projections import Entry, Kind, Window, entries_after
from services.billing.merchant.projections import merchant_of
from services.billing.payer.events import BY_HAND
from services.billing.payment.projections import Paid, payments_after
from services.billing.references import reference_of
from shared.http import Caller, needs
from shared.takeout.exports import record
from shared.takeout.table import Cell, Csv, decimal, paged, table

router = APIRouter()

State = Literal[
    "started", "awaited", "requires_action", "processing", "failed", "withdrawn", "succeeded"
]
Reader = Annotated[Caller, needs("sales.read", strict=True)]

PAYMENTS = (
    "payment_id", "reference", "person_id", "at", "state", "currency", "amount", "refunded", "kept", "platform_fee",
    "origin", "origin_id", "payment_intent", "account", "problem",
)  # fmt: skip
LEDGER = (
    "day", "at", "kind", "payment_id", "reference", "refund_id", "person_id", "charged_for", "currency", "amount",
    "way", "processor_id",
)  # fmt: skip


@router.get("/exports/payments", operation_id="export_payments", response_class=Csv)
async def export_payments(
    caller: Reader, state: Annotated[State | None, Query(alias="filter[state]")] = None
) -> Csv:
    """As CSV, with amounts in decimals of their currency; `kept` is what has not gone back. It is recorded."""
    await record(caller, "payments", {"state": state})
    return table("payments", PAYMENTS, _payments(caller, state))


async def _payments(caller: Caller, state: str | None) -> AsyncIterator[list[Sequence[Cell]]]:
    async def read(last: Paid | None, limit: int) -> list[Paid]:
        after = last.payment_id if last else None
        async with caller.read() as connection:
            return await payments_after(connection, after, limit, state=state)

    async for payments in paged(read):
        yield [_payment(payment) for payment in payments]


def _payment(payment: Paid) -> Sequence[Cell]:
    came = payment.amount if payment.state == "succeeded" else payment.amount * 0
    return (
        payment.payment_id, reference_of(payment.payment_id), payment.person_id, payment.at, payment.state,
        payment.amount.currency, decimal(payment.amount), decimal(payment.refunded),
        decimal(came - payment.refunded), decimal(payment.platform_fee), payment.origin, payment.origin_id,
        payment.intent, payment.account, payment.code,
    )  # fmt: skip


@router.get("/exports/ledger", operation_id="export_ledger", response_class=Csv)
async def export_ledger(
    caller: Reader,
    kind: Annotated[Kind | None, Query(alias="filter[kind]")] = None,
    first: Annotated[date | None, Query(alias="filter[from]")] = None,
    last: Annotated[date | None, Query(alias="filter[to]")] = None,
) -> Csv:
    """As CSV, the oldest first: what came, what went back (negative) and what banks took for good, by what it was for.

    Days are those of the community's zone, and both ends are included. It is recorded.
    """
    async with caller.read() as connection:
        zone = ZoneInfo((await merchant_of(connection)).time_zone)
    await record(caller, "ledger", {"kind": kind, "from": first, "to": last})
    window = Window(_begin(first, zone), _begin(last and last + timedelta(days=1), zone))
    return table("ledger", LEDGER, _entries(caller, kind, window, zone))


def _begin(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time(), zone) if day else None


async def _entries(
    caller: Caller, kind: Kind | None, window: Window, zone: ZoneInfo
) -> AsyncIterator[list[Sequence[Cell]]]:
    async def read(last: Entry | None, limit: int) -> list[Entry]:
        async with caller.read() as connection:
            return await entries_after(connection, caller.community_id, last, limit, kind, window)

    async for entries in paged(read):
        yield [_entry(entry, zone) for entry in entries]


def _entry(entry: Entry, zone: ZoneInfo) -> Sequence[Cell]:
    by_hand = entry.processor == BY_HAND
    return (
        entry.at.astimezone(zone).date(), entry.at, entry.kind, entry.payment_id,
        reference_of(entry.payment_id), entry.refund_id, entry.person_id, entry.charged_for,
        entry.amount.currency, decimal(entry.amount), "by_hand" if by_hand else "processor",
        None if by_hand else entry.processor,
    )  # fmt: skip
