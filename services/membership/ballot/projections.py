"""Each member's last ballot in each poll: by name, or sealed as it was cast."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.membership.ballot import events
from services.membership.marks import read, texts_on, written
from services.membership.poll.events import Answer
from shared.event_store import Fact
from shared.ids import PersonId
from shared.personal_value import Sealed
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE ballots_v2 (
    poll_id      uuid  NOT NULL,
    person_id    uuid  NOT NULL,
    community_id uuid  NOT NULL,
    answers      text,
    sealed       jsonb,
    words        jsonb,
    PRIMARY KEY (poll_id, person_id)
);
"""


@dataclass(frozen=True, slots=True)
class BallotRow:
    """One of `answers` and `sealed` is there; with answers, perhaps their own `words`."""

    person_id: PersonId
    answers: tuple[Answer, ...] | None
    sealed: Sealed | None
    words: Sealed | None

    @property
    def chosen(self) -> list[tuple[int, ...]] | None:
        """What was answered by name."""
        return None if self.answers is None else [answer.chosen for answer in self.answers]


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.BallotCast(poll_id, person_id, answers, words):
                told = written(answers), None, words and words.to_json()
                await _keep(connection, fact, poll_id, person_id, *told)
            case events.SealedBallotCast(poll_id, person_id, sealed):
                await _keep(connection, fact, poll_id, person_id, None, sealed.to_json(), None)


async def _keep(connection: Any, fact: Fact, *values: object) -> None:
    await connection.execute(
        "INSERT INTO ballots_v2 (community_id, poll_id, person_id, answers, sealed, words)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (poll_id, person_id) DO UPDATE"
        " SET (answers, sealed, words) = (excluded.answers, excluded.sealed, excluded.words)",
        fact.community_id,
        *values,
    )


BALLOTS = Projection(
    name="ballots",
    version=2,
    ddl=DDL,
    tables=("ballots_v2",),
    facts=(events.BallotCast, events.SealedBallotCast),
    apply=apply,
)


async def ballots_of(
    connection: Any, poll_id: UUID, *, after: UUID | None = None, limit: int | None = None
) -> list[BallotRow]:
    """By person, after one of them; all without a limit."""
    rows = await connection.fetch(
        "SELECT person_id, answers, sealed, words FROM ballots_v2"
        " WHERE poll_id = $1 AND ($2::uuid IS NULL OR person_id > $2)"
        " ORDER BY person_id LIMIT $3",
        poll_id,
        after,
        limit,
    )
    return [_row(row) for row in rows]


async def answers_in(service: Service, rows: Sequence[BallotRow]) -> list[tuple[Answer, ...]]:
    """What was answered, sealed or not, without what can be opened no more."""
    opened = await service.vault.open([row.sealed for row in rows])
    found = [
        row.answers or (read(text) if text is not None else None)
        for row, text in zip(rows, opened, strict=True)
    ]
    return [answers for answers in found if answers is not None]


async def texts_in(service: Service, rows: Sequence[BallotRow]) -> list[list[str]]:
    """What was sealed in somebody's own words, ballot by ballot."""
    opened = await service.vault.open([row.sealed for row in rows])
    return [texts_on(text) for text in opened if text is not None]


async def ballot_by(connection: Any, poll_id: UUID, person_id: UUID) -> BallotRow | None:
    """What this person cast last, if anything."""
    row = await connection.fetchrow(
        "SELECT person_id, answers, sealed, words FROM ballots_v2 WHERE (poll_id, person_id) = ($1, $2)",
        poll_id,
        person_id,
    )
    return _row(row) if row else None


def _row(row: Any) -> BallotRow:
    answers = row["answers"] and read(row["answers"])
    sealed, words = (row[name] and Sealed.from_json(row[name]) for name in ("sealed", "words"))
    return BallotRow(row["person_id"], answers, sealed, words)


async def turnout_of(connection: Any, poll_id: UUID) -> int:
    """How many have voted so far."""
    cast: int = await connection.fetchval(
        "SELECT count(*) FROM ballots_v2 WHERE poll_id = $1", poll_id
    )
    return cast
