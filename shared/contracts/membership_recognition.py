"""tessera.membership.recognition.v1: which level members reach and lose, and who is in the spotlight."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.contract import CodeText, Contract, LabelText


class RecognitionContract(Contract):
    """One person's recognition in one community."""

    topic: ClassVar[str] = "tessera.membership.recognition.v1"

    person_id: UUID


class LevelReached(RecognitionContract):
    """A member stands at this level from now on, whatever level they had before."""

    level: CodeText
    label: LabelText
    rank: int
    score: int
    rules_version: int


class LevelLost(RecognitionContract):
    """A member stands at this level no more."""

    level: CodeText
    left: CodeText | None
    cause: Literal["score", "rules", "own_wish", "left", "banned", "erased"]
    score: int | None
    rules_version: int


class SpotlightGiven(RecognitionContract):
    """Staff showed the community what a member does."""

    on: date
