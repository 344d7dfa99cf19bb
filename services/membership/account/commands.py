"""What may be asked of an account."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpenAccount:
    pass


AccountCommand = OpenAccount
