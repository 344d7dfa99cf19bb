"""What may be asked of the keys that quotes are signed with."""

from dataclasses import dataclass

from shared.ids import Code


@dataclass(frozen=True, slots=True)
class AnnounceKey:
    kid: Code
    x: Code


KeyCommand = AnnounceKey
