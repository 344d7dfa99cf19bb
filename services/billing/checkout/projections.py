"""Where a checkout stands, and the keys that quotes are verified with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.billing.agreements import NONE, Agreed, Agreements
from services.billing.checkout import commands, events
from services.billing.checkout.decider import CHECKOUT, Checkout
from services.billing.merchant.projections import Merchant
from services.billing.payer.events import HOSTED
from shared.contracts.events_key import QuoteKeyPublished
from shared.event_store import Fact
from shared.ids import Code, PersonId
from shared.money import Money
from shared.projection import Projection
from shared.reaction import Ask
from shared.service import Service


@dataclass(frozen=True, slots=True)
class Standing:
    """`problem` is why the last attempt failed; `needs_action` when the person must authenticate."""

    checkout_id: UUID
    person_id: UUID
    version: int
    state: str
    due: Money
    account: Code | None
    return_url: Code
    expires_at: datetime
    needs_action: bool
    problem: Code | None


_STATES = {
    events.PaymentMethodAsked: "awaiting_payment",
    events.CardTrialAsked: "awaiting_payment",
    events.ChargeAsked: "awaiting_payment",
    events.CheckoutActionRequired: "awaiting_payment",
    events.CheckoutProcessing: "processing",
    events.CheckoutDeclined: "open",
    events.CheckoutCompleted: "completed",
    events.CheckoutExpired: "expired",
}


_ASIDE = (
    events.DocumentsAccepted,
    events.BeginningAsked,
    events.CodeGivenBack,
    events.CardTrialKept,
    events.CardTrialsReleased,
    events.AccessTrusted,
    events.TrustLost,
)


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        body = fact.body
        if isinstance(body, _ASIDE):
            await connection.execute(
                "UPDATE checkouts_v1 SET version = $2 WHERE checkout_id = $1",
                fact.stream_id, fact.version,
            )  # fmt: skip
        elif isinstance(body, events.CheckoutOpened):
            basket = body.basket
            await connection.execute(
                "INSERT INTO checkouts_v1 VALUES ($1, $2, $3, $4, 'open', $5, $6, $7, $8, $9)",
                fact.stream_id, fact.community_id, basket.person_id, fact.version,
                basket.due.minor, basket.due.currency, basket.account,
                body.return_url, body.expires_at,
            )  # fmt: skip
        else:
            await connection.execute(
                "UPDATE checkouts_v1 SET version = $2, state = $3, needs_action = $4, problem = $5"
                " WHERE checkout_id = $1",
                fact.stream_id, fact.version, _STATES[type(body)],
                isinstance(body, events.CheckoutActionRequired),
                body.code if isinstance(body, events.CheckoutDeclined) else None,
            )  # fmt: skip


CHECKOUTS = Projection(
    name="checkouts",
    version=1,
    ddl="""
        CREATE TABLE checkouts_v1 (
            checkout_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            person_id uuid NOT NULL,
            version int NOT NULL,
            state text NOT NULL,
            due_minor bigint NOT NULL,
            currency text NOT NULL,
            account text,
            return_url text NOT NULL,
            expires_at timestamptz NOT NULL,
            needs_action boolean NOT NULL DEFAULT false,
            problem text
        );
    """,
    tables=("checkouts_v1",),
    facts=(events.CheckoutOpened, *_ASIDE, *_STATES),
    apply=apply,
)


async def checkout_of(
    connection: Any, checkout_id: UUID, people: Collection[UUID]
) -> Standing | None:
    """Where the checkout stands, if it is one of these people's."""
    row = await connection.fetchrow(
        "SELECT * FROM checkouts_v1 WHERE checkout_id = $1 AND person_id = ANY ($2)",
        checkout_id, people,
    )  # fmt: skip
    if row is None:
        return None
    return Standing(
        row["checkout_id"], row["person_id"], row["version"], row["state"],
        Money(row["due_minor"], row["currency"]), row["account"], row["return_url"],
        row["expires_at"], row["needs_action"], row["problem"],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bought:
    """What a checkout bought, and when; `completed` is None while it has not, and `at` when it was opened."""

    checkout_id: UUID
    basket: events.Basket
    completed: events.CheckoutCompleted | None
    at: datetime


async def bought_with(
    service: Service, community_id: UUID, checkout_id: UUID, people: Collection[UUID]
) -> Bought | None:
    """Read strongly; None where there is no such checkout, or it is none of these people's."""
    bought = None
    for fact in await service.store.read_stream(checkout_id):
        body = fact.body
        is_done = isinstance(body, events.CheckoutCompleted)
        is_told = is_done or isinstance(body, events.CheckoutOpened)
        if is_told and fact.community_id == community_id and body.basket.person_id in people:
            bought = Bought(checkout_id, body.basket, body if is_done else None, fact.at)
    return bought


Progress = Literal["open", "underway", "completed", "over"]
"""Whether a card may be given, or is being looked at, or what is in it was bought, or will not be."""


async def progress_of(service: Service, community_id: UUID, checkout_id: UUID) -> Progress:
    """Read strongly; over is also what never was."""
    checkout: Checkout | None
    checkout, _ = await service.handler.state(CHECKOUT, checkout_id, community_id)
    match checkout.phase if checkout else "expired":
        case "open" | "completed" as phase:
            return phase
        case "awaiting_payment" if checkout and checkout.needs_action:
            return "open"
        case "awaiting_payment" | "processing":
            return "underway"
        case _:
            return "over"


def allowing_trial(checkout_id: UUID, attempt: int) -> Ask:
    """What is said of a card that has not had the trial before."""
    return Ask(CHECKOUT, checkout_id, commands.AllowTrial(attempt))


def declining_trial(checkout_id: UUID, attempt: int, code: Code, at: datetime) -> Ask:
    """What is said of one that has."""
    return Ask(CHECKOUT, checkout_id, commands.DeclineAttempt(attempt, code, at))


def opening(
    checkout_id: UUID,
    person_id: PersonId,
    line: events.Line,
    merchant: Merchant,
    *,
    return_url: str,
    origin: str,
    at: datetime,
    via: Code | None = None,
) -> Ask:
    """The step by which a request without an account opens a checkout beside something else: both or neither."""
    open_it = commands.OpenCheckout(
        person_id=person_id,
        lines=(line,),
        account=merchant.account,
        time_zone=merchant.time_zone,
        return_url=Code(return_url),
        origin=Code(origin),
        at=at,
        without_trial=True,
        via=via,
    )
    return Ask(CHECKOUT, checkout_id, open_it)


def leaving(checkout_id: UUID, person_id: PersonId) -> Ask:
    """The step by which another is opened instead: nobody pays for both."""
    return Ask(CHECKOUT, checkout_id, commands.CancelCheckout(person_id))


def paying(
    checkout_id: UUID,
    person_id: PersonId,
    payment_method: Code,
    at: datetime,
    agreements: Agreements = NONE,
    agreed: tuple[Agreed, ...] = (),
    begin_by: Code | None = None,
) -> Ask:
    """A card is given to who has a link, not an account."""
    pay = commands.PayCheckout(
        person_id, payment_method, at, agreements=agreements, agreed=agreed, begin_by=begin_by
    )
    return Ask(CHECKOUT, checkout_id, pay)


def paying_on_page(checkout_id: UUID, person_id: PersonId, at: datetime) -> Ask:
    """The same, on the processor's own page."""
    return Ask(CHECKOUT, checkout_id, commands.PayCheckout(person_id, HOSTED, at, hosted=True))


async def apply_keys(connection: Any, facts: Sequence[Fact]) -> None:
    await connection.executemany(
        "INSERT INTO quote_keys_v1 VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [(fact.body.kid, fact.body.x) for fact in facts],
    )


QUOTE_KEYS = Projection(
    name="quote_keys",
    version=1,
    ddl="CREATE TABLE quote_keys_v1 (kid text PRIMARY KEY, x text NOT NULL);",
    tables=("quote_keys_v1",),
    facts=(QuoteKeyPublished,),
    apply=apply_keys,
    tenant=False,
)


async def quote_keys(connection: Any) -> Mapping[str, str]:
    """The public halves of every key that quotes were ever signed with, by name."""
    rows = await connection.fetch("SELECT kid, x FROM quote_keys_v1")
    return {row["kid"]: row["x"] for row in rows}
