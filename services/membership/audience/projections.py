"""Who holds a ticket, who may be about to go; and whom a segment means, with what speaks against writing to them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.membership.access.projections import people_with_access
from services.membership.announcement.events import NotSentReason
from services.membership.announcement.projections import bounced
from services.membership.broadcast.events import Segment
from services.membership.direct.projections import linked_among
from services.membership.member.events import PersonErased
from services.membership.member.projections import standings_of
from services.membership.preference.events import Channel
from services.membership.preference.projections import opted_out, ways_chosen
from shared.contracts.analytics_risk import AtRiskSeen, RiskOver
from shared.contracts.events_ticket import TicketBought, TicketCancelled
from shared.event_store import Fact
from shared.ids import PersonId
from shared.projection import Projection

DDL = """
CREATE TABLE ticket_holders_v1 (
    ticket_id    uuid PRIMARY KEY,
    community_id uuid NOT NULL,
    gathering_id uuid NOT NULL,
    person_id    uuid NOT NULL
);
CREATE INDEX ticket_holders_v1_gathering ON ticket_holders_v1 (gathering_id);
"""


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case TicketBought() as bought:
                await connection.execute(
                    "INSERT INTO ticket_holders_v1 VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                    bought.ticket_id, fact.community_id, bought.gathering_id, bought.person_id,
                )  # fmt: skip
            case TicketCancelled(ticket_id=ticket_id):
                await connection.execute(
                    "DELETE FROM ticket_holders_v1 WHERE ticket_id = $1", ticket_id
                )


TICKET_HOLDERS = Projection(
    name="ticket_holders",
    version=1,
    ddl=DDL,
    tables=("ticket_holders_v1",),
    facts=(TicketBought, TicketCancelled),
    apply=apply,
)


async def apply_risk(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        person_id = fact.body.person_id
        if isinstance(fact.body, AtRiskSeen):
            await connection.execute(
                "INSERT INTO at_risk_v1 VALUES ($1, $2) ON CONFLICT DO NOTHING",
                person_id,
                fact.community_id,
            )
        else:
            await connection.execute("DELETE FROM at_risk_v1 WHERE person_id = $1", person_id)


AT_RISK = Projection(
    name="at_risk",
    version=1,
    ddl="CREATE TABLE at_risk_v1 (person_id uuid PRIMARY KEY, community_id uuid NOT NULL);",
    tables=("at_risk_v1",),
    facts=(AtRiskSeen, RiskOver, PersonErased),
    apply=apply_risk,
)


async def audience_of(
    connection: Any, community_id: UUID, segment: Segment
) -> dict[PersonId, NotSentReason | None]:
    """Everybody who is meant, each with what already speaks against writing to them, None when nothing does."""
    known = await standings_of(
        connection, community_id, since=segment.joined_from, before=segment.joined_before
    )
    if segment.gathering_id is None:
        people = {person for person, standing in known.items() if standing == "joined"}
    else:
        people = await _holders(connection, community_id, segment.gathering_id)
        if segment.joined_from or segment.joined_before:
            people &= known.keys()
    if segment.tiers or segment.access == "live":
        people &= set(await people_with_access(connection, community_id, segment.tiers))
    if segment.access == "none":
        people -= set(await people_with_access(connection, community_id))
    if segment.at_risk:
        # A guest who gives, and who is somebody else by now, has no membership to end.
        at_risk = await _at_risk(connection, community_id)
        people &= {person for person in at_risk if known.get(person) == "joined"}
    out = await opted_out(connection, community_id, "email", "announcement")
    refused = await bounced(connection, community_id)

    def against(person: PersonId) -> NotSentReason | None:
        if person not in known:
            return "unknown_person"
        if known[person] == "banned":
            return "not_a_member"
        if person in out:
            return "opted_out"
        return "bounced" if person in refused else None

    return {person: against(person) for person in sorted(people)}


@dataclass(frozen=True, slots=True)
class Reach:
    """By how many of the people meant each channel would be used at once; the others are left out, and why."""

    audience: int
    by_channel: Counter[Channel]
    left_out: Counter[NotSentReason]


NOBODYS: frozenset[NotSentReason | None] = frozenset(("unknown_person", "not_a_member"))
"""What speaks against writing to somebody at all; the rest speaks against mail."""


async def reach_of(connection: Any, community_id: UUID, segment: Segment) -> Reach:
    """Whom an announcement would reach by which channel if it were due now."""
    people = await audience_of(connection, community_id, segment)
    linked = await linked_among(connection, community_id)
    chosen = await ways_chosen(connection, community_id, "announcement", linked)
    by_channel: Counter[Channel] = Counter({"email": 0})
    left_out: Counter[NotSentReason] = Counter()
    for person, against in people.items():
        ways = None if against in NOBODYS else chosen.get(person)
        by_channel.update(ways.others if ways else ())
        if against is None and (ways is None or ways.mail == "too"):
            by_channel["email"] += 1
        elif against is not None and not (ways and ways.others):
            left_out[against] += 1
    return Reach(len(people), by_channel, left_out)


async def _holders(connection: Any, community_id: UUID, gathering_id: UUID) -> set[PersonId]:
    rows = await connection.fetch(
        "SELECT DISTINCT person_id FROM ticket_holders_v1"
        " WHERE community_id = $1 AND gathering_id = $2",
        community_id,
        gathering_id,
    )
    return {PersonId(row["person_id"]) for row in rows}


async def _at_risk(connection: Any, community_id: UUID) -> set[PersonId]:
    rows = await connection.fetch(
        "SELECT person_id FROM at_risk_v1 WHERE community_id = $1", community_id
    )
    return {PersonId(row["person_id"]) for row in rows}


async def holds_ticket_to(connection: Any, gathering_id: UUID, people: Sequence[UUID]) -> bool:
    """Whether one of these has a ticket to it."""
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM ticket_holders_v1"
            " WHERE gathering_id = $1 AND person_id = ANY ($2))",
            gathering_id,
            people,
        )
    )


async def holds_ticket(connection: Any, person_id: UUID) -> bool:
    """Whether the person has a ticket to anything."""
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM ticket_holders_v1 WHERE person_id = $1)", person_id
        )
    )
