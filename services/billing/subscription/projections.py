"""Who subscribes to what, until when, and whether it is paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.billing.discount.events import Reduction
from services.billing.subscription import events
from services.billing.subscription.decider import SUBSCRIPTION, Ended, Running
from services.billing.subscription.events import EndReason, Terms
from shared.decider import NotFound, members
from shared.event_store import Fact
from shared.ids import PLATFORM, Code, PersonId
from shared.money import Money
from shared.projection import Projection
from shared.service import Service

_REDUCTION: TypeAdapter[Reduction | None] = TypeAdapter(Reduction | None)


@dataclass(frozen=True, slots=True)
class Subscribed:
    """`runs_until` is the end of the trial or of what is paid; `payment_id` is what is being collected.

    So many `periods` are paid.
    """

    subscription_id: UUID
    version: int
    terms: Terms
    state: str
    began_at: datetime
    runs_until: datetime
    cancels_at: datetime | None
    ended_for: EndReason | None
    payment_id: UUID | None
    periods: int


_STATES: dict[type, str] = {
    events.SubscriptionPastDue: "past_due",
    events.SubscriptionUnpaid: "unpaid",
    events.SubscriptionSuspended: "suspended",
    events.SubscriptionReinstated: "active",
}


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.TrialStarted(terms, trial_ends_at=until):
                await _begin(connection, fact, terms, "trialing", until, 0)
            case events.SubscriptionActivated(terms, period=period):
                await _begin(connection, fact, terms, "active", period.end, 1)
            case events.SubscriptionRenewed(period=period):
                await _change(
                    connection, fact, state="active", runs_until=period.end, payment_id=None
                )
                await connection.execute(
                    "UPDATE subscriptions_v2 SET periods = periods + 1 WHERE subscription_id = $1",
                    fact.stream_id,
                )
            case events.RenewalStarted(payment_id=payment_id):
                await _change(connection, fact, payment_id=payment_id)
            case events.CancellationScheduled(ends_at=ends_at):
                await _change(connection, fact, cancels_at=ends_at)
            case events.CancellationWithdrawn():
                await _change(connection, fact, cancels_at=None)
            case events.SubscriptionEnded(reason=reason):
                ended = {"state": "ended", "ended_for": reason, "runs_until": fact.at}
                await _change(connection, fact, **ended, payment_id=None)
            case body:
                state = _STATES.get(type(body)) if getattr(body, "last", True) else None
                await _change(connection, fact, **({"state": state} if state else {}))


async def _begin(
    connection: Any, fact: Fact, terms: Terms, state: str, until: datetime, periods: int
) -> None:
    await connection.execute(
        "INSERT INTO subscriptions_v2"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)"
        " ON CONFLICT (subscription_id) DO UPDATE SET version = excluded.version,"
        " state = excluded.state, runs_until = excluded.runs_until, periods = excluded.periods,"
        " payment_id = NULL",
        fact.stream_id, fact.community_id, fact.version, terms.person_id, terms.offer_id,
        terms.tier_id, terms.price.minor, terms.price.currency, terms.interval, terms.quantity,
        terms.time_zone, terms.every, terms.charged_for, terms.price_version,
        _REDUCTION.dump_json(terms.reduction).decode(), periods, state, fact.at, until,
    )  # fmt: skip


async def _change(connection: Any, fact: Fact, **changes: object) -> None:
    columns = {"version": fact.version, **changes}
    sets = ", ".join(f"{column} = ${number}" for number, column in enumerate(columns, 2))
    await connection.execute(
        f"UPDATE subscriptions_v2 SET {sets} WHERE subscription_id = $1",  # noqa: S608  The words are ours.
        fact.stream_id,
        *columns.values(),
    )


SUBSCRIPTIONS = Projection(
    name="subscriptions",
    version=2,
    ddl="""
        CREATE TABLE subscriptions_v2 (
            subscription_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            version int NOT NULL,
            person_id uuid NOT NULL,
            offer_id uuid NOT NULL,
            tier_id uuid,
            price_minor bigint NOT NULL,
            currency text NOT NULL,
            per text NOT NULL,
            quantity int NOT NULL,
            time_zone text NOT NULL,
            every int NOT NULL,
            charged_for text NOT NULL,
            price_version int NOT NULL,
            reduction text NOT NULL,
            periods int NOT NULL,
            state text NOT NULL,
            began_at timestamptz NOT NULL,
            runs_until timestamptz NOT NULL,
            cancels_at timestamptz,
            ended_for text,
            payment_id uuid
        );
        CREATE INDEX subscriptions_v2_list ON subscriptions_v2 (community_id, subscription_id);
        CREATE INDEX subscriptions_v2_mine ON subscriptions_v2 (person_id, subscription_id);
    """,
    tables=("subscriptions_v2",),
    facts=members(events.SubscriptionEvent),
    apply=apply,
)


@dataclass(frozen=True, slots=True)
class Owed:
    """What is collected for a subscription, or could not be; `amount` is None when nothing is owed."""

    person_id: PersonId
    ended: bool
    payment_id: UUID | None
    amount: Money | None


async def owed_now(service: Service, community_id: UUID, subscription_id: UUID) -> Owed:
    """Read strongly; NotFound when there is no such subscription."""
    state, _ = await service.handler.state(SUBSCRIPTION, subscription_id, community_id)
    match state:
        case None:
            raise NotFound("subscription_not_found", "There is no such subscription.")
        case Running(terms, renewal=renewal) if renewal and renewal.since:
            return Owed(terms.person_id, False, renewal.payment_id, renewal.due)  # noqa: FBT003
        case Running() | Ended():
            return Owed(state.terms.person_id, isinstance(state, Ended), None, None)
        case _:
            message = f"This is no state of a subscription: {state!r}"
            raise TypeError(message)


async def subscriptions_after(
    connection: Any, after: UUID | None, limit: int, person_id: UUID | None = None
) -> list[Subscribed]:
    """Those of the community, or of one person, in a stable order."""
    rows = await connection.fetch(
        "SELECT * FROM subscriptions_v2 WHERE subscription_id > $1"
        " AND ($3::uuid IS NULL OR person_id = $3) ORDER BY subscription_id LIMIT $2",
        after or PLATFORM, limit, person_id,
    )  # fmt: skip
    return [_subscribed(row) for row in rows]


def _subscribed(row: Any) -> Subscribed:
    terms = Terms(
        PersonId(row["person_id"]), row["offer_id"], row["tier_id"],
        Money(row["price_minor"], row["currency"]), row["per"], row["quantity"],
        Code(row["time_zone"]), row["every"], row["charged_for"], row["price_version"],
        _REDUCTION.validate_json(row["reduction"]),
    )  # fmt: skip
    return Subscribed(
        row["subscription_id"], row["version"], terms, row["state"], row["began_at"],
        row["runs_until"], row["cancels_at"], row["ended_for"], row["payment_id"], row["periods"],
    )  # fmt: skip
