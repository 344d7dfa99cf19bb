"""What may be asked of a notice to the staff."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.membership.notice.events import Values
from shared.ids import Code, Label, PersonId


@dataclass(frozen=True, slots=True)
class AddressStaff:
    template: Code
    values: Values
    link: Label | None
    tell: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True)
class FindStaff:
    """A look at who works for the community, and may do what `permission` says; too late from `until` on."""

    notice_id: UUID
    permission: Code
    template: Code
    values: Values
    link: Label | None
    until: datetime | None = None


NoticeCommand = AddressStaff
