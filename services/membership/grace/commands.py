"""What may be asked of a community's grace."""

from dataclasses import dataclass

from services.membership.grace.events import Grace


@dataclass(frozen=True, slots=True)
class SetGrace:
    grace: Grace


GraceCommand = SetGrace
