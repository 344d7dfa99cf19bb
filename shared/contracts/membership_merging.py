"""tessera.membership.merging.v1: persons of one community who are one human being."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.contract import Contract


class MemberMerged(Contract):
    """Two persons have proved that they are one: from now on what is said of `taken_in` holds for `person_id`."""

    topic: ClassVar[str] = "tessera.membership.merging.v1"

    person_id: UUID
    taken_in: UUID
