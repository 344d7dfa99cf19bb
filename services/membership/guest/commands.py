"""What may be asked of a guest."""

from dataclasses import dataclass

from services.membership.guest.events import Ground
from services.membership.member.events import Language
from shared.ids import PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class ReceiveGuest:
    """Somebody wants to give and has named an address, which nobody has proved; whose it is may be shut out."""

    email: Sealed
    language: Language
    is_banned: bool


@dataclass(frozen=True, slots=True)
class NoteGift:
    """Billing has received what they gave."""


@dataclass(frozen=True, slots=True)
class ForgetGuest:
    """Of whom nothing came is not forgotten who was named more than so many `times`: that was a later pass."""

    person_id: PersonId
    ground: Ground
    times: int = 1


GuestCommand = ReceiveGuest | NoteGift | ForgetGuest
