"""tessera.membership.member_import.v1: members who came from elsewhere by a file."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.contract import Contract


class MemberImportCompleted(Contract):
    """Every row of a file was taken or refused: a leap in the number of members is no campaign's success."""

    topic: ClassVar[str] = "tessera.membership.member_import.v1"

    import_id: UUID
