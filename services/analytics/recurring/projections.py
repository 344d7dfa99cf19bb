"""The movements of monthly recurring revenue, and how subscriptions stand."""

from collections import Counter
from collections.abc import Collection, Sequence
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.analytics.customers import tell_apart_anew
from services.analytics.days import Window
from services.analytics.movements import (
    Change,
    Retention,
    Subscription,
    fold,
    per_month,
    retained,
)
from shared.contracts import billing_subscription as contracts
from shared.contracts.contract import MoneyValue
from shared.contracts.membership_merging import MemberMerged
from shared.event_store import Fact
from shared.money import rounded
from shared.projection import Projection


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    merges = [fact.body for fact in facts if isinstance(fact.body, MemberMerged)]
    told = [fact for fact in facts if not isinstance(fact.body, MemberMerged)]
    await connection.executemany(
        "INSERT INTO recurring_v5_merges VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [(merge.taken_in, merge.community_id, merge.person_id) for merge in merges],
    )
    people = {change.customer.person_id for change in await _follow(connection, told)}
    for merge in merges:
        people |= {merge.person_id, merge.taken_in}
    if people:
        await tell_apart_anew(connection, people)


async def _follow(connection: Any, facts: Sequence[Fact]) -> list[Change]:
    """What the facts of subscriptions change."""
    if not facts:
        return []
    subscriptions = await _known(connection, {fact.stream_id for fact in facts})
    changes = fold(facts, subscriptions)
    await connection.execute(
        "INSERT INTO recurring_v5_subscriptions SELECT * FROM unnest($1::uuid[], $2::uuid[],"
        " $3::uuid[], $4::timestamptz[], $5::text[], $6::text[], $7::int[], $8::int[], $9::int[],"
        " $10::bigint[], $11::bigint[])"
        " ON CONFLICT (subscription_id) DO UPDATE SET at = excluded.at, status = excluded.status,"
        " currency = excluded.currency, times_a_year = excluded.times_a_year,"
        " every = excluded.every, quantity = excluded.quantity, yearly = excluded.yearly,"
        " discounted = excluded.discounted",
        *zip(*subscriptions.values(), strict=True),
    )
    if changes:
        rows = [(*change.customer, *change[1:]) for change in changes]
        await connection.execute(
            "INSERT INTO recurring_v5_changes SELECT * FROM unnest($1::uuid[], $2::uuid[],"
            " $3::text[], $4::timestamptz[], $5::bigint[], $6::boolean[], $7::boolean[])",
            *zip(*rows, strict=True),
        )
    return changes


async def _known(connection: Any, ids: Collection[UUID]) -> dict[UUID, Subscription]:
    rows = await connection.fetch(
        "SELECT * FROM recurring_v5_subscriptions WHERE subscription_id = ANY ($1)", list(ids)
    )
    return {row["subscription_id"]: Subscription(*row) for row in rows}


RECURRING = Projection(
    name="recurring",
    version=5,
    ddl="""
        CREATE TABLE recurring_v5_subscriptions (
            subscription_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            person_id uuid NOT NULL,
            at timestamptz NOT NULL,
            status text NOT NULL,
            currency text,
            times_a_year int NOT NULL,
            every int NOT NULL,
            quantity int NOT NULL,
            yearly bigint NOT NULL,
            discounted bigint NOT NULL
        );
        CREATE INDEX recurring_v5_subscriptions_status
            ON recurring_v5_subscriptions (community_id, status);
        CREATE TABLE recurring_v5_changes (
            community_id uuid NOT NULL,
            person_id uuid NOT NULL,
            currency text NOT NULL,
            at timestamptz NOT NULL,
            yearly bigint NOT NULL,
            pauses boolean NOT NULL,
            brought boolean NOT NULL
        );
        CREATE INDEX recurring_v5_changes_customer
            ON recurring_v5_changes (person_id);
        CREATE TABLE recurring_v5_movements (
            community_id uuid NOT NULL,
            person_id uuid NOT NULL,
            currency text NOT NULL,
            at timestamptz NOT NULL,
            kind text NOT NULL,
            yearly bigint NOT NULL
        );
        CREATE INDEX recurring_v5_movements_customer
            ON recurring_v5_movements (person_id);
        CREATE INDEX recurring_v5_movements_window
            ON recurring_v5_movements (community_id, at) INCLUDE (currency, kind, yearly);
        CREATE TABLE recurring_v5_merges (
            taken_in uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            person_id uuid NOT NULL
        );
        CREATE INDEX recurring_v5_merges_person ON recurring_v5_merges (person_id);
    """,
    tables=(
        "recurring_v5_subscriptions",
        "recurring_v5_changes",
        "recurring_v5_movements",
        "recurring_v5_merges",
    ),
    facts=(
        contracts.TrialStarted,
        contracts.SubscriptionActivated,
        contracts.SubscriptionRenewed,
        contracts.SubscriptionPastDue,
        contracts.SubscriptionRecovered,
        contracts.SubscriptionChanged,
        contracts.SubscriptionPaused,
        contracts.SubscriptionResumed,
        contracts.SubscriptionEnded,
        MemberMerged,
    ),
    apply=apply,
)


class RecurringRevenue(BaseModel):
    """MRR of one currency: `end` is `start` plus the five movements, of which some are negative.

    `gross_retention` and `net_retention` are of who paid at the start, in basis points: without and with what they pay
    more (GRR and NRR); null where nobody did.
    """

    currency: str
    start: int
    new: int
    reactivation: int
    expansion: int
    contraction: int
    churn: int
    end: int
    gross_retention: int | None
    net_retention: int | None


async def recurring_revenue_of(
    connection: Any, communities: Collection[UUID], window: Window
) -> list[RecurringRevenue]:
    rows = await connection.fetch(
        "SELECT currency, kind, coalesce(sum(yearly) FILTER (WHERE at < $2), 0)::bigint AS before,"
        " coalesce(sum(yearly) FILTER (WHERE at >= $2), 0)::bigint AS within"
        " FROM recurring_v5_movements WHERE community_id = ANY ($1) AND at < $3"
        " GROUP BY currency, kind ORDER BY currency",
        list(communities), window.start, window.end,
    )  # fmt: skip
    retention = await _retention_of(connection, communities, window)
    found = []
    for currency, group in groupby(rows, key=itemgetter("currency")):
        kinds = list(group)
        start = sum(row["before"] for row in kinds)
        shown = per_month(start, {row["kind"]: row["within"] for row in kinds})
        gross, net = retention.get(currency, (None, None))
        figures = RecurringRevenue(
            currency=currency, **shown._asdict(), gross_retention=gross, net_retention=net
        )
        found.append(figures)
    return found


async def _retention_of(
    connection: Any, communities: Collection[UUID], window: Window
) -> dict[str, Retention]:
    """By currency; who was brought from elsewhere in these days paid at their start already."""
    rows = await connection.fetch(
        "SELECT currency, before, after, count(*) AS many FROM (SELECT currency,"
        " coalesce(sum(yearly) FILTER (WHERE at < $2 OR kind = 'brought'), 0)::bigint AS before,"
        " sum(yearly)::bigint AS after FROM recurring_v5_movements"
        " WHERE community_id = ANY ($1) AND at < $3 GROUP BY currency, person_id) customers"
        " GROUP BY currency, before, after ORDER BY currency",
        list(communities), window.start, window.end,
    )  # fmt: skip
    return {
        currency: retained((row["before"], row["after"], row["many"]) for row in group)
        for currency, group in groupby(rows, key=itemgetter("currency"))
    }


class Subscriptions(BaseModel):
    """How many stand how, now.

    `at_risk` is the part of MRR whose renewal was declined, `discounted` what is taken off it for a time.
    """

    trial: int
    paying: int
    past_due: int
    paused: int
    at_risk: list[MoneyValue]
    discounted: list[MoneyValue]


async def subscriptions_of(connection: Any, communities: Collection[UUID]) -> Subscriptions:
    rows = await connection.fetch(
        "SELECT status, currency, count(*) AS many, sum(yearly)::bigint AS yearly,"
        " sum(discounted)::bigint AS discounted"
        " FROM recurring_v5_subscriptions WHERE community_id = ANY ($1) AND status <> 'ended'"
        " GROUP BY status, currency ORDER BY currency",
        list(communities),
    )
    many, discounted = Counter[str](), Counter[str]()
    for row in rows:
        many[row["status"]] += row["many"]
        if row["discounted"]:
            discounted[row["currency"]] += row["discounted"]
    return Subscriptions(
        trial=many["trial"],
        paying=many["paying"],
        past_due=many["past_due"],
        paused=many["paused"],
        at_risk=[
            MoneyValue(minor=rounded(Fraction(row["yearly"], 12)), currency=row["currency"])
            for row in rows
            if row["status"] == "past_due" and row["currency"]
        ],
        discounted=[
            MoneyValue(minor=rounded(Fraction(yearly, 12)), currency=currency)
            for currency, yearly in sorted(discounted.items())
        ],
    )
