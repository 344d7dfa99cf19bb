"""tessera.membership.idea.v1: what members would like, how many back it, and what was made of it."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.contract import Contract


class IdeaContract(Contract):
    """One idea; the key is the idea."""

    topic: ClassVar[str] = "tessera.membership.idea.v1"

    idea_id: UUID


class IdeaPosted(IdeaContract):
    """A member had an idea, and backs it."""

    person_id: UUID


class IdeaBacked(IdeaContract):
    """Another member backs it, once; they may think better of it."""

    person_id: UUID


class IdeaAnswered(IdeaContract):
    """Staff said what becomes of it; they may say so again."""

    answer: Literal["planned", "done", "declined"]
