"""Why a person may enter what, now and at any moment before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.access import events
from services.membership.access.decider import ACCESS, Access, stream_of
from services.membership.access.decider import Reason as AccessReason
from services.membership.content.events import ContentId
from services.membership.tier.events import TierId
from shared.event_store import Fact
from shared.ids import PersonId
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE access_v2 (
    person_id    uuid        NOT NULL,
    tier_id      uuid        NOT NULL,
    kind         text        NOT NULL,
    reason_id    uuid        NOT NULL,
    community_id uuid        NOT NULL,
    since        timestamptz NOT NULL,
    until        timestamptz,
    ended_at     timestamptz,
    cause        text,
    position     bigint      NOT NULL,
    PRIMARY KEY (person_id, tier_id, kind, reason_id, position)
);
"""


_IN_GRACE = """UPDATE {} SET cause = $4, until = $5
WHERE (person_id, kind, reason_id) = ($1, $2, $3) AND ended_at IS NULL"""


@dataclass(frozen=True, slots=True)
class Reason:
    """`until` is the planned end, `ended_at` the real one; in its grace, `cause` is there before it."""

    tier_id: TierId
    kind: events.ReasonKind
    reason_id: UUID
    since: datetime
    until: datetime | None
    ended_at: datetime | None
    cause: events.Cause | None

    def lives_at(self, moment: datetime) -> bool:
        return self.since <= moment and (self.ended_at is None or moment < self.ended_at)


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.AccessGranted(person_id, tier_id, kind, reason_id, until=until):
                await connection.execute(
                    "INSERT INTO access_v2 VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, NULL, $8)",
                    person_id, tier_id, kind, reason_id, fact.community_id, fact.at, until, fact.position,
                )  # fmt: skip
            case events.AccessRevoked(person_id, tier_id, kind, reason_id, cause):
                await connection.execute(
                    "UPDATE access_v2 SET ended_at = $5, cause = $6"
                    " WHERE (person_id, tier_id, kind, reason_id) = ($1, $2, $3, $4) AND ended_at IS NULL",
                    person_id, tier_id, kind, reason_id, fact.at, cause,
                )  # fmt: skip
            case events.ReasonInGrace(person_id, kind, reason_id, cause, until):
                await connection.execute(
                    _IN_GRACE.format("access_v2"), person_id, kind, reason_id, cause, until
                )


ACCESS_REASONS = Projection(
    name="access",
    version=2,
    ddl=DDL,
    tables=("access_v2",),
    facts=(events.AccessGranted, events.AccessRevoked, events.ReasonInGrace),
    apply=apply,
)


BOUGHT_DDL = """
CREATE TABLE bought_v3 (
    person_id    uuid        NOT NULL,
    content_id   uuid        NOT NULL,
    kind         text        NOT NULL,
    reason_id    uuid        NOT NULL,
    community_id uuid        NOT NULL,
    since        timestamptz NOT NULL,
    until        timestamptz,
    ended_at     timestamptz,
    cause        text,
    position     bigint      NOT NULL,
    PRIMARY KEY (person_id, content_id, kind, reason_id, position)
);
"""


@dataclass(frozen=True, slots=True)
class Bought:
    """A reason that opens one item of content, as `Reason` does a tier."""

    content_id: ContentId
    kind: events.ReasonKind
    reason_id: UUID
    since: datetime
    until: datetime | None
    ended_at: datetime | None
    cause: events.Cause | None


async def apply_bought(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.ContentGranted(person_id, content_id, kind, reason_id):
                await connection.execute(
                    "INSERT INTO bought_v3 VALUES ($1, $2, $3, $4, $5, $6, NULL, NULL, NULL, $7)",
                    person_id, content_id, kind, reason_id, fact.community_id, fact.at, fact.position,
                )  # fmt: skip
            case events.ContentRevoked(person_id, content_id, kind, reason_id, cause):
                await connection.execute(
                    "UPDATE bought_v3 SET ended_at = $5, cause = $6"
                    " WHERE (person_id, content_id, kind, reason_id) = ($1, $2, $3, $4) AND ended_at IS NULL",
                    person_id, content_id, kind, reason_id, fact.at, cause,
                )  # fmt: skip
            case events.ReasonInGrace(person_id, kind, reason_id, cause, until):
                await connection.execute(
                    _IN_GRACE.format("bought_v3"), person_id, kind, reason_id, cause, until
                )


BOUGHT = Projection(
    name="bought",
    version=3,
    ddl=BOUGHT_DDL,
    tables=("bought_v3",),
    facts=(events.ContentGranted, events.ContentRevoked, events.ReasonInGrace),
    apply=apply_bought,
)


async def bought_by(connection: Any, person_id: PersonId, moment: datetime) -> list[Bought]:
    """What content the person had bought by a moment, oldest first; what has ended since as well."""
    rows = await connection.fetch(
        "SELECT content_id, kind, reason_id, since, until, ended_at, cause FROM bought_v3"
        " WHERE person_id = $1 AND since <= $2 ORDER BY since, position",
        person_id,
        moment,
    )
    return [Bought(**row) for row in rows]


async def reasons_of(connection: Any, person_id: PersonId) -> list[Reason]:
    """Every reason the person ever had, oldest first."""
    rows = await connection.fetch(
        "SELECT tier_id, kind, reason_id, since, until, ended_at, cause FROM access_v2"
        " WHERE person_id = $1 ORDER BY since, position",
        person_id,
    )
    return [Reason(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person may enter as of now, until `closes_at` at most; `version` tells a newer look from an older."""

    tiers: frozenset[TierId]
    barred: events.Barred | None
    version: int
    contents: frozenset[ContentId] = frozenset()
    closes_at: datetime | None = None


async def standing_now(service: Service, community_id: UUID, person_id: PersonId) -> Standing:
    """Read strongly, from the person's own stream."""
    access: Access
    access, version = await service.handler.state(ACCESS, stream_of(person_id), community_id)
    tiers = frozenset(grant.tier_id for grant in access.live)
    contents = frozenset(bought.content_id for bought in access.contents)
    return Standing(tiers, access.barred, version, contents, access.closes_at)


async def people_with_access(
    connection: Any, community_id: UUID, tiers: Sequence[TierId] = ()
) -> list[PersonId]:
    """Everybody in the community for whom a reason lives: to enter one of these tiers, or any."""
    rows = await connection.fetch(
        "SELECT DISTINCT person_id FROM access_v2 WHERE community_id = $1 AND ended_at IS NULL"
        " AND (cardinality($2::uuid[]) = 0 OR tier_id = ANY ($2))",
        community_id,
        list(tiers),
    )
    return [PersonId(row["person_id"]) for row in rows]


@dataclass(frozen=True, slots=True)
class FreeAccess:
    """What somebody may enter for having joined: all the tiers that this one reason opens."""

    person_id: PersonId
    reason_id: UUID
    tiers: tuple[TierId, ...]


async def free_access_to(
    connection: Any, community_id: UUID, tiers: Sequence[TierId]
) -> list[FreeAccess]:
    """Everybody who may enter one of these tiers for having joined."""
    rows = await connection.fetch(
        "SELECT person_id, reason_id, array_agg(tier_id ORDER BY tier_id) AS tiers FROM access_v2"
        " WHERE community_id = $1 AND kind = 'joined' AND ended_at IS NULL"
        " GROUP BY person_id, reason_id HAVING array_agg(tier_id) && $2::uuid[] ORDER BY person_id, reason_id",
        community_id,
        list(tiers),
    )
    return [FreeAccess(row["person_id"], row["reason_id"], tuple(row["tiers"])) for row in rows]


async def has_begun(
    service: Service, community_id: UUID, person_id: PersonId, reason_id: UUID
) -> bool:
    """Whether what somebody has for having joined has had its effect, as of now; it may be over since."""
    access: Access
    access, _ = await service.handler.state(ACCESS, stream_of(person_id), community_id)
    reason = AccessReason("joined", reason_id)
    return reason in access.closed or bool(access.grants_for(reason))


async def tiers_open_to(
    connection: Any, people: Sequence[UUID]
) -> dict[UUID, dict[TierId, datetime]]:
    """The tiers that are open to each of these, and since when: the first of the reasons that live."""
    rows = await connection.fetch(
        "SELECT person_id, tier_id, min(since) AS since FROM access_v2"
        " WHERE person_id = ANY ($1) AND ended_at IS NULL"
        " GROUP BY person_id, tier_id ORDER BY person_id, since, tier_id",
        list(people),
    )
    found: dict[UUID, dict[TierId, datetime]] = {}
    for row in rows:
        found.setdefault(row["person_id"], {})[row["tier_id"]] = row["since"]
    return found


async def kept_open(connection: Any, people: Sequence[UUID]) -> set[UUID]:
    """Those among them who may enter or open something for more than having joined."""
    rows = await connection.fetch(
        "SELECT person_id FROM access_v2 WHERE person_id = ANY ($1) AND ended_at IS NULL AND kind <> 'joined'"
        " UNION SELECT person_id FROM bought_v3 WHERE person_id = ANY ($1) AND ended_at IS NULL",
        list(people),
    )
    return {row["person_id"] for row in rows}
