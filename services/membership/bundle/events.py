"""What became of the bundles of a person: their own, or those that staff asked for."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, NewType
from uuid import UUID

from services.membership.member.events import Service
from shared.ids import AccountId, Code, PersonId
from shared.personal_value import Sealed

BundleId = NewType("BundleId", UUID)
Ending = Literal["expired", "replaced", "erased"]


@dataclass(frozen=True, slots=True)
class BundleAsked:
    """All that is kept of the person is to be packed; of their account as well, where they asked themselves.

    Only the private key opens it, which goes when the person is erased.
    """

    UNTOLD: ClassVar[tuple[str, ...]] = ("private_key",)

    bundle_id: BundleId
    number: int
    person_id: PersonId
    account_id: AccountId | None
    asked_by: AccountId
    asked_at: datetime
    public_key: Code
    private_key: Sealed


@dataclass(frozen=True, slots=True)
class PartReported:
    """A service has packed its part: so many bytes of this SHA-256, sealed."""

    bundle_id: BundleId
    number: int
    person_id: PersonId
    service: Service
    size: int
    sha256: Code


@dataclass(frozen=True, slots=True)
class LatePartRefused:
    """A service packed its part when the bundle was over: it is to be removed."""

    bundle_id: BundleId
    number: int
    person_id: PersonId
    service: Service


@dataclass(frozen=True, slots=True)
class BundleReady:
    """Every service has packed its part."""

    bundle_id: BundleId
    number: int
    person_id: PersonId
    ready_at: datetime


@dataclass(frozen=True, slots=True)
class BundleOpened:
    """A link to it was given."""

    bundle_id: BundleId
    number: int
    person_id: PersonId
    opened_by: AccountId
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class BundleEnded:
    """It is over, and its parts are to be removed: its days are, another takes its place, or the person was erased."""

    bundle_id: BundleId
    number: int
    person_id: PersonId
    why: Ending


BundleEvent = (
    BundleAsked | PartReported | LatePartRefused | BundleReady | BundleOpened | BundleEnded
)
