"""What became of an erasure, signed: for who was erased, by their link, and for the staff."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends
from pydantic import BaseModel

from services.membership.certificate.decider import HOLDERS, Certificate, certificate_stream
from services.membership.certificate.projections import (
    State,
    certificate_now,
    erasures_of,
    state_at,
)
from services.membership.member.events import Service
from shared.auth import ExpiredLink
from shared.decider import NotFound, Rejected
from shared.http import Caller, Page, by_moment, listing, needs
from shared.ids import PersonId

router = APIRouter()

LAW = "Ten years for what accounting needs (France, Code de commerce L123-22)"


class KeptByLaw(BaseModel):
    """`destroyed_at` is when it went as well; null while it is kept."""

    what: Literal["accounting"]
    law: str
    until: datetime
    destroyed_at: datetime | None


class DestroyedBy(BaseModel):
    """`destroyed_at` is when the service saw that no other key is left; null while it has not reported."""

    service: Service
    destroyed_at: datetime | None
    kept: KeptByLaw | None


class Statement(BaseModel):
    """Nothing in it tells who was erased. `mark`: HMAC-SHA256 of their address under the nonce that they were given."""

    certificate_id: UUID
    community_id: UUID
    state: State
    erased_at: datetime
    completed_at: datetime | None
    mark: str | None
    services: list[DestroyedBy]


class ErasureCertificate(BaseModel):
    """`signed` is the same statement as a JWS (RFC 7515), to be verified with `GET /public/keys`."""

    statement: Statement
    signed: str


@router.get("/public/erasures/{link}", operation_id="read_own_certificate")
async def read_own_certificate(
    link: str, caller: Annotated[Caller, needs("public")]
) -> ErasureCertificate:
    """For whoever has the link; who was erased has no account any more."""
    try:
        way = caller.service.links.check(link, "erasure", now=caller.now)
    except ExpiredLink as expired:
        raise Rejected("link_expired", "This link leads to no certificate.") from expired
    return await _certified(caller, way.community_id, PersonId(way.subject))


@router.get("/erasures/{person_id}/certificate", operation_id="read_certificate")
async def read_certificate(
    person_id: PersonId, caller: Annotated[Caller, needs("members.erase")]
) -> ErasureCertificate:
    """The same, for the staff."""
    return await _certified(caller, caller.community_id, person_id)


class PublicKeys(BaseModel):
    """A JSON Web Key Set (RFC 7517)."""

    keys: list[dict[str, Any]]


@router.get("/public/keys", operation_id="list_public_keys", dependencies=[needs("public")])
async def list_public_keys(caller: Annotated[Caller, needs("public")]) -> PublicKeys:
    """What certificates and access tokens are verified with."""
    return PublicKeys(**orjson.loads(caller.service.settings.token_keys))


class ListedErasure(BaseModel):
    """`overdue`: three days have gone, and not every service has reported."""

    person_id: UUID
    state: State
    erased_at: datetime
    completed_at: datetime | None
    waiting_for: list[Service]


class Erasures(BaseModel):
    items: list[ListedErasure]
    next: str | None


@router.get("/erasures", operation_id="list_erasures")
async def list_erasures(
    caller: Annotated[Caller, needs("members.erase")],
    page: Annotated[Page, Depends(listing(filters=("state",)))],
) -> Erasures:
    """Who was erased and how far that is, the newest first."""
    async with caller.read() as connection:
        rows = await erasures_of(
            connection,
            caller.community_id,
            caller.now,
            state=page.filters.get("state"),
            before=page.cursor(by_moment),
            limit=page.limit + 1,
        )
    found = [
        ListedErasure(
            person_id=row.person_id,
            state=state_at(row.erased_at, row.completed_at, caller.now),
            erased_at=row.erased_at,
            completed_at=row.completed_at,
            waiting_for=row.waiting_for,
        )
        for row in rows
    ]
    return Erasures(
        **page.answer(found, lambda one: f"{one.erased_at.isoformat()} {one.person_id}")
    )


async def _certified(caller: Caller, community_id: UUID, person_id: PersonId) -> ErasureCertificate:
    certificate = await certificate_now(caller.service, community_id, person_id)
    if certificate.opened is None:
        raise NotFound("erasure_not_found", "Nobody asked for that.")
    opened = certificate.opened
    statement = Statement(
        certificate_id=certificate_stream(person_id),
        community_id=community_id,
        state=state_at(opened.erased_at, certificate.completed_at, caller.now),
        erased_at=opened.erased_at,
        completed_at=certificate.completed_at,
        mark=opened.mark,
        services=_services(certificate),
    )
    sealer = caller.service.gateways["certifier"]
    return ErasureCertificate(
        statement=statement, signed=sealer.sign(statement.model_dump(mode="json"))
    )


def _services(certificate: Certificate) -> list[DestroyedBy]:
    reports = {report.service: report for report in certificate.reports}
    told = []
    for service in sorted(HOLDERS):
        report = reports.get(service)
        until = report.kept_until if report else None
        destroyed_at = certificate.kept_destroyed_at(service)
        kept = until and KeptByLaw(
            what="accounting", law=LAW, until=until, destroyed_at=destroyed_at
        )
        told.append(
            DestroyedBy(
                service=service,
                destroyed_at=report.destroyed_at if report else None,
                kept=kept or None,
            )
        )
    return told
