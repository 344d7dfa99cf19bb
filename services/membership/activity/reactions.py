"""Who came to a ritual or a gathering has taken part, and who does something on the community's chat server.

Of strangers nothing is kept, and nothing of who wants none recorded; a signal counts once however often it is told.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from services.membership.activity import commands
from services.membership.activity.decider import ACTIVITY, page_of, signal_of
from services.membership.activity.events import Signal
from services.membership.activity_choice.projections import declined_now
from services.membership.chat.projections import people_behind
from services.membership.chat_server.projections import holder_now
from services.membership.community.projections import community_now
from services.membership.gateways.gateway import ChatStream, Sighting
from services.membership.gateways.listening import Listening
from services.membership.member.projections import known_among, standing_of
from services.membership.merging.projections import merged
from services.membership.ritual.events import OccurrenceHeld
from shared import telemetry
from shared.command_handler import Origin
from shared.contracts.events_ticket import TicketCheckedIn
from shared.event_store import Fact, Meta
from shared.ids import Code, CommunityId, PersonId, derive, random_id
from shared.reaction import Action, ActionContext, Ask, Call, Reaction
from shared.service import Service

SOURCE = Code("ritual")
DOOR = Code("gathering")
DISCORD = Code("discord")


def when_occurrence_held_record_attendance(fact: Fact) -> list[Call]:
    held: OccurrenceHeld = fact.body
    if not held.people:
        return []
    signals = tuple(
        Signal(
            derive(fact.stream_id, "attendance", held.on.isoformat(), str(person_id)),
            person_id,
            "attendance",
            SOURCE,
            held.planned_at,
        )
        for person_id in held.people
    )
    return [Call(commands.RecordAttendance(signals))]


async def record_attendance(action: commands.RecordAttendance, context: ActionContext) -> Ask:
    declined = await declined_now(context.service, context.community_id)
    page = page_of(context.community_id, action.signals[0].seen_at)
    return Ask(ACTIVITY, page, commands.RecordSignals(action.signals, declined))


def when_ticket_checked_in_record_entry(fact: Fact) -> list[Call]:
    """Once for a ticket, however many come in by it, and however often."""
    entry: TicketCheckedIn = fact.body
    signal_id = derive(entry.ticket_id, "attendance")
    person_id = PersonId(entry.person_id)
    signal = Signal(signal_id, person_id, "attendance", DOOR, entry.occurred_at)
    return [Call(commands.RecordEntry(signal))]


async def record_entry(action: commands.RecordEntry, context: ActionContext) -> Ask | None:
    service, community_id = context.service, context.community_id
    person_id = await merged(service, community_id, action.signal.person_id)
    if person_id is None or await standing_of(service, community_id, person_id) != "joined":
        return None
    declined = await declined_now(service, community_id)
    signal = replace(action.signal, person_id=person_id)
    page = page_of(community_id, signal.seen_at)
    return Ask(ACTIVITY, page, commands.RecordSignals((signal,), declined))


async def listen_to_chat(service: Service, beat: Callable[[], None]) -> None:
    """The loop `chat_activity`: what is seen on chat servers becomes signals of members who linked their account."""
    stream: ChatStream | None = service.gateways.get("chat_stream")
    if stream is None:
        await asyncio.Event().wait()
        return
    await Listening(service.pool).listen(stream, partial(record, service), beat)


async def record(service: Service, seen: Sequence[Sighting]) -> Counter[str]:
    """Store the signals in what was seen; answers of how many nothing is kept, and why."""
    ignored: Counter[str] = Counter()
    by_server: dict[str, list[Sighting]] = defaultdict(list)
    for sighting in seen:
        by_server[sighting.server].append(sighting)
    for server, here in by_server.items():
        community_id = await holder_now(service, Code(server))
        if community_id is None:
            ignored["unknown_server"] += len(here)
            continue
        people = await _people(service, community_id, here)
        known = [sighting for sighting in here if sighting.account in people]
        ignored["unknown_person"] += len(here) - len(known)
        if known:
            await _record(service, community_id, known, people)
    return ignored


async def _people(
    service: Service, community_id: CommunityId, seen: Sequence[Sighting]
) -> Mapping[str, PersonId]:
    """The members behind the accounts."""
    accounts = {one for sighting in seen for one in (sighting.account, sighting.towards) if one}
    people = await people_behind(service, community_id, accounts)
    async with service.pool.acquire() as connection:
        joined = await known_among(connection, people.values(), joined=True)
    return {account: person for account, person in people.items() if person in joined}


async def _record(
    service: Service,
    community_id: CommunityId,
    seen: Sequence[Sighting],
    people: Mapping[str, PersonId],
) -> None:
    now, cause = service.clock.now(), random_id()
    pages: dict[UUID, list[Signal]] = defaultdict(list)
    for sighting in seen:
        signal = Signal(
            signal_id=signal_of(community_id, DISCORD, _key(sighting)),
            person_id=people[sighting.account],
            kind=sighting.kind,
            source=DISCORD,
            seen_at=sighting.seen_at or now,
            place=Code(sighting.place),
            towards=people.get(sighting.towards or ""),
        )
        # Told again, the same has another `seen_at` where the vendor names none, but never another page.
        pages[page_of(community_id, sighting.page_at)].append(signal)
        telemetry.count("chat_activity.signals", kind=sighting.kind)
    declined = await declined_now(service, community_id)
    community = await community_now(service, community_id)
    origin = Origin(cause, community_id, now, Meta(cause, cause, mode=community.mode))
    asks = [
        Ask(ACTIVITY, page, commands.RecordSignals(tuple(signals), declined))
        for page, signals in pages.items()
    ]
    await service.handler.handle(asks, origin)


def _key(sighting: Sighting) -> str:
    """A message goes by its id alone, as it does where a bot of the community's own tells of it by `POST /activity`."""
    is_message = sighting.kind in ("comment", "reply")
    return sighting.key if is_message else f"{sighting.kind}.{sighting.key}"


REACTIONS = (
    Reaction(
        name="membership.activity.when_occurrence_held_record_attendance",
        to=OccurrenceHeld,
        react=when_occurrence_held_record_attendance,
    ),
    Reaction(
        name="membership.activity.when_ticket_checked_in_record_entry",
        to=TicketCheckedIn,
        react=when_ticket_checked_in_record_entry,
    ),
)

ACTIONS = (
    Action(of=commands.RecordAttendance, perform=record_attendance),
    Action(of=commands.RecordEntry, perform=record_entry),
)
LOOPS = (("chat_activity", listen_to_chat),)
