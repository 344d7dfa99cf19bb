"""What happened to a member; the stream is the person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.membership.tier.events import TierId
from shared.ids import AccountId, Code, PersonId
from shared.personal_value import Sealed

Language = Literal["en", "fr"]
Service = Literal["membership", "billing", "events", "analytics"]
StandingNow = Literal["unknown", "joined", "left", "banned", "taken_in", "erased"]


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """`free_tiers` are those that were open to everybody at that moment.

    Who was brought from elsewhere has no account until they come in.
    """

    account_id: AccountId | None
    name: Sealed
    email: Sealed
    language: Language
    free_tiers: tuple[TierId, ...]


@dataclass(frozen=True, slots=True)
class MemberCameIn:
    """Who had been brought from elsewhere signs in for the first time, and speaks for themselves."""

    account_id: AccountId
    name: Sealed
    email: Sealed
    language: Language


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """What a member says of themselves from now on; the address is the one that was known."""

    name: Sealed
    email: Sealed
    language: Language


@dataclass(frozen=True, slots=True)
class AddressChanged:
    """Letters go to this address from now on, which was proved; `before` is the one they went to."""

    email: Sealed
    before: Sealed


@dataclass(frozen=True, slots=True)
class MemberLeft:
    pass


@dataclass(frozen=True, slots=True)
class MemberBanned:
    """Whoever signs in as this person loses their roles as well; what they may enter ends at once, or then."""

    account_id: AccountId | None = None
    access_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class BanLifted:
    """Who was shut out may join again; they stand as if they had left."""


@dataclass(frozen=True, slots=True)
class MemberTakenIn:
    """They are another member of the community, who has proved it, and are nobody beside them."""


@dataclass(frozen=True, slots=True)
class PersonErased:
    """From now on every service, this one too, destroys what it holds; their roles end.

    `mark` is what only they can tell the certificate by (`proof.py`).
    """

    person_id: PersonId
    account_id: AccountId | None = None
    mark: Code | None = None


@dataclass(frozen=True, slots=True)
class ErasureConfirmed:
    """A service has destroyed what it held."""

    service: Service


@dataclass(frozen=True, slots=True)
class PersonErasureCompleted:
    pass


MemberEvent = (
    MemberJoined
    | MemberCameIn
    | ProfileChanged
    | AddressChanged
    | MemberLeft
    | MemberBanned
    | BanLifted
    | MemberTakenIn
    | PersonErased
    | ErasureConfirmed
    | PersonErasureCompleted
)
