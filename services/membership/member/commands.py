"""What may be asked of a member."""

from dataclasses import dataclass

from services.membership.member.events import Language, Service
from services.membership.tier.events import TierId
from shared.ids import AccountId, PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class JoinCommunity:
    """`email_is_own`: the account signs in with this very address, so that nobody joins in another's name."""

    account_id: AccountId
    name: Sealed
    email: Sealed
    email_is_own: bool
    language: Language
    free_tiers: tuple[TierId, ...]


@dataclass(frozen=True, slots=True)
class LeaveCommunity:
    pass


@dataclass(frozen=True, slots=True)
class BanMember:
    pass


@dataclass(frozen=True, slots=True)
class ErasePerson:
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class ConfirmForgotten:
    service: Service


MemberCommand = JoinCommunity | LeaveCommunity | BanMember | ErasePerson | ConfirmForgotten
