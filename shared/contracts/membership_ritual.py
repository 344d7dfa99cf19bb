"""tessera.membership.ritual.v1: what a community promises to do again and again, and whether it keeps its word."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.contract import Contract, LabelText


class RitualContract(Contract):
    """A fact about one ritual; the key is the ritual."""

    topic: ClassVar[str] = "tessera.membership.ritual.v1"

    ritual_id: UUID


class RitualPromised(RitualContract):
    """A recurring promise was made, such as a round of questions every week; it may change its plan later."""

    name: LabelText
    starts_on: date
    until: date | None = None


class RitualEnded(RitualContract):
    """Nothing more is promised; an occurrence that has begun may still be held or missed."""

    reason: Literal["staff", "completed"]


class RitualHeld(RitualContract):
    """An occurrence took place: a promise kept."""

    planned_at: AwareDatetime
    attended: int
    corrected: bool = False


class RitualMissed(RitualContract):
    """Nobody said in time that an occurrence took place: a promise not kept, unless a RitualHeld corrects it."""

    planned_at: AwareDatetime
