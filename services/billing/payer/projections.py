"""Whether the processor keeps a card for a person, and whether they have had their trial."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from services.billing.payer import commands, events
from services.billing.payer.decider import PAYER, Payer
from services.billing.payer.events import PayerStanding, payer_of
from shared.event_store import Fact
from shared.ids import Code, PersonId
from shared.projection import Projection
from shared.reaction import Ask
from shared.service import Service


@dataclass(frozen=True, slots=True)
class Kept:
    """The last payment method offered, and why it was refused if it was."""

    state: Literal["saving", "saved", "refused"]
    code: Code | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.PaymentMethodOffered(person_id):
                await _put(connection, fact, person_id, "saving", None)
            case events.PaymentMethodSaved(person_id):
                await _put(connection, fact, person_id, "saved", None)
            case events.PaymentMethodRefused(person_id, code=code):
                await _put(connection, fact, person_id, "refused", code)
            case events.PayerForgotten(person_id):
                await connection.execute("DELETE FROM payers_v1 WHERE person_id = $1", person_id)


async def _put(connection: Any, fact: Fact, person_id: UUID, state: str, code: str | None) -> None:
    await connection.execute(
        "INSERT INTO payers_v1 VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (person_id) DO UPDATE SET state = excluded.state, code = excluded.code",
        person_id, fact.community_id, state, code,
    )  # fmt: skip


PAYERS = Projection(
    name="payers",
    version=1,
    ddl="""
        CREATE TABLE payers_v1 (
            person_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            state text NOT NULL,
            code text
        );
    """,
    tables=("payers_v1",),
    facts=(
        events.PaymentMethodOffered,
        events.PaymentMethodSaved,
        events.PaymentMethodRefused,
        events.PayerForgotten,
    ),
    apply=apply,
)


async def apply_customers(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.PaymentMethodSaved(person_id, kept) | events.CustomerAdopted(
                person_id, kept
            ) if kept.customer:
                await connection.execute(
                    "INSERT INTO customers_v1 VALUES ($1, $2, $3, $4, $5, $6)"
                    " ON CONFLICT (person_id, customer) DO UPDATE"
                    " SET (payment_method, kept_at) = (excluded.payment_method, excluded.kept_at)",
                    person_id, kept.customer, fact.community_id, kept.account, kept.payment_method, fact.at,
                )  # fmt: skip
            case events.PayerForgotten(person_id):
                await connection.execute("DELETE FROM customers_v1 WHERE person_id = $1", person_id)


CUSTOMERS = Projection(
    name="customers",
    version=1,
    ddl="""
        CREATE TABLE customers_v1 (
            person_id uuid NOT NULL,
            customer text NOT NULL,
            community_id uuid NOT NULL,
            account text,
            payment_method text NOT NULL,
            kept_at timestamptz NOT NULL,
            PRIMARY KEY (person_id, customer)
        );
    """,
    tables=("customers_v1",),
    facts=(events.PaymentMethodSaved, events.CustomerAdopted, events.PayerForgotten),
    apply=apply_customers,
)
"""Who a person is to a processor, and what it keeps of theirs: what another processor needs to take them over."""


async def kept_for(connection: Any, person_id: UUID) -> Kept | None:
    """What is kept for a person, None when nothing was ever offered."""
    row = await connection.fetchrow(
        "SELECT state, code FROM payers_v1 WHERE person_id = $1", person_id
    )
    return Kept(row["state"], row["code"]) if row else None


async def trial_of(service: Service, community_id: UUID, person_id: UUID) -> UUID | None:
    """The checkout that the person's trial went with, as of now."""
    payer: Payer
    payer, _ = await service.handler.state(PAYER, payer_of(person_id), community_id)
    return payer.trial


async def standing_now(service: Service, community_id: UUID, person_id: UUID) -> PayerStanding:
    """Whether they were banned or erased, as of now."""
    payer: Payer
    payer, _ = await service.handler.state(PAYER, payer_of(person_id), community_id)
    if payer.forgotten:
        return "forgotten"
    return "known" if payer.shut_out is None else "shut_out"


def taking_trial(checkout_id: UUID, person_id: UUID) -> Ask:
    """The step by which a request that pays a checkout takes the trial in it: both or neither."""
    return Ask(PAYER, payer_of(person_id), commands.TakeTrial(checkout_id))


def saving(person_id: PersonId, payment_method: Code, account: Code | None, only_for: UUID) -> Ask:
    """Another card for one subscription, given by who has its link, not an account."""
    save = commands.SavePaymentMethod(person_id, payment_method, account, only_for=only_for)
    return Ask(PAYER, payer_of(person_id), save)
