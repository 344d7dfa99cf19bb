"""What the staff of a community was told."""

from dataclasses import dataclass

from shared.ids import Code, Label, PersonId
from shared.money import Money

Values = tuple[tuple[Code, Label | int | Money], ...]


@dataclass(frozen=True, slots=True)
class StaffAddressed:
    """These people are written to: whoever then held a role that carries it, and has joined."""

    template: Code
    values: Values
    link: Label | None
    tell: tuple[PersonId, ...]


NoticeEvent = StaffAddressed
