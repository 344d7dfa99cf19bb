"""Which offers there are, what was announced, and who may become a founder."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.membership.founders import Candidate, Offered
from services.membership.member.projections import joined_at_of
from services.membership.recognition.projections import rows_of, scores_of
from services.membership.recognition_rules.events import Rules
from services.membership.tier.events import TierId
from services.membership.transition.decider import TRANSITION, Transition, stream_of
from services.membership.transition.events import FounderRule
from shared.contracts.billing_offer import OfferPublished, OfferRetired
from shared.event_store import Fact
from shared.ids import PersonId
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE offers_heard_v1 (
    offer_id     uuid    PRIMARY KEY,
    community_id uuid    NOT NULL,
    name         text    NOT NULL,
    tier_id      uuid,
    fits         boolean NOT NULL,
    retired      boolean NOT NULL DEFAULT false
);
"""


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case OfferPublished() as offer:
                await connection.execute(
                    "INSERT INTO offers_heard_v1 VALUES ($1, $2, $3, $4, $5)",
                    offer.offer_id, fact.community_id, offer.name, offer.tier_id, _fits(offer),
                )  # fmt: skip
            case OfferRetired(offer_id=offer_id):
                await connection.execute(
                    "UPDATE offers_heard_v1 SET retired = true WHERE offer_id = $1", offer_id
                )


def _fits(offer: OfferPublished) -> bool:
    recurs = offer.interval != "once" and offer.year is None
    has_fee = any(price.setup_fee for price in offer.prices)
    return recurs and not (offer.donation or offer.seats or has_fee)


OFFERS_HEARD = Projection(
    name="offers_heard",
    version=1,
    ddl=DDL,
    tables=("offers_heard_v1",),
    facts=(OfferPublished, OfferRetired),
    apply=apply,
)


async def offer_heard(connection: Any, offer_id: UUID) -> Offered | None:
    """The offer, if the community the connection is scoped to has it."""
    row = await connection.fetchrow(
        "SELECT offer_id, name, tier_id, fits, retired FROM offers_heard_v1 WHERE offer_id = $1",
        offer_id,
    )
    return Offered(**row) if row else None


async def candidates_of(
    connection: Any,
    community_id: UUID,
    among: Collection[PersonId],
    rule: FounderRule,
    rules: Rules,
    at: datetime,
) -> list[Candidate]:
    """Those of them who are members, with their points where the rule asks; who wants no recognition has none."""
    joined = await joined_at_of(connection, community_id)
    people = [person_id for person_id in among if person_id in joined]
    scores: dict[PersonId, int] = {}
    if rule.window_days is not None:
        rows = await rows_of(connection, community_id)
        counted = {
            person_id: rows[person_id].left_on if person_id in rows else None
            for person_id in people
            if person_id not in rows or not rows[person_id].now.declined
        }
        today = at.astimezone(UTC).date()
        scores = await scores_of(connection, rules, today, counted)
    return [Candidate(each, joined[each], scores.get(each)) for each in people]


async def transition_now(service: Service, community_id: UUID) -> Transition | None:
    """The last that was announced, read strongly."""
    transition: Transition | None
    stream = stream_of(community_id)
    transition, _ = await service.handler.state(TRANSITION, stream, community_id)
    return transition


async def transition_of(
    service: Service, community_id: UUID, tiers: Sequence[TierId]
) -> Transition | None:
    """The last that was announced, if one of these tiers is to cost by it or does so already."""
    now = await transition_now(service, community_id)
    if now is None or now.phase == "called_off" or not {*tiers} & {*now.plan.tiers}:
        return None
    return now
