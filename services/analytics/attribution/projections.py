"""Who came by which link until when, and who paid what when; the same in any order of arrival."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.analytics.days import Window
from shared.contracts.billing_dispute import DisputeClosed
from shared.contracts.billing_payment import MoneyLine, PaymentSucceeded, RefundIssued
from shared.contracts.contract import MoneyValue
from shared.contracts.membership_attribution import AttributionWithdrawn, PersonAttributed
from shared.contracts.membership_link import LinkKind
from shared.event_store import Fact
from shared.projection import Projection

DDL = """
CREATE TABLE attribution_v1_leads (
    person_id    uuid        NOT NULL,
    community_id uuid        NOT NULL,
    link_id      uuid        NOT NULL,
    kind         text        NOT NULL,
    owner_id     uuid,
    at           timestamptz NOT NULL,
    until        timestamptz NOT NULL,
    PRIMARY KEY (person_id, at)
);
CREATE INDEX attribution_v1_leads_at ON attribution_v1_leads (community_id, at);
CREATE TABLE attribution_v1_payments (
    payment_id   uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    person_id    uuid        NOT NULL,
    currency     text        NOT NULL,
    paid_at      timestamptz,
    gross        bigint      NOT NULL,
    returned     bigint      NOT NULL
);
CREATE INDEX attribution_v1_payments_at ON attribution_v1_payments (community_id, paid_at);
"""


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case PersonAttributed() as came:
                await connection.execute(
                    "INSERT INTO attribution_v1_leads VALUES ($1, $2, $3, $4, $5, $6, $7)"
                    " ON CONFLICT (person_id, at) DO UPDATE SET (link_id, kind, owner_id, until)"
                    " = (excluded.link_id, excluded.kind, excluded.owner_id, excluded.until)",
                    came.person_id, fact.community_id, came.link_id, came.kind, came.owner_id,
                    came.since or fact.at, came.until,
                )  # fmt: skip
            case AttributionWithdrawn(person_id=person_id):
                await connection.execute(
                    "DELETE FROM attribution_v1_leads WHERE person_id = $1", person_id
                )
            case PaymentSucceeded(lines=lines):
                await _pay(connection, fact, lines, is_return=False)
            case RefundIssued(lines=lines) | DisputeClosed(lost=lines):
                await _pay(connection, fact, lines, is_return=True)


async def _pay(connection: Any, fact: Fact, lines: Sequence[MoneyLine], *, is_return: bool) -> None:
    body: PaymentSucceeded | RefundIssued | DisputeClosed = fact.body
    total = sum(line.amount.minor for line in lines)
    await connection.execute(
        "INSERT INTO attribution_v1_payments AS p VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (payment_id) DO UPDATE SET paid_at = coalesce(p.paid_at, excluded.paid_at),"
        " gross = p.gross + excluded.gross, returned = p.returned + excluded.returned",
        body.payment_id,
        fact.community_id,
        body.person_id,
        body.amount.currency,
        None if is_return else fact.at,
        0 if is_return else total,
        total if is_return else 0,
    )


ATTRIBUTION = Projection(
    name="attribution",
    version=1,
    ddl=DDL,
    tables=("attribution_v1_leads", "attribution_v1_payments"),
    facts=(PersonAttributed, AttributionWithdrawn, PaymentSucceeded, RefundIssued, DisputeClosed),
    apply=apply,
)


class Earned(BaseModel):
    """`net` is what is left of `gross` once `returned` has gone back."""

    gross: MoneyValue
    returned: MoneyValue
    net: MoneyValue


class LinkReach(BaseModel):
    """`leads` agreed to be counted in these days, `buyers` paid in them."""

    link_id: UUID
    leads: int
    buyers: int


class OfLink(LinkReach):
    """`earned` is in each currency."""

    kind: LinkKind
    owner_id: UUID | None
    payments: int
    earned: list[Earned]


# A payment is to the credit of the last link before it, while that counts. Two who were merged are one, who came by
# what brought either of them, and buys what both pay for.
_EARNED = """
SELECT l.link_id, l.kind, l.owner_id, p.currency, count(*) AS payments,
    array_agg(DISTINCT coalesce(t.person_id, p.person_id)) AS buyers,
    sum(p.gross)::bigint AS gross, sum(p.returned)::bigint AS returned
FROM attribution_v1_payments p
LEFT JOIN taken_in_v1 t ON t.taken_in = p.person_id
JOIN LATERAL (
    SELECT * FROM attribution_v1_leads l
    WHERE l.at <= p.paid_at AND l.person_id = ANY (
        ARRAY(SELECT taken_in FROM taken_in_v1 WHERE person_id = coalesce(t.person_id, p.person_id))
        || coalesce(t.person_id, p.person_id)
    )
    ORDER BY l.at DESC LIMIT 1
) l ON p.paid_at < l.until
WHERE p.community_id = $1 AND p.paid_at >= $2 AND p.paid_at < $3
GROUP BY 1, 2, 3, 4 ORDER BY 4
"""
_LEADS = """
SELECT link_id, kind, owner_id, count(DISTINCT coalesce(t.person_id, l.person_id)) AS leads
FROM attribution_v1_leads l LEFT JOIN taken_in_v1 t ON t.taken_in = l.person_id
WHERE l.community_id = $1 AND at >= $2 AND at < $3 GROUP BY 1, 2, 3
"""


async def links_of(connection: Any, community_id: UUID, window: Window) -> list[OfLink]:
    """Those that brought most buyers first."""
    days = community_id, window.start, window.end
    leads = {row["link_id"]: row for row in await connection.fetch(_LEADS, *days)}
    earned: dict[UUID, list[Any]] = {}
    for row in await connection.fetch(_EARNED, *days):
        earned.setdefault(row["link_id"], []).append(row)
    shown = [
        _shown(link_id, leads.get(link_id), earned.get(link_id, []))
        for link_id in leads.keys() | earned.keys()
    ]
    return sorted(shown, key=lambda link: (-link.buyers, -link.leads, link.link_id))


def reach_of(links: Sequence[OfLink], link_ids: Sequence[UUID]) -> list[LinkReach]:
    """Of these alone, in this order; without the money, which is the community's to see."""
    known = {link.link_id: link for link in links}
    return [
        LinkReach(
            link_id=link_id,
            leads=known[link_id].leads if link_id in known else 0,
            buyers=known[link_id].buyers if link_id in known else 0,
        )
        for link_id in link_ids
    ]


def links_owned_by(links: Sequence[OfLink], owners: Sequence[UUID]) -> list[UUID]:
    """Those of theirs, in the same order."""
    return [link.link_id for link in links if link.owner_id in owners]


def _shown(link_id: UUID, leads: Any, earned: Sequence[Any]) -> OfLink:
    about = leads or earned[0]
    return OfLink(
        link_id=link_id,
        kind=about["kind"],
        owner_id=about["owner_id"],
        leads=leads["leads"] if leads else 0,
        buyers=len({buyer for row in earned for buyer in row["buyers"]}),
        payments=sum(row["payments"] for row in earned),
        earned=[
            Earned(
                gross=MoneyValue(minor=row["gross"], currency=row["currency"]),
                returned=MoneyValue(minor=row["returned"], currency=row["currency"]),
                net=MoneyValue(minor=row["gross"] - row["returned"], currency=row["currency"]),
            )
            for row in earned
        ],
    )
