"""Which erasures are still to be confirmed by whom; and a certificate as of now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.membership.certificate import events
from services.membership.certificate.decider import (
    CERTIFICATE,
    HOLDERS,
    PATIENCE,
    Certificate,
    certificate_stream,
)
from services.membership.member.events import Service as Holder
from shared.event_store import Fact
from shared.projection import Projection
from shared.service import Service

State = Literal["pending", "overdue", "complete"]

DDL = """
CREATE TABLE certificates_v1 (
    person_id    uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    erased_at    timestamptz,
    completed_at timestamptz,
    reported     text[]      NOT NULL DEFAULT '{}'
);
CREATE INDEX certificates_v1_newest ON certificates_v1 (community_id, erased_at DESC, person_id DESC);
"""
_OPENED = """
INSERT INTO certificates_v1 (person_id, community_id, erased_at) VALUES ($1, $2, $3)
ON CONFLICT (person_id) DO UPDATE SET erased_at = excluded.erased_at
"""
_REPORTED = """
INSERT INTO certificates_v1 (person_id, community_id, reported) VALUES ($1, $2, ARRAY[$3::text])
ON CONFLICT (person_id) DO UPDATE SET reported = certificates_v1.reported || excluded.reported
"""
_COMPLETED = "UPDATE certificates_v1 SET completed_at = $2 WHERE person_id = $1"
_PAGE = """
SELECT person_id, erased_at, completed_at, reported FROM certificates_v1
WHERE community_id = $1 AND erased_at IS NOT NULL
AND ($2::text IS NULL OR $2 = CASE WHEN completed_at IS NOT NULL THEN 'complete'
    WHEN erased_at <= $3 THEN 'overdue' ELSE 'pending' END)
AND ($4::timestamptz IS NULL OR (erased_at, person_id) < ($4, $5::uuid))
ORDER BY erased_at DESC, person_id DESC LIMIT $6
"""


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.CertificateOpened(person_id, erased_at):
                await connection.execute(_OPENED, person_id, fact.community_id, erased_at)
            case events.DestructionReported(person_id, service):
                await connection.execute(_REPORTED, person_id, fact.community_id, service)
            case events.CertificateCompleted(person_id, completed_at):
                await connection.execute(_COMPLETED, person_id, completed_at)


CERTIFICATES = Projection(
    name="certificates",
    version=1,
    ddl=DDL,
    tables=("certificates_v1",),
    facts=(events.CertificateOpened, events.DestructionReported, events.CertificateCompleted),
    apply=apply,
)


@dataclass(frozen=True, slots=True)
class ErasureRow:
    person_id: UUID
    erased_at: datetime
    completed_at: datetime | None
    waiting_for: list[Holder]


def state_at(erased_at: datetime, completed_at: datetime | None, now: datetime) -> State:
    """How far an erasure is."""
    if completed_at is not None:
        return "complete"
    return "overdue" if erased_at + PATIENCE <= now else "pending"


async def erasures_of(
    connection: Any,
    community_id: UUID,
    now: datetime,
    *,
    state: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ErasureRow]:
    """The newest erasures before a place in this list."""
    place = before or (None, None)
    rows = await connection.fetch(_PAGE, community_id, state, now - PATIENCE, *place, limit)
    return [
        ErasureRow(
            row["person_id"],
            row["erased_at"],
            row["completed_at"],
            sorted(HOLDERS - set(row["reported"])),
        )
        for row in rows
    ]


async def certificate_now(service: Service, community_id: UUID, person_id: UUID) -> Certificate:
    """Read strongly; not opened for who was not erased."""
    certificate: Certificate
    stream = certificate_stream(person_id)
    certificate, _ = await service.handler.state(CERTIFICATE, stream, community_id)
    return certificate
