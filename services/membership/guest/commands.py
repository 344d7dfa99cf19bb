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
    person_id: PersonId
    ground: Ground


GuestCommand = ReceiveGuest | NoteGift | ForgetGuest
