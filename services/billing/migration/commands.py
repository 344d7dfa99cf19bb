"""What may be asked of a migration."""

from dataclasses import dataclass
from uuid import UUID

from services.billing.elsewhere import Theirs
from shared.ids import Code


@dataclass(frozen=True, slots=True)
class BeginScan:
    """The community's own account, if it has connected one."""

    account: Code | None


@dataclass(frozen=True, slots=True)
class RecordPage:
    scan: int
    number: int
    theirs: tuple[Theirs, ...]
    after: Code | None


@dataclass(frozen=True, slots=True)
class FailScan:
    scan: int
    code: Code


@dataclass(frozen=True, slots=True)
class MapPrice:
    price: Code
    offer_id: UUID | None


MigrationCommand = BeginScan | RecordPage | FailScan | MapPrice
