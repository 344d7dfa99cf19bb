"""Roles follow access: whatever changes makes us look, a look makes a wish, a wish makes steps of the vendor's."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, assert_never

from services.membership.access.events import AccessBarred, AccessGranted, AccessRevoked, BarLifted
from services.membership.access.projections import standing_now
from services.membership.chat import commands, events
from services.membership.chat.decider import CHAT, Seat, stream_of
from services.membership.chat.projections import seats_now, seats_of
from services.membership.chat_audit.events import ChatRepairApproved, ChatServerCompared
from services.membership.chat_server.events import (
    ChatRulesSet,
    ChatServerConnected,
    ChatServerDisconnected,
)
from services.membership.chat_server.projections import chat_server_now
from services.membership.crowd import look_at_everybody, tell_each
from services.membership.gateways.gateway import Chat, ChatRefused, Unreachable
from services.membership.member.events import MemberTakenIn
from shared.event_store import Fact, Forget, Keep
from shared.ids import Code, PersonId
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction, Transient

PATIENCE = timedelta(days=7)


def _ask(command: commands.ChatCommand, keep: Keep | None = None) -> Ask:
    return Ask(CHAT, stream_of(command.person_id), command, keep or Keep())


def when_access_granted_look(fact: Fact) -> list[Call]:
    granted: AccessGranted = fact.body
    return [Call(commands.LookAtAccess(granted.person_id))] if granted.first else []


def when_access_revoked_look(fact: Fact) -> list[Call]:
    revoked: AccessRevoked = fact.body
    return [Call(commands.LookAtAccess(revoked.person_id))] if revoked.last else []


def when_access_barred_look(fact: Fact) -> list[Call]:
    return [Call(commands.LookAtAccess(fact.body.person_id))]


def when_rules_changed_look_at_everybody(fact: Fact) -> list[Call]:
    del fact
    return [Call(commands.LookAtEverybody())]


def when_repair_wanted_look_at_server(fact: Fact) -> list[Call]:
    compared: ChatServerCompared = fact.body
    found = compared.comparison
    look = commands.LookAtServer(found.server, found.most_removals)
    return [Call(look)] if compared.outcome == "repairing" else []


def when_repair_approved_look_at_server(fact: Fact) -> list[Call]:
    approved: ChatRepairApproved = fact.body
    return [Call(commands.LookAtServer(approved.server, approved.most_removals))]


def when_step_asked_do_it(fact: Fact) -> list[Call]:
    asked: events.ChatStepAsked = fact.body
    return [Call(commands.DoStep(asked.person_id, asked.number))]


def when_unlink_asked_give_up_in_time(fact: Fact) -> list[At]:
    return [At(fact.at + PATIENCE, _ask(commands.GiveUpLink(fact.body.person_id)))]


def when_person_erased_give_up_in_time(fact: Fact) -> list[At]:
    wanted: events.ChatSeatWanted = fact.body
    return when_unlink_asked_give_up_in_time(fact) if wanted.barred == "erased" else []


def when_member_taken_in_unlink(fact: Fact) -> list[Ask]:
    """So that who they are now can link the same account."""
    return [_ask(commands.UnlinkAccount(PersonId(fact.stream_id)))]


def when_unlinked_forget_link(fact: Fact) -> list[Ask]:
    unlinked: events.ChatUnlinked = fact.body
    forget = Keep(forget=(Forget(unlinked.link_id),))
    return [_ask(commands.ForgetLink(unlinked.person_id, unlinked.link_id), forget)]


REACTIONS = (
    Reaction("membership.chat.when_access_granted_look", AccessGranted, when_access_granted_look),
    Reaction("membership.chat.when_access_revoked_look", AccessRevoked, when_access_revoked_look),
    Reaction("membership.chat.when_access_barred_look", AccessBarred, when_access_barred_look),
    Reaction("membership.chat.when_bar_lifted_look", BarLifted, when_access_barred_look),
    Reaction(
        "membership.chat.when_server_connected_look_at_everybody",
        ChatServerConnected,
        when_rules_changed_look_at_everybody,
    ),
    Reaction(
        "membership.chat.when_rules_set_look_at_everybody",
        ChatRulesSet,
        when_rules_changed_look_at_everybody,
    ),
    Reaction(
        "membership.chat.when_server_disconnected_look_at_everybody",
        ChatServerDisconnected,
        when_rules_changed_look_at_everybody,
    ),
    Reaction(
        "membership.chat.when_repair_wanted_look_at_server",
        ChatServerCompared,
        when_repair_wanted_look_at_server,
    ),
    Reaction(
        "membership.chat.when_repair_approved_look_at_server",
        ChatRepairApproved,
        when_repair_approved_look_at_server,
    ),
    Reaction("membership.chat.when_step_asked_do_it", events.ChatStepAsked, when_step_asked_do_it),
    Reaction(
        "membership.chat.when_unlink_asked_give_up_in_time",
        events.ChatUnlinkAsked,
        when_unlink_asked_give_up_in_time,
    ),
    Reaction(
        "membership.chat.when_person_erased_give_up_in_time",
        events.ChatSeatWanted,
        when_person_erased_give_up_in_time,
    ),
    Reaction(
        "membership.chat.when_member_taken_in_unlink", MemberTakenIn, when_member_taken_in_unlink
    ),
    Reaction(
        "membership.chat.when_unlinked_forget_link", events.ChatUnlinked, when_unlinked_forget_link
    ),
)


async def look_at_access(action: commands.LookAtAccess, context: ActionContext) -> Ask | None:
    return await _looked_at(action.person_id, context)


async def _looked_at(person_id: PersonId, context: ActionContext) -> Ask | None:
    """A community that never had a chat server is left alone."""
    service, community_id = context.service, context.community_id
    standing = await standing_now(service, community_id, person_id)
    server, version = await chat_server_now(service, community_id)
    if version == 0:
        return None
    place = events.Place(server.server, server.on_loss, server.channel) if server.server else None
    return _ask(
        commands.FollowAccess(
            person_id=person_id,
            place=place,
            roles=server.roles_for(standing.tiers),
            barred=standing.barred,
            access_version=standing.version,
            rules_version=version,
        )
    )


async def look_at_everyone(_: commands.LookAtEverybody, context: ActionContext) -> None:
    await look_at_everybody(context, seats_of, _looked_at)


async def look_at_server(action: commands.LookAtServer, context: ActionContext) -> Ask | None:
    """Only roles that follow from access are looked at; the others are not ours.

    Where it is not as it was when somebody agreed, the next comparison says so, and waits for their word.
    """
    server, _version = await chat_server_now(context.service, context.community_id)
    chat: Chat | None = context.gateways.get("chat")
    if server.server is None or chat is None or action.server not in (None, server.server):
        return None
    seats = await seats_now(context.service, context.community_id, server.server)
    try:
        there = await chat.members(server.server)
    except Unreachable as gone:
        raise Transient(str(gone), gone.after) from gone
    except ChatRefused:
        return None  # The next comparison says so.
    mapped = frozenset(role.role for role in server.roles)
    if action.most_removals is not None and _removals(mapped, seats, there) > action.most_removals:
        return None
    await tell_each(_differences(server.server, mapped, seats, there, context), context)
    return None


def _removals(
    mapped: frozenset[Code],
    seats: Sequence[tuple[events.SeatNow, str]],
    there: Mapping[str, frozenset[Code]],
) -> int:
    """How many roles would be taken of people who have them by hand."""
    return sum(
        len((there.get(account, frozenset()) & mapped) - seat.held - seat.wanted)
        for seat, account in seats
        if not seat.asks
    )


async def _differences(
    server: Code,
    mapped: frozenset[Code],
    seats: Sequence[tuple[events.SeatNow, str]],
    there: Mapping[str, frozenset[Code]],
    context: ActionContext,
) -> AsyncIterator[tuple[PersonId, Sequence[Ask]]]:
    for seat, account in seats:
        roles = there.get(account)
        ours = None if roles is None else roles & (mapped | seat.held)
        if seat.asks or (ours == seat.held and not seat.absent):
            continue
        follow = await _looked_at(seat.person_id, context)
        notice = commands.NoticeRoles(
            seat.person_id,
            seat.number,
            server,
            None if ours is None else tuple(sorted(ours)),
        )
        yield seat.person_id, [*([follow] if follow else []), _ask(notice)]


async def do_step(action: commands.DoStep, context: ActionContext) -> Ask | None:
    """Every step may be repeated at the vendor; of an invite made twice, the first runs out unread."""
    person_id, service = action.person_id, context.service
    seat: Seat
    seat, _ = await service.handler.state(CHAT, stream_of(person_id), context.community_id)
    if seat.pending is None or seat.number != action.number:
        return None
    chat: Chat | None = context.gateways.get("chat")
    if chat is None:
        raise Transient("The platform is no longer set up with a chat.")
    try:
        return await _done(seat, seat.pending, chat, action, context)
    except Unreachable as gone:
        raise Transient(str(gone), gone.after) from gone
    except ChatRefused as refusal:
        return _ask(commands.RecordRefused(person_id, action.number, refusal.problem))


async def _done(
    seat: Seat, step: events.Step, chat: Chat, action: commands.DoStep, context: ActionContext
) -> Ask:
    vault: Any = context.service.vault
    invite = seat.invite
    account, code = await vault.open([seat.account, invite.invite if invite else None])
    done = commands.RecordDone(action.person_id, action.number)
    match step.kind:
        case "invite":
            return await _invited(seat, chat, action, context)
        case "withdraw_invite":
            was = await _withdrawn(chat, code, invite, context)
            return _ask(commands.RecordDone(action.person_id, action.number, invite_was=was))
        case _ if account is None:
            raise ChatRefused("account_gone")
        case "add_role":
            await chat.add_role(step.server, account, step.role or "")
        case "remove_role":
            await chat.remove_role(step.server, account, step.role or "")
        case "kick":
            await chat.kick(step.server, account)
        case _:
            assert_never(step.kind)
    return _ask(done)


async def _invited(seat: Seat, chat: Chat, action: commands.DoStep, context: ActionContext) -> Ask:
    if seat.place is None or seat.place.channel is None:
        raise ChatRefused("channel_unknown")
    made = await chat.invite(seat.place.channel, seat.roles, context.now)
    sealer = context.service.vault.sealer()
    sealed = await sealer.seal(action.person_id, made.code)
    done = commands.RecordDone(action.person_id, action.number, sealed, made.until)
    return _ask(done, sealer.take_keep())


async def _withdrawn(
    chat: Chat, code: str | None, invite: events.ChatInvited | None, context: ActionContext
) -> events.InviteWas:
    """The invite of who was erased cannot be read any more; it runs out by itself within a day."""
    if code is not None and await chat.withdraw_invite(code):
        return "unused"
    return "ran_out" if invite is None or invite.until <= context.now else "used"


ACTIONS = (
    Action(of=commands.LookAtAccess, perform=look_at_access),
    Action(of=commands.LookAtEverybody, perform=look_at_everyone),
    Action(of=commands.LookAtServer, perform=look_at_server),
    Action(of=commands.DoStep, perform=do_step),
)
