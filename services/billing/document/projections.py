"""The versions of a community's documents, and the latest that each person accepted: at membership or in a checkout."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from services.billing.agreements import Agreed, Agreements, Version
from services.billing.checkout.events import DocumentsAccepted
from shared.contracts.membership_document import DocumentAccepted, DocumentPublished
from shared.event_store import Fact
from shared.ids import Code
from shared.projection import Projection

DDL = """
CREATE TABLE documents_v2 (
    community_id uuid        NOT NULL,
    kind         text        NOT NULL,
    number       int         NOT NULL,
    effective_at timestamptz NOT NULL,
    must_accept  boolean     NOT NULL,
    languages    text[]      NOT NULL,
    PRIMARY KEY (community_id, kind, number)
);
CREATE TABLE documents_v2_accepted (
    person_id    uuid NOT NULL,
    community_id uuid NOT NULL,
    kind         text NOT NULL,
    number       int  NOT NULL,
    PRIMARY KEY (person_id, kind)
);
"""


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        for statement, *values in _changes(fact):
            await connection.execute(statement, *values)


def _changes(fact: Fact) -> Iterator[tuple[str, *tuple[object, ...]]]:
    match fact.body:
        case DocumentPublished() as told:
            yield (
                "INSERT INTO documents_v2 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                fact.community_id, told.kind, told.number, told.effective_at, told.must_accept,
                list(told.languages),
            )  # fmt: skip
        case DocumentAccepted(person_id=person_id, kind=kind, number=number):
            yield _accepted(fact, person_id, kind, number)
        case DocumentsAccepted(person_id, documents):
            for one in documents:
                yield _accepted(fact, person_id, one.kind, one.version)


def _accepted(
    fact: Fact, person_id: UUID, kind: str, number: int
) -> tuple[str, *tuple[object, ...]]:
    statement = (
        "INSERT INTO documents_v2_accepted AS known VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (person_id, kind) DO UPDATE SET number = greatest(known.number, $4)"
    )
    return statement, person_id, fact.community_id, kind, number


DOCUMENTS = Projection(
    name="documents",
    version=2,
    ddl=DDL,
    tables=("documents_v2", "documents_v2_accepted"),
    facts=(DocumentPublished, DocumentAccepted, DocumentsAccepted),
    apply=apply,
)


async def agreements_of(connection: Any, person_id: UUID) -> Agreements:
    """What this community publishes, and what the person accepted of it."""
    versions = await connection.fetch(
        "SELECT kind, number, effective_at, must_accept, languages FROM documents_v2 ORDER BY kind, number"
    )
    accepted = await connection.fetch(
        "SELECT kind, number FROM documents_v2_accepted WHERE person_id = $1", person_id
    )
    return Agreements(
        tuple(
            Version(**{**row, "languages": tuple(map(Code, row["languages"]))}) for row in versions
        ),
        tuple(Agreed(row["kind"], row["number"]) for row in accepted),
    )
