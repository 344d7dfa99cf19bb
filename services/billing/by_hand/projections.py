"""What a community says of paying by hand as of now, and the step by which a receipt is taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.billing.by_hand import commands
from services.billing.by_hand.decider import BY_HAND, RECEIPT, Instructions, by_hand_stream
from services.billing.payment import events
from services.billing.references import reference_of
from shared.event_store import Fact
from shared.ids import PLATFORM
from shared.money import Money
from shared.projection import Projection
from shared.reaction import Ask
from shared.service import Service


@dataclass(frozen=True, slots=True)
class OwedBack:
    """What came by hand and has to go back by hand."""

    refund_id: UUID
    payment_id: UUID
    person_id: UUID
    amount: Money
    reason: events.RefundReason
    since: datetime


@dataclass(frozen=True, slots=True)
class ByHand:
    """Where the money goes, what is written on it, and until when it is waited for, once that was chosen."""

    instructions: str
    reference: str
    until: datetime | None = None


async def by_hand_now(service: Service, community_id: UUID) -> Instructions:
    """Read strongly; None where nobody may pay by hand."""
    instructions: Instructions
    instructions, _ = await service.handler.state(
        BY_HAND, by_hand_stream(community_id), community_id
    )
    return instructions


async def how_to_pay(
    service: Service, community_id: UUID, payment_id: UUID, until: datetime | None = None
) -> ByHand | None:
    """What whoever owes this payment is told; None where nobody may pay by hand."""
    said = await by_hand_now(service, community_id)
    return ByHand(said, reference_of(payment_id), until) if said else None


def claiming(receipt_id: UUID, payment_id: UUID) -> Ask:
    """The step by which a request that records money takes its receipt: both or neither."""
    return Ask(RECEIPT, receipt_id, commands.ClaimReceipt(payment_id))


async def apply_owed(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.RefundOwed(refund_id, person_id, amount, _, reason):
                await connection.execute(
                    "INSERT INTO refunds_owed_v1 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                    refund_id, fact.community_id, fact.stream_id, person_id, amount.minor,
                    amount.currency, reason, fact.at,
                )  # fmt: skip
            case events.RefundIssued(refund_id) | events.RefundFailed(refund_id):
                await connection.execute(
                    "DELETE FROM refunds_owed_v1 WHERE refund_id = $1", refund_id
                )


REFUNDS_OWED = Projection(
    name="refunds_owed",
    version=1,
    ddl="""
        CREATE TABLE refunds_owed_v1 (
            refund_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            payment_id uuid NOT NULL,
            person_id uuid NOT NULL,
            amount_minor bigint NOT NULL,
            currency text NOT NULL,
            reason text NOT NULL,
            since timestamptz NOT NULL
        );
    """,
    tables=("refunds_owed_v1",),
    facts=(events.RefundOwed, events.RefundIssued, events.RefundFailed),
    apply=apply_owed,
)


async def owed_back_after(connection: Any, after: UUID | None, limit: int) -> list[OwedBack]:
    """What the community has to give back by hand, in a stable order."""
    rows = await connection.fetch(
        "SELECT * FROM refunds_owed_v1 WHERE refund_id > $1 ORDER BY refund_id LIMIT $2",
        after or PLATFORM, limit,
    )  # fmt: skip
    return [
        OwedBack(
            row["refund_id"], row["payment_id"], row["person_id"],
            Money(row["amount_minor"], row["currency"]), row["reason"], row["since"],
        )
        for row in rows
    ]  # fmt: skip
