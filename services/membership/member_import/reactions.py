"""Rows are opened a few at a time, each when what the last led to is under way; letters go so many a minute."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.membership.account.projections import EMAIL
from services.membership.member.projections import came_in, standing_of
from services.membership.member_import import commands, events
from services.membership.member_import.decider import MEMBER_IMPORT, file_of
from services.membership.member_import.projections import EXTERNAL, known_by
from services.membership.tier.events import TierId
from services.membership.tier.projections import free_tiers_of
from shared.contracts.membership_origin import origin_of
from shared.erasure import forgetting
from shared.event_store import Fact, Keep
from shared.ids import PersonId, derive
from shared.personal import Sealer
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction

PAUSE = timedelta(minutes=1)


def when_import_uploaded_expire(fact: Fact) -> list[At]:
    expire = Ask(MEMBER_IMPORT, fact.stream_id, commands.ExpireImport())
    return [At(fact.body.expires_at, expire)]


def when_import_started_open_rows(fact: Fact) -> list[Call]:
    return [Call(commands.OpenRows(fact.stream_id, number=1))]


def when_rows_taken_go_on(fact: Fact) -> list[At]:
    """Due with all else that follows from these rows and last of it (app.py): rows never pile up in the agenda."""
    taken: events.RowsTaken = fact.body
    return [At(fact.at, Ask(MEMBER_IMPORT, fact.stream_id, commands.GoOn(taken.number)))]


def when_rows_due_open_rows(fact: Fact) -> list[Call]:
    return [Call(commands.OpenRows(fact.stream_id, fact.body.number))]


def when_import_completed_release_letters(fact: Fact) -> list[At]:
    """Not at once: the last rows' people are still being admitted, and nobody writes to strangers."""
    return [At(fact.at + PAUSE, Ask(MEMBER_IMPORT, fact.stream_id, commands.ReleaseLetters(1)))]


def when_letters_released_release_more(fact: Fact) -> list[At]:
    released: events.LettersReleased = fact.body
    more = commands.ReleaseLetters(released.number + 1)
    return [At(fact.at + PAUSE, Ask(MEMBER_IMPORT, fact.stream_id, more))]


def when_import_ended_forget(fact: Fact) -> list[Ask]:
    """What is left of the file cannot be opened any more."""
    return [forgetting(file_of(fact.stream_id), fact.at)]


REACTIONS = (
    Reaction(
        name="membership.member_import.when_import_uploaded_expire",
        to=events.ImportUploaded,
        react=when_import_uploaded_expire,
    ),
    Reaction(
        name="membership.member_import.when_import_started_open_rows",
        to=events.ImportStarted,
        react=when_import_started_open_rows,
    ),
    Reaction(
        name="membership.member_import.when_rows_taken_go_on",
        to=events.RowsTaken,
        react=when_rows_taken_go_on,
    ),
    Reaction(
        name="membership.member_import.when_rows_due_open_rows",
        to=events.RowsDue,
        react=when_rows_due_open_rows,
    ),
    Reaction(
        name="membership.member_import.when_import_completed_release_letters",
        to=events.ImportCompleted,
        react=when_import_completed_release_letters,
    ),
    Reaction(
        name="membership.member_import.when_letters_released_release_more",
        to=events.LettersReleased,
        react=when_letters_released_release_more,
    ),
    Reaction(
        name="membership.member_import.when_import_completed_forget",
        to=events.ImportCompleted,
        react=when_import_ended_forget,
    ),
    Reaction(
        name="membership.member_import.when_import_cancelled_forget",
        to=events.ImportCancelled,
        react=when_import_ended_forget,
    ),
    Reaction(
        name="membership.member_import.when_import_expired_forget",
        to=events.ImportExpired,
        react=when_import_ended_forget,
    ),
)


async def open_rows(action: commands.OpenRows, context: ActionContext) -> Ask | None:
    """See who the rows speak of, as of now. Done again after a crash, it finds the same people."""
    service, import_id, community_id = context.service, action.import_id, context.community_id
    state, _ = await service.handler.state(MEMBER_IMPORT, import_id, community_id)
    if state.standing != "running" or state.next != action.number:
        return None
    (text,) = await service.vault.open([state.rows[action.number - 1]])
    if text is None:
        return None
    rows = json.loads(text)
    known = await _known(context, rows)
    sealer, found_by = service.vault.sealer(), Keep()
    both = zip(rows, known, strict=True)
    outcomes = await asyncio.gather(*(_person(context, import_id, *one, sealer) for one in both))
    taken: list[events.TakenRow] = []
    refused: list[events.RefusedRow] = []
    for row, outcome in zip(rows, outcomes, strict=True):
        if isinstance(outcome, events.RefusedRow):
            refused.append(outcome)
            continue
        taken.append(outcome)
        found_by = found_by + _lookups(service, community_id, row, outcome)
    async with service.pool.acquire() as connection:
        free_tiers = await free_tiers_of(connection, community_id)
    take = commands.TakeRows(action.number, tuple(taken), tuple(refused), free_tiers)
    return Ask(MEMBER_IMPORT, import_id, take, found_by + sealer.take_keep())


async def _known(context: ActionContext, rows: list[dict[str, Any]]) -> list[set[PersonId]]:
    """Whom each row finds by its id elsewhere and by its address: nobody, somebody, or two people."""
    service, community_id = context.service, context.community_id
    ids = [row["external_id"] for row in rows if row["external_id"]]
    by_id = await known_by(service, community_id, EXTERNAL, ids)
    by_email = await known_by(service, community_id, EMAIL, [row["email"] for row in rows])
    found = [(by_id.get(row["external_id"]), by_email.get(row["email"])) for row in rows]
    return [{person for person in pair if person is not None} for pair in found]


async def _person(
    context: ActionContext,
    import_id: UUID,
    row: dict[str, Any],
    known: set[PersonId],
    sealer: Sealer,
) -> events.TakenRow | events.RefusedRow:
    if len(known) > 1:
        return events.RefusedRow(row["line"], "two_people")
    new = PersonId(derive(import_id, "person", str(row["line"])))
    person_id = next(iter(known), new)
    standing = await standing_of(context.service, context.community_id, person_id)
    if standing in ("left", "banned"):
        return events.RefusedRow(row["line"], standing)
    is_new = standing == "unknown"
    return events.TakenRow(
        line=row["line"],
        person_id=person_id,
        writes=is_new or not await came_in(context.service, context.community_id, person_id),
        name=await sealer.seal(person_id, row["name"]) if is_new else None,
        email=await sealer.seal(person_id, row["email"]) if is_new else None,
        tier_id=TierId(UUID(row["tier_id"])) if row["tier_id"] else None,
        until=datetime.fromisoformat(row["until"]) if row["until"] else None,
        origin=origin_of(context.community_id, row["external_id"]) if row["external_id"] else None,
    )


def _lookups(service: Any, community_id: UUID, row: dict[str, Any], taken: events.TakenRow) -> Keep:
    vault, person_id = service.vault, taken.person_id
    lookups = []
    if taken.email is not None:
        lookups.append(vault.lookup(EMAIL, community_id, row["email"], person_id))
    if row["external_id"]:
        lookups.append(vault.lookup(EXTERNAL, community_id, row["external_id"], person_id))
    return Keep(lookups=tuple(lookups))


ACTIONS = (Action(of=commands.OpenRows, perform=open_rows),)
