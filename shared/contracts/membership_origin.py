"""tessera.membership.origin.v1: who people were where they came from."""

from typing import ClassVar
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict

from shared.contracts.contract import Contract


def origin_of(community_id: UUID, external_id: str) -> UUID:
    """The print of an id elsewhere (RFC 9562, version 5, in the community): who knows the id finds it again."""
    return uuid5(community_id, external_id)


class Origin(BaseModel):
    """A person, and the print of the id that another system knows them by (`origin_of`)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    person_id: UUID
    origin: UUID


class MembersBrought(Contract):
    """Some rows of an imported file named ids elsewhere; the key is the import."""

    topic: ClassVar[str] = "tessera.membership.origin.v1"

    import_id: UUID
    origins: tuple[Origin, ...]
