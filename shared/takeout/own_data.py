"""All that a service keeps of a person, for that person alone. No feature says what is theirs: docs/adr/0029."""

from collections.abc import Collection
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel

from shared.feature import Feature
from shared.http import Caller, needs
from shared.takeout.index import index
from shared.takeout.reading import TakeOut
from shared.takeout.search import Reach, find


class OwnFact(BaseModel):
    """`of` is what it happened to; `data` has your words opened and nobody else in it; `classes` are the words'."""

    source: str
    type: str
    community_id: UUID
    of: UUID
    at: AwareDatetime
    classes: list[str]
    data: dict[str, Any]


class OwnKey(BaseModel):
    """What your words of a class are sealed with."""

    person_id: UUID
    retention: str
    keep_until: AwareDatetime | None


class OwnPrint(BaseModel):
    """By what you are found in a community, such as your address; only a keyed hash of it is kept."""

    kind: str
    community_id: UUID


class OwnType(BaseModel):
    """What facts of a type are about, and what one of them says."""

    purpose: str
    meaning: str


class OwnData(BaseModel):
    """`facts` happened in this service, `heard` were told by others; `classes` say how long words of each are kept."""

    service: str
    at: AwareDatetime
    ids: list[UUID]
    classes: dict[str, str]
    keys: list[OwnKey]
    found_by: list[OwnPrint]
    beside: dict[str, Any]
    facts: list[OwnFact]
    heard: list[OwnFact]
    types: dict[str, OwnType]


ALONE = Reach()


def own_data(service: str, features: Collection[Feature], reach: Reach = ALONE) -> Feature:
    """The feature `own_data` of a service that mounts these others."""
    router = APIRouter()
    gate = needs("account" if reach.person_of else "person")

    @router.get("/me/data", operation_id=f"read_my_{service}_data", response_model=OwnData)
    async def read_my_data(caller: Annotated[Caller, gate]) -> StreamingResponse:
        """All that is kept here of who asks, where it came from, and what for: one document, sent as it is read.

        Membership answers for every community of the account, the others for the one that the token is for.
        """
        document = TakeOut(caller, reach, await find(caller, reach)).document()
        return StreamingResponse(document, media_type="application/json")

    return Feature(name="own_data", router=router, projections=(index(features),))
