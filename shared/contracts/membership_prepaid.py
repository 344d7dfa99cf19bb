"""tessera.membership.prepaid.v1: who has paid elsewhere, until when, and what they are to be asked for a card for."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.contracts.contract import Contract


class PaidUntil(BaseModel):
    """A person, and until when they have paid where they came from."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    person_id: UUID
    until: AwareDatetime


class MembersPrepaid(Contract):
    """Some people of an imported file are to be asked for a card, for one offer; the key is the import."""

    topic: ClassVar[str] = "tessera.membership.prepaid.v1"

    import_id: UUID
    offer_id: UUID
    letter: Literal["before", "at_once"]
    people: tuple[PaidUntil, ...]
