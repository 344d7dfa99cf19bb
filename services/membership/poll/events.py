"""What happened to a poll."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.membership.tier.events import TierId
from shared.ids import AccountId, Label
from shared.personal_value import Sealed

QuestionKind = Literal["one", "many", "scale", "text"]
Secrecy = Literal["anonymous", "named"]
Shown = Literal["after_ballot", "after_close", "never"]
Ending = Literal["due", "early"]


POINTS = 11
"""A scale is 0 to 10."""


@dataclass(frozen=True, slots=True)
class Question:
    """`scale` is 0 to 10 and has no options of its own, nor has `text`; `one` and `many` are chosen from `options`."""

    kind: QuestionKind
    words: Label
    options: tuple[Label, ...] = ()

    @property
    def width(self) -> int:
        """How many options there are."""
        return POINTS if self.kind == "scale" else len(self.options)


@dataclass(frozen=True, slots=True)
class Answer:
    """The numbers of the options chosen, rising from 0; none is an abstention."""

    chosen: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked, until when, of whom, and who sees what came of it.

    It asks who may enter one of `tiers`, or every member; of those, who has a ticket where it is about a gathering.
    """

    title: Label
    questions: tuple[Question, ...]
    closes_at: datetime
    secrecy: Secrecy
    shown: Shown
    tiers: tuple[TierId, ...] = ()
    gathering_id: UUID | None = None

    @property
    def texts(self) -> int:
        """To how many questions one answers in one's own words."""
        return sum(question.kind == "text" for question in self.questions)


@dataclass(frozen=True, slots=True)
class PollOpened:
    terms: Terms
    by: AccountId


@dataclass(frozen=True, slots=True)
class PollClosed:
    ending: Ending


@dataclass(frozen=True, slots=True)
class PollCancelled:
    """Nobody counts it, and what was sealed for it is read by nobody any more."""

    secrecy: Secrecy


@dataclass(frozen=True, slots=True)
class CountBegun:
    """Every ballot that was being cast when it closed has arrived."""


@dataclass(frozen=True, slots=True)
class PollWordsKept:
    """Some of what was written in an anonymous poll, in no order that tells who wrote it."""

    words: Sealed


@dataclass(frozen=True, slots=True)
class PollCounted:
    """For each question how often each option was chosen; no `counts` where too few voted to stay unknown."""

    secrecy: Secrecy
    ballots: int
    counts: tuple[tuple[int, ...], ...]


PollEvent = PollOpened | PollClosed | PollCancelled | CountBegun | PollWordsKept | PollCounted
