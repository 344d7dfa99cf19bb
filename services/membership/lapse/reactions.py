"""At each round those who are gone are looked at, some at a time; new rules end what goes by older ones."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.membership.crowd import caught_up, tell_each
from services.membership.keeping import EVERY
from services.membership.lapse import commands, events
from services.membership.lapse.decider import LAPSE, decide, lapse_stream
from services.membership.lapse.projections import looks_at_absent, round_of
from services.membership.member.projections import is_gone_now, profile_of
from services.membership.proof import mark_of, new_nonce, way_to
from services.membership.retention_rules.events import RetentionRoundBegun
from services.membership.retention_rules.projections import keeping_now
from shared.event_store import Fact
from shared.ids import PersonId
from shared.personal import Sealer
from shared.reaction import Action, ActionContext, Ask, Call, Reaction
from shared.service import Service


def when_round_begun_look_at_absent(fact: Fact) -> list[Call]:
    begun: RetentionRoundBegun = fact.body
    return [Call(commands.LookAtAbsent(begun.due, begun.version))]


REACTIONS = (
    Reaction(
        "membership.lapse.when_round_begun_look_at_absent",
        RetentionRoundBegun,
        when_round_begun_look_at_absent,
    ),
)


async def look_at_absent(action: commands.LookAtAbsent, context: ActionContext) -> None:
    """Only whom a look would move is decided on."""
    await caught_up(context)
    service, community_id = context.service, context.community_id
    keeping = await keeping_now(service, community_id)
    at = looked_at(action.due, context.now)
    looking = await round_of(service, community_id, keeping.rules, action.version, at)

    async def moves() -> AsyncIterator[tuple[PersonId, Sequence[Ask]]]:
        async for page in looks_at_absent(service.pool.acquire, looking):
            if (await keeping_now(service, community_id)).version != action.version:
                return
            for look, lapse in page:
                decided = decide(look, lapse)
                if decided:
                    yield look.person_id, [await _asked(look, decided[0], context)]

    await tell_each(moves(), context)


def looked_at(due: datetime, now: datetime) -> datetime:
    """A round that comes late by a day or more tells nobody that less time is left than they have."""
    return due if now < due + EVERY else now


async def _asked(
    look: commands.LookAtAbsence, decided: events.LapseEvent, context: ActionContext
) -> Ask:
    service = context.service
    current, sealer = await _as_of_now(service, context.community_id, look), service.vault.sealer()
    if isinstance(decided, events.LapseForetold):
        current = await _with_way(current, sealer, context)
    return Ask(LAPSE, lapse_stream(look.person_id), current, sealer.take_keep())


async def _with_way(
    look: commands.LookAtAbsence, sealer: Sealer, context: ActionContext
) -> commands.LookAtAbsence:
    """The way to the certificate is sealed for them: with their key goes what their mark is made with."""
    service, person_id, nonce = context.service, look.person_id, new_nonce()
    profile = await profile_of(service, person_id)
    (address,) = await service.vault.open([profile.email if profile else None])
    if address is None:
        return look
    way = way_to(service, context.community_id, person_id, context.now, nonce)
    sealed = await sealer.seal(person_id, way)
    return replace(look, way=sealed, mark=mark_of(nonce, address))


async def _as_of_now(
    service: Service, community_id: UUID, look: commands.LookAtAbsence
) -> commands.LookAtAbsence:
    """Who came back at this very moment is not gone."""
    absence = look.absence
    if absence and await is_gone_now(service, community_id, look.person_id, absence.ground):
        return look
    return replace(look, absence=None)


ACTIONS = (Action(of=commands.LookAtAbsent, perform=look_at_absent),)
