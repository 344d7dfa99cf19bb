"""How a person says, in a request, which documents they accept by it."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, Field

from services.membership.agreed import Agreement
from services.membership.document.events import DocumentPublished, Kind
from services.membership.document.projections import agreement_now
from shared.http import Body, Caller
from shared.ids import Code, PersonId


class AcceptedDocument(Body):
    kind: Kind
    version: int = Field(ge=1, le=1_000_000)


class AskedDocument(BaseModel):
    """Whoever comes in accepts it, in this version."""

    kind: Kind
    version: int
    url: str


class Agree(Body):
    """`accepted_documents`: what the person agrees to by coming in, in force or announced.

    Without one that is to be accepted nobody comes in: `documents_not_accepted` names each, and where it can be read.
    """

    accepted_documents: tuple[AcceptedDocument, ...] = Field(default=(), max_length=10)


async def agreement_of(
    caller: Caller, community_id: UUID, person_id: PersonId | None, body: Agree
) -> Agreement:
    named = {
        Code(f"/accepted_documents/{place}/version"): (document.kind, document.version)
        for place, document in enumerate(body.accepted_documents)
    }
    return await agreement_now(caller.service, community_id, person_id, named, caller.now)


async def asked_of_newcomers(caller: Caller, community_id: UUID) -> list[AskedDocument]:
    """What who is no member yet accepts by coming in."""
    agreement = await agreement_now(caller.service, community_id, None, {}, caller.now)
    return [
        AskedDocument(kind=one.kind, version=one.number, url=one.url) for one in agreement.asked
    ]


def still_asked(documents: Sequence[DocumentPublished]) -> tuple[AcceptedDocument, ...]:
    return tuple(AcceptedDocument(kind=one.kind, version=one.number) for one in documents)
