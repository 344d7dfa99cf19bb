"""What happened to a link that people are sent by; its stream is derived from what it is called in its address."""

from dataclasses import dataclass
from typing import Literal, NewType
from uuid import UUID

from shared.ids import Code, Label, PersonId, derive

LinkId = NewType("LinkId", UUID)
LinkKind = Literal["referral", "ambassador", "affiliate", "campaign"]


def link_of(community_id: UUID, slug: str) -> LinkId:
    """Two links of a community cannot be called the same."""
    return LinkId(derive(community_id, "link", slug))


@dataclass(frozen=True, slots=True)
class LinkMade:
    """Who comes by it within so many `days` was sent by it: to its `owner`'s credit, a campaign's to nobody's."""

    slug: Code
    kind: LinkKind
    name: Label
    owner: PersonId | None
    target: Code
    days: int


@dataclass(frozen=True, slots=True)
class LinkRetired:
    """It leads nowhere any more; who came by it did."""


LinkEvent = LinkMade | LinkRetired
