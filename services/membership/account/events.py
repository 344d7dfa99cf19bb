"""What happened to an account."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountOpened:
    """Somebody can sign in. Who it is, only the erasable lookup table knows."""


AccountEvent = AccountOpened
