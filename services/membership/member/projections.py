"""The members of a community, for its staff: names and addresses stay sealed until they are read."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.membership.account.projections import EMAIL, account_of
from services.membership.community.projections import community_now
from services.membership.member import events
from services.membership.member.commands import BeTakenIn, Ownership
from services.membership.member.decider import MEMBER, Member, is_gone
from services.membership.member.events import StandingNow
from services.membership.merging.projections import merged, merging_now
from services.membership.retention_rules.events import Ground
from shared.decider import NotFound, members
from shared.event_store import Fact, Keep
from shared.ids import PLATFORM, AccountId, PersonId
from shared.personal_value import Sealed
from shared.projection import Projection
from shared.reaction import Ask
from shared.service import Service

PERSON = "person"
SAID = (events.MemberJoined, events.MemberCameIn, events.ProfileChanged)
MOVED = (*SAID, events.AddressChanged)
WRITTEN_TO = "UPDATE members_v1 SET email = $2 WHERE person_id = $1"
GONE = "DELETE FROM members_v1 WHERE person_id = $1"
Standing = Literal["joined", "left", "banned", "taken_in"]

DDL = """
CREATE TABLE members_v1 (
    person_id    uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    name         jsonb       NOT NULL,
    email        jsonb       NOT NULL,
    standing     text        NOT NULL,
    joined_at    timestamptz NOT NULL
);
CREATE INDEX members_v1_joined ON members_v1 (community_id, joined_at DESC, person_id DESC);
"""


@dataclass(frozen=True, slots=True)
class MemberRow:
    person_id: PersonId
    name: Sealed
    email: Sealed
    standing: Standing
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class Profile:
    """What the person said of themselves; it opens until they are erased. `since` is when they first came."""

    name: Sealed
    email: Sealed
    language: events.Language
    since: datetime


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.MemberJoined() as joined:
                await connection.execute(
                    "INSERT INTO members_v1 VALUES ($1, $2, $3, $4, 'joined', $5)"
                    " ON CONFLICT (person_id) DO UPDATE SET (name, email, standing, joined_at)"
                    " = (excluded.name, excluded.email, excluded.standing, excluded.joined_at)",
                    fact.stream_id,
                    fact.community_id,
                    joined.name.to_json(),
                    joined.email.to_json(),
                    fact.at,
                )
            case events.MemberCameIn() | events.ProfileChanged() as said:
                await connection.execute(
                    "UPDATE members_v1 SET name = $2, email = $3 WHERE person_id = $1",
                    fact.stream_id, said.name.to_json(), said.email.to_json(),
                )  # fmt: skip
            case events.AddressChanged(email):
                await connection.execute(WRITTEN_TO, fact.stream_id, email.to_json())
            case events.MemberLeft() | events.BanLifted():
                await _stand(connection, fact, "left")
            case events.MemberBanned():
                await _stand(connection, fact, "banned")
            case events.MemberTakenIn():
                await _stand(connection, fact, "taken_in")
            case events.PersonErased():
                await connection.execute(GONE, fact.stream_id)


async def _stand(connection: Any, fact: Fact, standing: Standing) -> None:
    sql = "UPDATE members_v1 SET standing = $2 WHERE person_id = $1"
    await connection.execute(sql, fact.stream_id, standing)


MEMBERS = Projection(
    name="members",
    version=1,
    ddl=DDL,
    tables=("members_v1",),
    facts=members(events.MemberEvent),
    apply=apply,
)


async def members_of(
    connection: Any,
    community_id: UUID,
    *,
    standing: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[MemberRow]:
    """The newest members who joined before a place in this list."""
    joined_at, person_id = before or (None, None)
    rows = await connection.fetch(
        "SELECT person_id, name, email, standing, joined_at FROM members_v1"
        " WHERE community_id = $1 AND ($2::text IS NULL OR standing = $2)"
        " AND ($3::timestamptz IS NULL OR (joined_at, person_id) < ($3, $4::uuid))"
        " ORDER BY joined_at DESC, person_id DESC LIMIT $5",
        community_id,
        standing,
        joined_at,
        person_id,
        limit,
    )
    sealed = ("name", "email")
    return [
        MemberRow(**{**row, **{field: Sealed.from_json(row[field]) for field in sealed}})
        for row in rows
    ]


async def standings_of(
    connection: Any, community_id: UUID, *, since: datetime | None, before: datetime | None
) -> dict[PersonId, Standing]:
    """Where everybody stands who joined in this time, which is open on either side that is not given."""
    rows = await connection.fetch(
        "SELECT person_id, standing FROM members_v1 WHERE community_id = $1"
        " AND ($2::timestamptz IS NULL OR joined_at >= $2)"
        " AND ($3::timestamptz IS NULL OR joined_at < $3)",
        community_id,
        since,
        before,
    )
    return {PersonId(row["person_id"]): row["standing"] for row in rows}


async def joined_at_of(connection: Any, community_id: UUID) -> dict[PersonId, datetime]:
    """Everybody who is a member, and since when."""
    sql = "SELECT person_id, joined_at FROM members_v1 WHERE community_id = $1 AND standing = 'joined'"
    rows = await connection.fetch(sql, community_id)
    return {PersonId(row["person_id"]): row["joined_at"] for row in rows}


async def said_of(connection: Any, people: Collection[UUID]) -> dict[UUID, tuple[Sealed, Sealed]]:
    """The name and the address of each who was not erased, by person."""
    sql = "SELECT person_id, name, email FROM members_v1 WHERE person_id = ANY ($1)"
    rows = await connection.fetch(sql, list(people))
    return {
        row["person_id"]: (Sealed.from_json(row["name"]), Sealed.from_json(row["email"]))
        for row in rows
    }


async def known_among(
    connection: Any, people: Collection[UUID], *, joined: bool = False
) -> set[UUID]:
    """Those of the ids who are, or were, members of the community the connection is scoped to; or just are."""
    sql = "SELECT person_id FROM members_v1 WHERE person_id = ANY ($1) AND (standing = 'joined' OR NOT $2)"
    return {row["person_id"] for row in await connection.fetch(sql, list(people), joined)}


async def member_now(service: Service, community_id: UUID, person_id: UUID) -> Member:
    """The member as of now; NotFound when the community never had such a person."""
    member = await _state_of(service, community_id, person_id)
    if member.standing == "unknown":
        raise NotFound("person_not_found", "There is no such person.")
    return member


async def _state_of(service: Service, community_id: UUID, person_id: UUID) -> Member:
    member: Member
    member, _ = await service.handler.state(MEMBER, person_id, community_id)
    return member


def being_taken_in(person_id: PersonId) -> Ask:
    """What a request asks by which a member is another from then on; Rejected where they may not be by then."""
    return Ask(MEMBER, person_id, BeTakenIn(is_asked=True))


async def standing_of(service: Service, community_id: UUID, person_id: UUID | None) -> StandingNow:
    """Where the person stands as of now, `unknown` for who never joined, and for nobody."""
    if person_id is None:
        return "unknown"
    return (await _state_of(service, community_id, person_id)).standing


async def is_gone_now(
    service: Service, community_id: UUID, person_id: UUID, ground: Ground
) -> bool:
    """Whether this is why the person may be forgotten, as of now."""
    return is_gone(await _state_of(service, community_id, person_id), ground)


async def came_in(service: Service, community_id: UUID, person_id: UUID) -> bool:
    """Whether somebody signs in as this person, or has; who is brought from elsewhere does not yet."""
    return (await _state_of(service, community_id, person_id)).account_id is not None


async def person_of(service: Service, community_id: UUID, account_id: UUID) -> PersonId | None:
    """Who the account is in this community, as of now; nobody once erased."""
    found = await service.vault.find(PERSON, community_id, str(account_id))
    return await merged(service, community_id, found) if found else None


async def is_shut_out(service: Service, community_id: UUID, account_id: UUID) -> bool:
    """Whether whoever signs in with this account is banned there, as of now."""
    person_id = await person_of(service, community_id, account_id)
    if person_id is None:
        return False
    return await standing_of(service, community_id, person_id) == "banned"


async def admitted(service: Service, community_id: UUID, account_id: UUID) -> PersonId | None:
    """Who the account may act as there; nobody when shut out, or while an acceptance is on its way."""
    person_id = await person_of(service, community_id, account_id)
    if person_id is None:
        return None
    standing = await standing_of(service, community_id, person_id)
    return None if standing in ("unknown", "banned", "erased") else person_id


@dataclass(frozen=True, slots=True)
class Sought:
    """What an account and an address lead to: who signs in with it (`owner`), and whom each finds in the community.

    `person_id` is who the account is there; else who is known there by the account's own address; else nobody.
    """

    account_id: UUID
    email: str
    owner: AccountId | None
    by_account: UUID | None
    by_email: UUID | None
    person_id: PersonId | None

    @property
    def is_own(self) -> bool:
        """Whether the account signs in with the address."""
        return self.owner == self.account_id


async def sought(service: Service, community_id: UUID, account_id: UUID, email: str) -> Sought:
    """As of this very moment."""
    by_account, owner, by_email = await asyncio.gather(
        service.vault.find(PERSON, community_id, str(account_id)),
        account_of(service, email),
        service.vault.find(EMAIL, community_id, email),
    )
    person_id = await merged(service, community_id, by_account) if by_account else None
    if person_id is None and by_email and owner == account_id:
        person_id = await merged(service, community_id, by_email)
    return Sought(account_id, email, owner, by_account, by_email, person_id)


async def found_by(
    service: Service, community_id: UUID, found: Sought, person_id: PersonId
) -> Keep:
    """What leads to the person once it is kept; `Claimed` where it leads to somebody else."""
    merging = await merging_now(service, community_id, person_id)
    names = (
        (PERSON, str(found.account_id), found.by_account),
        (EMAIL, found.email, found.by_email),
    )
    lookups = [
        service.vault.lookup(kind, community_id, text, person_id)
        for kind, text, who in names
        # What finds whom they have taken in finds them.
        if who not in merging.taken_in
    ]
    return Keep(lookups=tuple(lookups))


async def is_elsewhere(
    service: Service, community_id: UUID, account_id: UUID, email: str, person_id: PersonId
) -> bool:
    """Whether somebody else signs in with the address, or another person is known by it in the community.

    Whom the person has taken in is nobody else: they sign in as the person.
    """
    signs_in = await account_of(service, email)
    if signs_in not in (None, account_id):
        who = await person_of(service, community_id, signs_in)
        if who != person_id:
            return True
    found = await service.vault.find(EMAIL, community_id, email)
    return found is not None and await merged(service, community_id, found) != person_id


async def signing_in_by(
    service: Service, community_id: UUID, account_id: UUID, email: str, person_id: PersonId
) -> Keep:
    """What finds the account, and the person in the community, by another address of theirs."""
    taken_in = (await merging_now(service, community_id, person_id)).taken_in
    lookups = []
    # Whom they have taken in may sign in with it, by an account that finds them already.
    if await account_of(service, email) in (None, account_id):
        lookups.append(service.vault.lookup(EMAIL, PLATFORM, email, account_id))
    if await service.vault.find(EMAIL, community_id, email) not in taken_in:
        lookups.append(service.vault.lookup(EMAIL, community_id, email, person_id))
    return Keep(lookups=tuple(lookups))


async def ownership_of(service: Service, community_id: UUID, person_id: UUID) -> Ownership:
    """Whether the person owns the community, as of now; NotFound when there is no such person."""
    member = await member_now(service, community_id, person_id)
    owners = (await community_now(service, community_id)).owners
    if member.account_id not in owners:
        return "none"
    return "sole" if len(owners) == 1 else "shared"


async def works_here(service: Service, community_id: UUID, person_id: UUID) -> bool:
    """Whether the person has any role in the community, as of now; NotFound when there is no such person."""
    account_id = (await member_now(service, community_id, person_id)).account_id
    community = await community_now(service, community_id)
    return account_id is not None and bool(community.roles_of(account_id))


async def profile_of(service: Service, person_id: PersonId) -> Profile | None:
    """What was last said of the person, as of now; None for who never joined."""
    facts = await service.store.read_stream(person_id)
    said = [fact for fact in facts if isinstance(fact.body, SAID)]
    if not said:
        return None
    last = said[-1].body
    moved = [fact.body.email for fact in facts if isinstance(fact.body, MOVED)]
    return Profile(last.name, moved[-1], last.language, said[0].at)
