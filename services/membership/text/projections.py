"""Every text that was written here, whole; and one of them, read strongly from its own stream."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.membership.text import commands
from services.membership.text.decider import TEXT, Text
from services.membership.text.events import TextId, TextKept, text_of
from shared.event_store import Fact
from shared.ids import Code, Label
from shared.projection import Projection
from shared.reaction import Ask
from shared.service import Service

DDL = """
CREATE TABLE texts_v1 (
    text_id      uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    language     text        NOT NULL,
    markdown     text        NOT NULL,
    written_at   timestamptz NOT NULL
);
"""


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        piece: TextKept = fact.body
        await connection.execute(
            "INSERT INTO texts_v1 VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (text_id) DO UPDATE SET markdown = texts_v1.markdown || excluded.markdown",
            fact.stream_id, fact.community_id, piece.language, piece.markdown, fact.at,
        )  # fmt: skip


TEXTS = Projection(
    name="texts", version=1, ddl=DDL, tables=("texts_v1",), facts=(TextKept,), apply=apply
)


def keeping(thing_id: UUID, language: Code, markdown: Label, pointer: str) -> Ask:
    """What a request asks by which something gets its text."""
    keep = commands.KeepText(language, markdown, Code(pointer))
    return Ask(TEXT, text_of(thing_id, language, markdown), keep)


async def markdown_of(service: Service, community_id: UUID, text_id: TextId) -> str:
    """As it was written; empty when nobody wrote it, or not in this community."""
    text: Text
    text, _ = await service.handler.state(TEXT, text_id, community_id)
    return text.markdown
