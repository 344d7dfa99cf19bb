"""Once a server is connected it is looked at every day; who it concerns is told what waits for them."""

from collections.abc import Callable, Collection, Sequence

from services.membership.access.projections import standing_now
from services.membership.chat.events import SeatNow
from services.membership.chat.projections import seats_now
from services.membership.chat_audit import commands, events
from services.membership.chat_audit.decider import CHAT_AUDIT, audits_of
from services.membership.chat_audit.events import Cause, Drift
from services.membership.chat_audit.rules.comparing import (
    because,
    compared,
    drifted,
    overtaken,
    skipped,
)
from services.membership.chat_server.events import ChatServerConnected
from services.membership.chat_server.projections import chat_server_now
from services.membership.gateways.gateway import Chat, ChatRefused, Unreachable
from services.membership.tier.events import TierId
from shared.event_store import Fact
from shared.ids import Code, PersonId
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction, Transient

STRANGER = "chat_stranger"


def when_server_connected_schedule_audits(fact: Fact) -> list[Ask]:
    return [Ask(CHAT_AUDIT, audits_of(fact.community_id), commands.ScheduleAudits(fact.at))]


def when_audit_scheduled_begin_audit(fact: Fact) -> list[At]:
    due = fact.body.due
    return [At(due, Ask(CHAT_AUDIT, fact.stream_id, commands.BeginAudit(due)))]


def when_audit_begun_compare_server(fact: Fact) -> list[Call]:
    return [Call(commands.CompareServer(fact.body.number))]


async def compare_server(action: commands.CompareServer, context: ActionContext) -> Ask:
    """The seats are read first: one that has moved on since is left alone by whoever repairs."""
    service, community_id, number = context.service, context.community_id, action.number
    audits = audits_of(community_id)
    server, version = await chat_server_now(service, community_id)
    if server.server is None:
        return Ask(CHAT_AUDIT, audits, commands.RecordNoServer(number))
    chat: Chat | None = context.gateways.get("chat")
    if chat is None:
        raise Transient("The platform is no longer set up with a chat.")
    seats = await seats_now(service, community_id, server.server)
    try:
        there = await chat.members(server.server)
    except Unreachable as gone:
        raise Transient(str(gone), gone.after) from gone
    except ChatRefused as refusal:
        refused = commands.RecordRefusal(number, refusal.problem, context.now)
        return Ask(CHAT_AUDIT, audits, refused)
    mapped = tuple(sorted({role.role for role in server.roles}))
    found = compared(server.server, mapped, seats, there)
    drifts = drifted(
        mapped, seats, there, lambda account: service.vault.token(STRANGER, community_id, account)
    )
    causes = await _overtaken(
        drifts, [seat for seat, _ in seats], server.roles_for, version, context
    )
    record = commands.RecordComparison(
        number, found, context.now, mapped, because(drifts, causes), skipped(seats)
    )
    return Ask(CHAT_AUDIT, audits, record)


async def _overtaken(
    drifts: Sequence[Drift],
    seats: Sequence[SeatNow],
    roles_for: Callable[[Collection[TierId]], Collection[Code]],
    rules_version: int,
    context: ActionContext,
) -> dict[PersonId, Cause]:
    """Of those who differ, whose seat does not follow access yet, and why."""
    differing = {one.person_id for one in drifts}
    causes: dict[PersonId, Cause] = {}
    for seat in seats:
        if seat.person_id not in differing:
            continue
        standing = await standing_now(context.service, context.community_id, seat.person_id)
        roles = () if standing.barred else roles_for(standing.tiers)
        if cause := overtaken(seat, roles, rules_version):
            causes[seat.person_id] = cause
    return causes


REACTIONS = (
    Reaction(
        "membership.chat_audit.when_server_connected_schedule_audits",
        ChatServerConnected,
        when_server_connected_schedule_audits,
    ),
    Reaction(
        "membership.chat_audit.when_audit_scheduled_begin_audit",
        events.ChatAuditScheduled,
        when_audit_scheduled_begin_audit,
    ),
    Reaction(
        "membership.chat_audit.when_audit_begun_compare_server",
        events.ChatAuditBegun,
        when_audit_begun_compare_server,
    ),
)

ACTIONS = (Action(of=commands.CompareServer, perform=compare_server),)
