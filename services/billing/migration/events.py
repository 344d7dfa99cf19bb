"""What happened to a migration: what was read of the creator's own billing, and what its prices become here."""

from dataclasses import dataclass
from uuid import UUID

from services.billing.elsewhere import Theirs
from shared.ids import Code, derive


def migration_of(community_id: UUID) -> UUID:
    """The one migration of a community: it has one account."""
    return derive(community_id, "migration")


@dataclass(frozen=True, slots=True)
class ScanBegun:
    """The account is read from its beginning, for the `scan`th time."""

    scan: int
    account: Code


@dataclass(frozen=True, slots=True)
class PageRead:
    """Some of the subscriptions there; `after` is the last of them where there are more."""

    scan: int
    number: int
    account: Code
    theirs: tuple[Theirs, ...]
    after: Code | None


@dataclass(frozen=True, slots=True)
class ScanFailed:
    """The processor will not let us read the account."""

    scan: int
    code: Code


@dataclass(frozen=True, slots=True)
class PriceMapped:
    """Who pays this price there has this offer here; None is no longer said of it."""

    price: Code
    offer_id: UUID | None


MigrationEvent = ScanBegun | PageRead | ScanFailed | PriceMapped
