"""Who is gone since when, what keeps whom, and what a look at those who are gone would decide."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.access.projections import kept_open
from services.membership.community.projections import community_now
from services.membership.holding.projections import Held, held_among
from services.membership.lapse import events
from services.membership.lapse.commands import Absence, LookAtAbsence
from services.membership.lapse.decider import Lapse, decide
from services.membership.member import events as member
from services.membership.retention_rules.events import KeepingRules
from shared.decider import members
from shared.event_store import Fact
from shared.ids import AccountId, PersonId
from shared.projection import Projection
from shared.service import Service

AT_ONCE = 500

DDL = """
CREATE TABLE absences_v1 (
    person_id    uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    account_id   uuid,
    ground       text,
    since        timestamptz,
    told_ground  text,
    told_since   timestamptz,
    ends_at      timestamptz,
    told_rules   int,
    lapsed_since timestamptz
);
CREATE INDEX absences_v1_gone ON absences_v1 (community_id, person_id)
    WHERE ground IS NOT NULL OR ends_at IS NOT NULL;
"""
_CAME = """
INSERT INTO absences_v1 (person_id, community_id, account_id, ground, since) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (person_id) DO UPDATE
SET (account_id, ground, since) = (excluded.account_id, excluded.ground, excluded.since)
"""
_GONE = "UPDATE absences_v1 SET (ground, since) = ($2, $3::timestamptz) WHERE person_id = $1"
_TOLD = """
UPDATE absences_v1
SET (told_ground, told_since, ends_at, told_rules) = ($2::text, $3::timestamptz, $4::timestamptz, $5::int),
    lapsed_since = coalesce($6, lapsed_since) WHERE person_id = $1
"""
_PAGE = """
SELECT * FROM absences_v1 WHERE community_id = $1 AND (ground IS NOT NULL OR ends_at IS NOT NULL)
AND ($2::uuid IS NULL OR person_id > $2) ORDER BY person_id LIMIT $3
"""


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case member.MemberJoined(account_id) | member.MemberCameIn(account_id):
                gone = (None, None) if account_id else ("unclaimed", fact.at)
                come = fact.stream_id, fact.community_id, account_id, *gone
                await connection.execute(_CAME, *come)
            case member.MemberLeft() | member.BanLifted():
                await connection.execute(_GONE, fact.stream_id, "left", fact.at)
            case member.MemberBanned():
                await connection.execute(_GONE, fact.stream_id, None, None)
            case member.PersonErased():
                await connection.execute(
                    "DELETE FROM absences_v1 WHERE person_id = $1", fact.stream_id
                )
            case events.LapseForetold(person_id, ground, since, ends_at, rules):
                await connection.execute(_TOLD, person_id, ground, since, ends_at, rules, None)
            case events.LapseCalledOff(person_id):
                await connection.execute(_TOLD, person_id, None, None, None, None, None)
            case events.PersonLapsed(person_id, _, since):
                await connection.execute(_TOLD, person_id, None, None, None, None, since)


ABSENCES = Projection(
    name="absences",
    version=1,
    ddl=DDL,
    tables=("absences_v1",),
    facts=(
        member.MemberJoined,
        member.MemberCameIn,
        member.MemberLeft,
        member.MemberBanned,
        member.BanLifted,
        member.PersonErased,
        *members(events.LapseEvent),
    ),
    apply=apply,
)


Reading = Callable[[], AbstractAsyncContextManager[Any]]
"""What opens a connection for one page."""


@dataclass(frozen=True, slots=True)
class Round:
    """By which rules those of a community who are gone are looked at, and when; its `staff` are kept."""

    community_id: UUID
    rules: KeepingRules
    version: int
    at: datetime
    staff: frozenset[AccountId]


async def round_of(
    service: Service, community_id: UUID, rules: KeepingRules, version: int, at: datetime
) -> Round:
    """With the staff as of now."""
    community = await community_now(service, community_id)
    staff = frozenset(account for account, _ in community.staff)
    return Round(community_id, rules, version, at, staff)


Looked = tuple[LookAtAbsence, Lapse]


async def looks_at_absent(reading: Reading, looking: Round) -> AsyncIterator[list[Looked]]:
    """What is to be decided on everybody who is gone or was told something, beside what they were told; by pages."""
    after: UUID | None = None
    while True:
        async with reading() as connection:
            rows = await connection.fetch(_PAGE, looking.community_id, after, AT_ONCE)
            people = [row["person_id"] for row in rows]
            opened = await kept_open(connection, people)
            tied = await held_among(connection, people, looking.at)
        yield [
            (_look(row, looking, _held_by(row, looking, opened, tied)), _told(row)) for row in rows
        ]
        if len(rows) < AT_ONCE:
            return
        after = people[-1]


@dataclass
class Seen:
    """What a round would decide on those it looks at: `first` are some of its events, `count` counts them all."""

    most: int
    gone: int = 0
    told: int = 0
    kept: Counter[events.Holding] = field(default_factory=Counter)
    count: Counter[type] = field(default_factory=Counter)
    first: list[events.LapseEvent] = field(default_factory=list)

    def look(self, look: LookAtAbsence, lapse: Lapse) -> None:
        """The same decision that the round comes to."""
        self.gone += look.absence is not None
        self.told += lapse.foretold is not None
        if look.absence is not None and look.held_by is not None:
            self.kept[look.held_by] += 1
        decided = decide(look, lapse)
        self.count.update(type(event) for event in decided)
        self.first += decided[: self.most - len(self.first)]


async def foreseen(reading: Reading, looking: Round, most: int) -> Seen:
    """What the round would do, by its own decision on its own people; at most so many of its events are shown."""
    seen = Seen(most)
    async for page in looks_at_absent(reading, looking):
        for look, lapse in page:
            seen.look(look, lapse)
    return seen


def _held_by(
    row: Any, looking: Round, opened: set[UUID], tied: dict[UUID, Held]
) -> events.Holding | None:
    if row["person_id"] in opened:
        return "access"
    tie = tied.get(row["person_id"])
    return tie or ("role" if row["account_id"] in looking.staff else None)


def _look(row: Any, looking: Round, held_by: events.Holding | None) -> LookAtAbsence:
    return LookAtAbsence(
        PersonId(row["person_id"]),
        Absence(row["ground"], row["since"]) if row["ground"] else None,
        held_by,
        looking.rules,
        looking.version,
        looking.at,
    )


def _told(row: Any) -> Lapse:
    if row["ends_at"] is None:
        return Lapse(None, row["lapsed_since"])
    told = row["told_ground"], row["told_since"], row["ends_at"], row["told_rules"]
    return Lapse(events.LapseForetold(PersonId(row["person_id"]), *told), row["lapsed_since"])
