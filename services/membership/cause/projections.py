"""The events that open and close doors, and those that led to them, each with the one that it follows from."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.membership.access.events import (
    AccessGranted,
    AccessHandedOver,
    AccessRevoked,
    BarForetold,
    ReasonInGrace,
    ReasonPassedOn,
)
from services.membership.crossing.events import FreeAccessEnded
from services.membership.invitation.events import InvitationAccepted
from services.membership.member.events import (
    BanLifted,
    MemberBanned,
    MemberJoined,
    MemberLeft,
    PersonErased,
)
from services.membership.member_import.events import RowsTaken
from services.membership.merging.events import PersonTakenIn
from services.membership.present.events import (
    PresentAccepted,
    PresentEnded,
    PresentRestored,
    PresentWithheld,
)
from services.membership.recognition.events import LevelLost, LevelReached, LevelRevised
from services.membership.seat.events import SeatClaimed, SeatRevoked, SeatsMoved
from shared.contracts import billing_order, billing_payment, billing_subscription
from shared.contracts.billing_checkout import CheckoutCompleted
from shared.contracts.billing_dispute import DisputeClosed, DisputeOpened
from shared.event_store import Fact
from shared.projection import Projection

FURTHEST = 12
"""How far back a chain is followed: what was bought through a checkout is five events old."""

DDL = """
CREATE TABLE causes_v1 (
    event_id     uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    source       text        NOT NULL,
    type         text        NOT NULL,
    subject      uuid        NOT NULL,
    at           timestamptz NOT NULL,
    caused_by    uuid        NOT NULL,
    by_account   uuid,
    reason_id    uuid,
    tier_id      uuid
);
CREATE INDEX causes_v1_reason ON causes_v1 (reason_id, subject) WHERE reason_id IS NOT NULL;
"""


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a chain; `subject` is the stream it is of, `by_account` who asked for it here, if somebody did."""

    event_id: UUID
    source: str
    type: str
    subject: UUID
    at: datetime
    by_account: UUID | None


Turn = tuple[Literal["AccessGranted", "AccessRevoked"], UUID, UUID, datetime]
"""A reason for a tier begins or ends at a moment: its type, the reason's id, the tier's, and when."""


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    await connection.executemany(
        "INSERT INTO causes_v1 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
        [_row(fact) for fact in facts],
    )


def _row(fact: Fact) -> tuple[object, ...]:
    turn = fact.body if isinstance(fact.body, AccessGranted | AccessRevoked) else None
    about = (turn.reason_id, turn.tier_id) if turn else (None, None)
    return (
        fact.event_id, fact.community_id, fact.source, type(fact.body).__name__, fact.stream_id, fact.at,
        fact.meta.causation_id, fact.meta.actor, *about,
    )  # fmt: skip


CAUSES = Projection(
    name="causes",
    version=1,
    ddl=DDL,
    tables=("causes_v1",),
    facts=(
        AccessGranted,
        AccessRevoked,
        AccessHandedOver,
        BarForetold,
        ReasonInGrace,
        ReasonPassedOn,
        MemberJoined,
        MemberLeft,
        MemberBanned,
        BanLifted,
        PersonErased,
        PersonTakenIn,
        InvitationAccepted,
        RowsTaken,
        SeatClaimed,
        SeatRevoked,
        SeatsMoved,
        PresentAccepted,
        PresentWithheld,
        PresentRestored,
        PresentEnded,
        LevelReached,
        LevelRevised,
        LevelLost,
        FreeAccessEnded,
        CheckoutCompleted,
        DisputeOpened,
        DisputeClosed,
        billing_payment.PaymentSucceeded,
        billing_payment.RefundIssued,
        billing_order.OrderPaid,
        billing_order.OrderRefunded,
        billing_order.OrderSuspended,
        billing_order.OrderReinstated,
        billing_subscription.TrialStarted,
        billing_subscription.SubscriptionActivated,
        billing_subscription.SubscriptionSuspended,
        billing_subscription.SubscriptionReinstated,
        billing_subscription.SubscriptionChanged,
        billing_subscription.SubscriptionPaused,
        billing_subscription.SubscriptionResumed,
        billing_subscription.SubscriptionEnded,
    ),
    apply=apply,
)


async def chains_of(
    connection: Any, subject: UUID, reasons: Collection[UUID], own: UUID | None = None
) -> dict[Turn, list[Happened]]:
    """What began and ended the reasons in a person's stream of access, and what that followed from, the newest first.

    A chain ends where somebody asked, with a report from outside, or with an event that its service keeps to itself.
    With `own`, no other account is named: one account is the same in every community.
    """
    rows = await connection.fetch(
        f"""
        WITH RECURSIVE chain AS (
            SELECT event_id AS turn, 0 AS step, causes_v1.* FROM causes_v1
            WHERE reason_id = ANY ($2) AND subject = $1
            UNION ALL
            SELECT turn, step + 1, led.* FROM chain JOIN causes_v1 AS led ON led.event_id = chain.caused_by
            WHERE step < {FURTHEST} AND chain.caused_by <> chain.event_id
        )
        SELECT * FROM chain ORDER BY turn, step
        """,  # noqa: S608 - a number of our own
        subject,
        list(reasons),
    )
    turns = {
        row["turn"]: (row["type"], row["reason_id"], row["tier_id"], row["at"])
        for row in rows
        if row["step"] == 0
    }
    chains: dict[Turn, list[Happened]] = {turn: [] for turn in turns.values()}
    for row in rows:
        told = {name: row[name] for name in Happened.__slots__}
        if own not in (None, row["by_account"]):
            told["by_account"] = None
        chains[turns[row["turn"]]].append(Happened(**told))
    return chains
