"""tessera.membership.content.v1: what there is to read, see and hear."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.contract import Contract


class ContentContract(Contract):
    """A fact about one item of content; the key is the content."""

    topic: ClassVar[str] = "tessera.membership.content.v1"

    content_id: UUID


class ContentPublished(ContentContract):
    """It opens at a moment, which may be still to come; an offer that grants it may sell from now on."""

    kind: Literal["news", "article", "video", "podcast", "document", "download"]
    audience: Literal["public", "members", "tiers", "buyers"]
    visible_from: AwareDatetime


class ContentWithdrawn(ContentContract):
    """Nobody can open it, until it is published again."""
