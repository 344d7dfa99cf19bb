"""What may be asked of somebody's entry in the directory."""

from dataclasses import dataclass

from services.membership.directory.events import HiddenBecause
from services.membership.member.events import StandingNow
from shared.ids import PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class ShowEntry:
    person_id: PersonId
    member: StandingNow
    name: Sealed
    about: Sealed | None
    contact: Sealed | None


@dataclass(frozen=True, slots=True)
class HideEntry:
    cause: HiddenBecause


DirectoryCommand = ShowEntry | HideEntry
