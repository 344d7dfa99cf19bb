"""Where in a service's log and inbox somebody is spoken of: one read model over all that is stored and heard."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from shared.consumer import Webhook
from shared.contracts.catalogue import catalogue
from shared.contracts.contract import Contract
from shared.decider import members
from shared.event_store import Fact
from shared.feature import Feature
from shared.projection import Projection
from shared.takeout.subjects import named, speaks

DDL = """
CREATE TABLE own_data_v1 (
    subject      uuid    NOT NULL,
    stream_id    uuid    NOT NULL,
    community_id uuid    NOT NULL,
    first        boolean NOT NULL,  -- Its very first fact speaks of them.
    sealed       boolean NOT NULL,  -- Nothing names them, but something is sealed for them.
    PRIMARY KEY (stream_id, subject)
);
CREATE INDEX own_data_v1_subject ON own_data_v1 (subject);
CREATE TABLE own_data_v1_heard (
    subject      uuid   NOT NULL,
    position     bigint NOT NULL,
    community_id uuid   NOT NULL,
    PRIMARY KEY (subject, position)
);
"""
_SPOKEN = """
INSERT INTO own_data_v1 SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bool[], $5::bool[])
ON CONFLICT (stream_id, subject) DO UPDATE SET sealed = false
WHERE own_data_v1.sealed AND NOT excluded.sealed
"""
_HEARD = """
INSERT INTO own_data_v1_heard SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[]) ON CONFLICT DO NOTHING
"""


def index(features: Collection[Feature]) -> Projection:
    """The index of a service that mounts these features."""
    facts = [cls for cls in spoken_by(features) if cls is Webhook or speaks(cls)]
    return Projection(
        name="own_data",
        version=1,
        ddl=DDL,
        tables=("own_data_v1", "own_data_v1_heard"),
        facts=tuple(sorted(facts, key=lambda cls: cls.__name__)),
        apply=apply,
    )


def spoken_by(features: Collection[Feature]) -> set[type]:
    """Every class of fact that is kept because of these features: of a topic that one listens to, all come in."""
    stored = [decider.events for feature in features for decider in feature.deciders]
    folded = [cls for feature in features for one in feature.projections for cls in one.facts]
    reacted = [one.to for feature in features for one in feature.reactions]
    heard = {cls for cls in (*folded, *reacted) if issubclass(cls, Contract | Webhook)}
    topics = {cls.topic for cls in heard if issubclass(cls, Contract)}
    beside = {contract for contract in catalogue() if contract.topic in topics}
    return (heard | beside).union(*map(members, stored))


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    """Two statements for a whole batch."""
    spoken: dict[tuple[UUID, UUID], tuple[UUID, bool, bool]] = {}
    heard: list[tuple[UUID, int, UUID]] = []
    for fact in facts:
        if isinstance(
            fact.body, Webhook
        ):  # It speaks of what it was kept under, such as a payment.
            heard.append((fact.stream_id, fact.position, fact.community_id))
            continue
        found = named(fact.body)
        if isinstance(fact.body, Contract):
            heard += [(one, fact.position, fact.community_id) for one in found.ids]
            continue
        for one in found.everybody:
            place = one, fact.stream_id
            _, first, sealed = spoken.get(place, (None, False, True))
            is_sealed = sealed and one not in found.ids
            spoken[place] = fact.community_id, first or fact.version == 1, is_sealed
    if spoken:
        rows = [(*place, *said) for place, said in spoken.items()]
        await connection.execute(_SPOKEN, *zip(*rows, strict=True))
    if heard:
        await connection.execute(_HEARD, *zip(*heard, strict=True))
