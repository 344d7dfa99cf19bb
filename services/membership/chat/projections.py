"""Which seats there are on a community's chat server, and which are stuck until somebody acts."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.chat import events
from services.membership.chat.decider import CHAT, Seat, stream_of
from services.membership.chat.events import SeatNow
from services.membership.member.events import PersonErased
from shared.event_store import Fact
from shared.ids import Code, PersonId
from shared.personal_value import Sealed
from shared.projection import Projection
from shared.service import Service

CHAT_ACCOUNT = "chat_account"

SENTENCES: Mapping[events.Problem, str] = {
    "account_gone": "The Discord account no longer exists: link another.",
    "banned_on_server": "Discord bans this person from the server: lift that ban, or let it stand.",
    "bot_not_allowed": "The bot may not do this: give it the permission, and put its role above those it gives.",
    "bot_not_on_server": "The bot is not on the server, or lacks its Server Members Intent: connect the server again.",
    "channel_unknown": "The channel that invites lead to is gone: choose another.",
    "guest_unknown": "Whoever used an invite never said who they are: see who came, and remove them by hand.",
    "link_refused": "Discord no longer accepts the link: link the account again.",
    "not_on_server": "This person is not on the server: link the account again, or ask for an invite.",
    "refused": "Discord refuses this: look at the server's settings.",
    "role_unknown": "The role is gone: choose another for the tier.",
    "server_unknown": "The server is gone: connect another.",
    "too_many_invites": "The server has as many invites as Discord allows: remove some.",
    "too_many_servers": "Discord lets nobody onto more servers than this person is on: leave one.",
}

DDL = """
CREATE TABLE chat_seats_v1 (
    person_id    uuid PRIMARY KEY,
    community_id uuid NOT NULL
);
CREATE INDEX chat_seats_v1_community ON chat_seats_v1 (community_id);
CREATE TABLE chat_seats_v1_stuck (
    person_id    uuid        NOT NULL,
    community_id uuid        NOT NULL,
    kind         text        NOT NULL,
    server       text        NOT NULL,
    role         text        NOT NULL,
    who          text        NOT NULL,
    problem      text        NOT NULL,
    since        timestamptz NOT NULL,
    number       bigint      NOT NULL,
    PRIMARY KEY (person_id, kind, server, role)
);
CREATE INDEX chat_seats_v1_stuck_place ON chat_seats_v1_stuck (community_id, number);
"""


@dataclass(frozen=True, slots=True)
class StuckSeat:
    """`number` is the place in the list, oldest first."""

    person_id: PersonId
    kind: events.StepKind
    role: str
    who: events.Who
    problem: events.Problem
    since: datetime
    number: int


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.ChatSeatStuck() as stuck:
                await connection.execute(
                    "INSERT INTO chat_seats_v1_stuck VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
                    " ON CONFLICT (person_id, kind, server, role) DO UPDATE"
                    " SET (who, problem, since, number)"
                    " = (excluded.who, excluded.problem, excluded.since, excluded.number)",
                    stuck.person_id,
                    fact.community_id,
                    stuck.step.kind,
                    stuck.step.server,
                    stuck.step.role or "",
                    stuck.who,
                    stuck.problem,
                    fact.at,
                    fact.position,
                )
            case _:
                await connection.execute(
                    "INSERT INTO chat_seats_v1 VALUES ($1, $2) ON CONFLICT DO NOTHING",
                    fact.body.person_id,
                    fact.community_id,
                )
                await connection.execute(
                    "DELETE FROM chat_seats_v1_stuck WHERE person_id = $1", fact.body.person_id
                )


CHAT_SEATS = Projection(
    name="chat_seats",
    version=1,
    ddl=DDL,
    tables=("chat_seats_v1", "chat_seats_v1_stuck"),
    facts=(
        events.ChatSeatWanted,
        events.ChatLinked,
        events.ChatSeatRetried,
        events.ChatSeatStuck,
    ),
    apply=apply,
)


ACCOUNTS_DDL = """
CREATE TABLE chat_accounts_v1 (
    person_id    uuid PRIMARY KEY,
    community_id uuid NOT NULL,
    link_id      uuid NOT NULL UNIQUE
);
"""


async def apply_accounts(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.ChatLinked(person_id, link_id):
                await connection.execute(
                    "INSERT INTO chat_accounts_v1 VALUES ($1, $2, $3)"
                    " ON CONFLICT (person_id) DO UPDATE SET link_id = excluded.link_id",
                    person_id, fact.community_id, link_id,
                )  # fmt: skip
            case events.ChatUnlinkAsked(person_id) | events.ChatUnlinked(person_id):
                await _forget_account(connection, person_id)
            case PersonErased():
                await _forget_account(connection, fact.stream_id)


async def _forget_account(connection: Any, person_id: UUID) -> None:
    await connection.execute("DELETE FROM chat_accounts_v1 WHERE person_id = $1", person_id)


CHAT_ACCOUNTS = Projection(
    name="chat_accounts",
    version=1,
    ddl=ACCOUNTS_DDL,
    tables=("chat_accounts_v1",),
    facts=(events.ChatLinked, events.ChatUnlinkAsked, events.ChatUnlinked, PersonErased),
    apply=apply_accounts,
)


async def people_linked(connection: Any, community_id: UUID) -> set[PersonId]:
    """Everybody in the community who has linked an account."""
    rows = await connection.fetch(
        "SELECT person_id FROM chat_accounts_v1 WHERE community_id = $1", community_id
    )
    return {PersonId(row["person_id"]) for row in rows}


async def people_behind(
    service: Service, community_id: UUID, accounts: Collection[str]
) -> dict[str, PersonId]:
    """Whose accounts these are, of those that are linked here; the others are looked for and not kept."""
    find = service.vault.find
    links = await asyncio.gather(*(find(CHAT_ACCOUNT, community_id, one) for one in accounts))
    rows = await service.pool.fetch(
        "SELECT link_id, person_id FROM chat_accounts_v1 WHERE link_id = ANY ($1)",
        [link for link in links if link],
    )
    people = {row["link_id"]: PersonId(row["person_id"]) for row in rows}
    return {
        account: people[link]
        for account, link in zip(accounts, links, strict=True)
        if link in people
    }


async def seat_now(service: Service, community_id: UUID, person_id: PersonId) -> Seat:
    """A person's seat as of now, read strongly."""
    seat: Seat
    seat, _ = await service.handler.state(CHAT, stream_of(person_id), community_id)
    return seat


async def seats_now(
    service: Service, community_id: UUID, server: Code
) -> list[tuple[SeatNow, str]]:
    """Every linked seat of the community, read strongly one by one, with its account."""
    async with service.pool.acquire() as connection:
        people = await seats_of(connection, community_id)
    seats: list[tuple[SeatNow, Sealed | None]] = []
    for person_id in people:
        seat = await seat_now(service, community_id, person_id)
        held, wanted, refused, left = (
            frozenset(role for place, role in roles if place == server)
            for roles in (seat.held, seat.wanted, seat.refused, seat.left)
        )
        now = SeatNow(
            person_id=person_id,
            number=seat.number,
            held=held,
            wanted=wanted,
            asks=seat.pending is not None,
            absent=seat.is_absent,
            refused=refused,
            left=left,
            rules_version=seat.rules_version,
        )
        seats.append((now, seat.account))
    accounts = await service.vault.open([account for _, account in seats])
    return [(seat, account) for (seat, _), account in zip(seats, accounts, strict=True) if account]


async def seats_of(connection: Any, community_id: UUID) -> list[PersonId]:
    """Everybody who has or had a seat."""
    rows = await connection.fetch(
        "SELECT person_id FROM chat_seats_v1 WHERE community_id = $1", community_id
    )
    return [PersonId(row["person_id"]) for row in rows]


async def stuck_seats_of(
    connection: Any, community_id: UUID, *, after: int, limit: int
) -> list[StuckSeat]:
    """What waits for somebody to act, oldest first."""
    rows = await connection.fetch(
        "SELECT person_id, kind, role, who, problem, since, number FROM chat_seats_v1_stuck"
        " WHERE community_id = $1 AND number > $2 ORDER BY number LIMIT $3",
        community_id,
        after,
        limit,
    )
    return [StuckSeat(**row) for row in rows]
