"""The applications of a community, for its staff; what was written opens while it is needed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.application import events
from services.membership.application.decider import APPLICATION, Application, Standing
from services.membership.member.events import Language
from shared.event_store import Fact
from shared.ids import Label
from shared.personal_value import Sealed
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE applications_v1 (
    application_id uuid        PRIMARY KEY,
    community_id   uuid        NOT NULL,
    number         int         NOT NULL,
    standing       text        NOT NULL,
    name           jsonb       NOT NULL,
    email          jsonb       NOT NULL,
    language       text        NOT NULL,
    answers        jsonb       NOT NULL,
    sent_at        timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    closed_at      timestamptz,
    again_at       timestamptz,
    person_id      uuid
);
CREATE INDEX applications_v1_newest ON applications_v1 (community_id, sent_at DESC, application_id DESC);
"""


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """The last application of one account; `person_id` is who came of it."""

    application_id: UUID
    number: int
    standing: Standing
    name: Sealed
    email: Sealed
    language: Language
    answers: tuple[events.Answer, ...]
    sent_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    again_at: datetime | None
    person_id: UUID | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.ApplicationSent() as sent:
                await _send(connection, fact, sent)
            case events.ApplicationAccepted() as accepted:
                await _accept(connection, fact, accepted)
            case events.ApplicationRefused(again_at=again_at):
                await _close(connection, fact, "refused", again_at)
            case events.ApplicationWithdrawn():
                await _close(connection, fact, "withdrawn")
            case events.ApplicationExpired():
                await _close(connection, fact, "expired")


async def _send(connection: Any, fact: Fact, sent: events.ApplicationSent) -> None:
    await connection.execute(
        "INSERT INTO applications_v1 VALUES ($1, $2, $3, 'waiting', $4, $5, $6, $7, $8, $9)"
        " ON CONFLICT (application_id) DO UPDATE SET (number, standing, name, email, language,"
        " answers, sent_at, expires_at, closed_at, again_at, person_id) = (excluded.number,"
        " excluded.standing, excluded.name, excluded.email, excluded.language, excluded.answers,"
        " excluded.sent_at, excluded.expires_at, NULL, NULL, NULL)",
        fact.stream_id,
        fact.community_id,
        sent.number,
        sent.name.to_json(),
        sent.email.to_json(),
        sent.language,
        _written(sent.answers),
        fact.at,
        sent.expires_at,
    )


async def _accept(connection: Any, fact: Fact, accepted: events.ApplicationAccepted) -> None:
    await connection.execute(
        "UPDATE applications_v1 SET standing = 'accepted', name = $2, email = $3, answers = $4,"
        " closed_at = $5, person_id = $6 WHERE application_id = $1",
        fact.stream_id,
        accepted.name.to_json(),
        accepted.email.to_json(),
        _written(accepted.answers),
        fact.at,
        accepted.person_id,
    )


async def _close(
    connection: Any, fact: Fact, standing: Standing, again_at: datetime | None = None
) -> None:
    await connection.execute(
        "UPDATE applications_v1 SET standing = $2, closed_at = $3, again_at = coalesce($4, again_at)"
        " WHERE application_id = $1",
        fact.stream_id,
        standing,
        fact.at,
        again_at,
    )


def _written(answers: tuple[events.Answer, ...]) -> str:
    return json.dumps(
        [
            {"question": answer.question, "said": answer.said and answer.said.to_json()}
            for answer in answers
        ]
    )


APPLICATIONS = Projection(
    name="applications",
    version=1,
    ddl=DDL,
    tables=("applications_v1",),
    facts=(
        events.ApplicationSent,
        events.ApplicationAccepted,
        events.ApplicationRefused,
        events.ApplicationWithdrawn,
        events.ApplicationExpired,
    ),
    apply=apply,
)


async def applications_of(
    connection: Any,
    community_id: UUID,
    *,
    standing: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ApplicationRow]:
    """The newest applications before a place in this list."""
    sent_at, application_id = before or (None, None)
    rows = await connection.fetch(
        "SELECT application_id, number, standing, name, email, language, answers, sent_at,"
        " expires_at, closed_at, again_at, person_id FROM applications_v1"
        " WHERE community_id = $1 AND ($2::text IS NULL OR standing = $2)"
        " AND ($3::timestamptz IS NULL OR (sent_at, application_id) < ($3, $4::uuid))"
        " ORDER BY sent_at DESC, application_id DESC LIMIT $5",
        community_id,
        standing,
        sent_at,
        application_id,
        limit,
    )
    return [_row(row) for row in rows]


def _row(row: Any) -> ApplicationRow:
    said = [(one["question"], one["said"]) for one in json.loads(row["answers"])]
    answers = [events.Answer(Label(q), Sealed.from_json(a) if a else None) for q, a in said]
    sealed = {name: Sealed.from_json(row[name]) for name in ("name", "email")}
    return ApplicationRow(**{**row, **sealed, "answers": tuple(answers)})


async def application_now(
    service: Service, community_id: UUID, application_id: UUID
) -> Application:
    """As of now; `unknown` where nobody of this community ever applied under this id."""
    application: Application
    application, _ = await service.handler.state(APPLICATION, application_id, community_id)
    return application
