"""The polls of a community, and what came of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.poll import events
from services.membership.poll.decider import POLL, Poll
from shared.event_store import Fact
from shared.ids import PersonId, derive
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE polls_v1 (
    poll_id      uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    title        text        NOT NULL,
    secrecy      text        NOT NULL,
    opened_at    timestamptz NOT NULL,
    closes_at    timestamptz NOT NULL,
    standing     text        NOT NULL
);
CREATE INDEX polls_v1_newest ON polls_v1 (community_id, opened_at DESC, poll_id DESC);
"""


@dataclass(frozen=True, slots=True)
class PollRow:
    poll_id: UUID
    title: str
    secrecy: events.Secrecy
    opened_at: datetime
    closes_at: datetime
    standing: str


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.PollOpened(terms):
                await connection.execute(
                    "INSERT INTO polls_v1 VALUES ($1, $2, $3, $4, $5, $6, 'open')",
                    fact.stream_id, fact.community_id, terms.title, terms.secrecy, fact.at,
                    terms.closes_at,
                )  # fmt: skip
            case events.PollClosed():
                await _stand(connection, fact, "closed")
            case events.PollCancelled():
                await _stand(connection, fact, "cancelled")
            case events.PollCounted():
                await _stand(connection, fact, "counted")


async def _stand(connection: Any, fact: Fact, standing: str) -> None:
    await connection.execute(
        "UPDATE polls_v1 SET standing = $2 WHERE poll_id = $1", fact.stream_id, standing
    )


POLLS = Projection(
    name="polls",
    version=1,
    ddl=DDL,
    tables=("polls_v1",),
    facts=(events.PollOpened, events.PollClosed, events.PollCancelled, events.PollCounted),
    apply=apply,
)


async def polls_of(
    connection: Any,
    community_id: UUID,
    *,
    standing: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[PollRow]:
    """The newest before a place in this list."""
    opened_at, poll_id = before or (None, None)
    rows = await connection.fetch(
        "SELECT poll_id, title, secrecy, opened_at, closes_at, standing FROM polls_v1"
        " WHERE community_id = $1 AND ($2::text IS NULL OR standing = $2)"
        " AND ($3::timestamptz IS NULL OR (opened_at, poll_id) < ($3, $4::uuid))"
        " ORDER BY opened_at DESC, poll_id DESC LIMIT $5",
        community_id, standing, opened_at, poll_id, limit,
    )  # fmt: skip
    return [PollRow(**row) for row in rows]


async def poll_now(
    service: Service, community_id: UUID, poll_id: UUID
) -> tuple[Poll, events.Terms]:
    """The poll as of now and its terms; NotFound when there is none."""
    poll: Poll
    poll, _ = await service.handler.state(POLL, poll_id, community_id)
    return poll, poll.known


def words_of(poll_id: UUID) -> PersonId:
    """Whose key seals what was written in an anonymous poll, once it is counted: the poll's own, which stays."""
    return PersonId(derive(poll_id, "words"))


def urn_of(poll_id: UUID) -> PersonId:
    """Whose key seals the ballots of an anonymous poll: nobody's, the poll's own."""
    return PersonId(derive(poll_id, "urn"))
