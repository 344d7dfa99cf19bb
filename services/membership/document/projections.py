"""The versions of a community's documents, and who has accepted which."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from pydantic import TypeAdapter

from services.membership.agreed import Agreement, Named
from services.membership.document import commands, events
from services.membership.document.decider import (
    ACCEPTANCE,
    DOCUMENT,
    Accepted,
    Document,
    acceptance_stream,
    document_stream,
)
from services.membership.document.events import DocumentPublished, Kind
from services.membership.member.events import (
    MemberBanned,
    MemberJoined,
    MemberLeft,
    MemberTakenIn,
    PersonErased,
)
from shared.event_store import Fact
from shared.ids import PLATFORM, Code, PersonId
from shared.projection import Projection
from shared.reaction import Ask
from shared.service import Service

_TEXTS = TypeAdapter(tuple[events.Text, ...])

DDL = """
CREATE TABLE documents_v3 (
    community_id uuid        NOT NULL,
    kind         text        NOT NULL,
    number       int         NOT NULL,
    url          text        NOT NULL,
    sha256       text        NOT NULL,
    language     text        NOT NULL,
    effective_at timestamptz NOT NULL,
    must_accept  boolean     NOT NULL,
    changes      text,
    translations text        NOT NULL,
    PRIMARY KEY (community_id, kind, number)
);
CREATE TABLE documents_v3_accepted (
    person_id    uuid        NOT NULL,
    community_id uuid        NOT NULL,
    kind         text        NOT NULL,
    number       int         NOT NULL,
    at           timestamptz NOT NULL,
    language     text,
    PRIMARY KEY (person_id, kind, number)
);
CREATE TABLE documents_v3_members (
    person_id    uuid PRIMARY KEY,
    community_id uuid NOT NULL
);
CREATE INDEX documents_v3_members_community ON documents_v3_members (community_id, person_id);
"""


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        statement, *values = _change(fact)
        await connection.execute(statement, *values)


def _change(fact: Fact) -> tuple[str, *tuple[object, ...]]:
    match fact.body:
        case DocumentPublished() as told:
            return (
                "INSERT INTO documents_v3 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                fact.community_id, told.kind, told.number, told.url, told.sha256, told.language,
                told.effective_at, told.must_accept, told.changes,
                _TEXTS.dump_json(told.translations).decode(),
            )  # fmt: skip
        case events.DocumentAccepted(person_id, kind, number, language):
            statement = "INSERT INTO documents_v3_accepted VALUES ($1, $2, $3, $4, $5, $6)"
            return statement, person_id, fact.community_id, kind, number, fact.at, language
        case MemberJoined():
            statement = "INSERT INTO documents_v3_members VALUES ($1, $2) ON CONFLICT DO NOTHING"
            return statement, fact.stream_id, fact.community_id
        case _:
            return "DELETE FROM documents_v3_members WHERE person_id = $1", fact.stream_id


DOCUMENTS = Projection(
    name="documents",
    version=3,
    ddl=DDL,
    tables=("documents_v3", "documents_v3_accepted", "documents_v3_members"),
    facts=(
        DocumentPublished,
        events.DocumentAccepted,
        MemberJoined,
        MemberLeft,
        MemberBanned,
        MemberTakenIn,
        PersonErased,
    ),
    apply=apply,
)


async def document_now(service: Service, community_id: UUID, kind: Kind) -> Document:
    """Read strongly."""
    document: Document
    stream = document_stream(community_id, kind)
    document, _ = await service.handler.state(DOCUMENT, stream, community_id)
    return document


async def accepted_now(service: Service, community_id: UUID, person_id: PersonId) -> Accepted:
    """Read strongly."""
    accepted: Accepted
    stream = acceptance_stream(person_id)
    accepted, _ = await service.handler.state(ACCEPTANCE, stream, community_id)
    return accepted


async def _documents_now(service: Service, community_id: UUID) -> dict[Kind, Document]:
    kinds: tuple[Kind, ...] = get_args(Kind)
    found = await asyncio.gather(*(document_now(service, community_id, kind) for kind in kinds))
    return dict(zip(kinds, found, strict=True))


async def _accepted_by(
    service: Service, community_id: UUID, person_id: PersonId | None
) -> Accepted:
    return await accepted_now(service, community_id, person_id) if person_id else Accepted()


async def accepted_since(
    service: Service, person_id: PersonId
) -> dict[Kind, tuple[events.DocumentAccepted, datetime]]:
    """The latest version of each kind that the person accepted, and when; read strongly."""
    facts = await service.store.read_stream(acceptance_stream(person_id))
    return {fact.body.kind: (fact.body, fact.at) for fact in facts}


async def asked_of(
    service: Service, community_id: UUID, person_id: PersonId, at: datetime
) -> tuple[tuple[Kind, int], ...]:
    """The documents that the person has still to accept, in the version that holds; read strongly."""
    agreement = await agreement_now(service, community_id, person_id, {}, at)
    return tuple((document.kind, document.number) for document in agreement.asked)


async def agreement_now(
    service: Service,
    community_id: UUID,
    person_id: PersonId | None,
    named: Mapping[Code, tuple[Kind, int, Code | None]],
    at: datetime,
) -> Agreement:
    """What a person is asked to accept, or who is nobody here yet, and what their request names, each by where."""
    accepted, documents = await asyncio.gather(
        _accepted_by(service, community_id, person_id), _documents_now(service, community_id)
    )
    in_force = {kind: document.in_force(at) for kind, document in documents.items()}
    asked = tuple(
        now
        for kind, now in in_force.items()
        if now is not None and accepted.numbers.get(kind, 0) < documents[kind].asks_for(at)
    )
    told = []
    for pointer, (kind, number, language) in named.items():
        now, versions = in_force[kind], documents[kind].versions
        meant = versions[number - 1] if 1 <= number <= len(versions) else None
        languages = tuple(text.language for text in meant.texts) if meant else ()
        standing = now.number if now else 0
        told.append(Named(kind, number, standing, len(versions), pointer, language, languages))
    return Agreement(asked, tuple(told))


def accepting(person_id: PersonId, agreement: Agreement) -> list[Ask]:
    """What a request asks by which a person accepts versions."""
    stream = acceptance_stream(person_id)
    return [
        Ask(ACCEPTANCE, stream, commands.AcceptDocument(person_id, named))
        for named in agreement.named
    ]


async def versions_of(connection: Any, community_id: UUID) -> list[DocumentPublished]:
    """Every version of every document of the community."""
    rows = await connection.fetch(
        "SELECT kind, number, url, sha256, language, effective_at, must_accept, changes,"
        " translations FROM documents_v3 WHERE community_id = $1 ORDER BY kind, number",
        community_id,
    )
    return [
        DocumentPublished(**{**row, "translations": _TEXTS.validate_json(row["translations"])})
        for row in rows
    ]


_HAS_NOT = """
FROM documents_v3_members m WHERE m.community_id = $1 AND NOT EXISTS (
    SELECT FROM documents_v3_accepted a
    WHERE a.person_id = m.person_id AND a.kind = $2 AND a.number >= $3)
"""


async def counted(connection: Any, community_id: UUID, kind: Kind, number: int) -> tuple[int, int]:
    """How many members there are, and how many of them have accepted neither this version nor a later one."""
    row = await connection.fetchrow(
        "SELECT (SELECT count(*) FROM documents_v3_members WHERE community_id = $1),"  # noqa: S608  Our own words.
        f" (SELECT count(*) {_HAS_NOT})",
        community_id, kind, number,
    )  # fmt: skip
    return row[0], row[1]


async def without(
    connection: Any, community_id: UUID, kind: Kind, number: int, after: UUID | None, limit: int
) -> list[PersonId]:
    """Members who have accepted neither this version nor a later one."""
    rows = await connection.fetch(
        f"SELECT m.person_id {_HAS_NOT} AND m.person_id > $4 ORDER BY m.person_id LIMIT $5",
        community_id, kind, number, after or PLATFORM, limit,
    )  # fmt: skip
    return [PersonId(row["person_id"]) for row in rows]


async def accepted_by(
    connection: Any, people: Sequence[UUID]
) -> dict[tuple[UUID, Kind], tuple[int, datetime]]:
    """The latest version of each document that each of these agreed to, and when."""
    rows = await connection.fetch(
        "SELECT DISTINCT ON (person_id, kind) person_id, kind, number, at FROM documents_v3_accepted"
        " WHERE person_id = ANY ($1) ORDER BY person_id, kind, number DESC",
        list(people),
    )
    return {(row["person_id"], row["kind"]): (row["number"], row["at"]) for row in rows}
