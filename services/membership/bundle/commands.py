"""What may be asked of the bundles of a person."""

from dataclasses import dataclass
from datetime import datetime

from services.membership.bundle.events import BundleId, Ending
from services.membership.member.events import Service
from shared.ids import AccountId, Code, PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class AskBundle:
    """`is_here`: the person is known in the community, and not erased; `private_key` opens what `public_key` seals."""

    bundle_id: BundleId
    person_id: PersonId
    account_id: AccountId | None
    by: AccountId
    is_here: bool
    public_key: Code
    private_key: Sealed
    at: datetime


@dataclass(frozen=True, slots=True)
class ReportPart:
    number: int
    service: Service
    size: int
    sha256: Code
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenBundle:
    by: AccountId
    at: datetime


@dataclass(frozen=True, slots=True)
class EndBundle:
    """The one of this number, or whichever there is."""

    number: int | None
    why: Ending


BundleCommand = AskBundle | ReportPart | OpenBundle | EndBundle
