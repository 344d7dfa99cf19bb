"""Groups follow access: a look makes a wish, a wish a message, a loss a task for whoever may take people out."""

from datetime import timedelta

from services.membership.access.events import AccessBarred, AccessGranted, AccessRevoked, BarLifted
from services.membership.access.projections import standing_now
from services.membership.community.projections import page_of
from services.membership.crowd import look_at_everybody
from services.membership.gateways.gateway import (
    GroupInvite,
    Messenger,
    MessengerRefused,
    Unreachable,
)
from services.membership.gateways.hand import Hand
from services.membership.gateways.whatsapp_reports import Mark, report_in
from services.membership.group.events import GroupChanged, GroupClosed, GroupOpened
from services.membership.group.projections import groups_now
from services.membership.group_seat import commands, events
from services.membership.group_seat.decider import GROUP_SEAT, stream_of
from services.membership.group_seat.projections import group_seat_now, group_seats_of
from services.membership.member.events import MemberTakenIn
from services.membership.member.projections import profile_of
from shared.consumer import Webhook
from shared.event_store import Fact, Forget, Keep
from shared.ids import PersonId, derive
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction, Transient

NO_WORD = timedelta(days=1)
REMINDER = timedelta(days=3)
PATIENCE = timedelta(days=14)
DOOR_LIFE = timedelta(days=30)


def _ask(command: commands.GroupSeatCommand, keep: Keep | None = None) -> Ask:
    return Ask(GROUP_SEAT, stream_of(command.person_id), command, keep or Keep())


def when_access_granted_look(fact: Fact) -> list[Call]:
    granted: AccessGranted = fact.body
    return [Call(commands.LookAtGroups(granted.person_id))] if granted.first else []


def when_access_revoked_look(fact: Fact) -> list[Call]:
    revoked: AccessRevoked = fact.body
    return [Call(commands.LookAtGroups(revoked.person_id))] if revoked.last else []


def when_access_barred_look(fact: Fact) -> list[Call]:
    return [Call(commands.LookAtGroups(fact.body.person_id))]


def when_groups_changed_look_at_everybody(fact: Fact) -> list[Call]:
    del fact
    return [Call(commands.LookAtAllGroups())]


def when_invite_asked_send(fact: Fact) -> list[Call]:
    asked: events.GroupInviteAsked = fact.body
    return [Call(commands.SendInvite(asked.person_id, asked.number, asked.group_id))]


def when_invite_unsure_stop_waiting(fact: Fact) -> list[At]:
    sent: events.GroupInviteSent = fact.body
    stop = _ask(commands.StopWaiting(sent.person_id, sent.number))
    return [] if sent.sure else [At(fact.at + NO_WORD, stop)]


def when_messenger_reported_record(fact: Fact) -> list[Ask]:
    webhook: Webhook = fact.body
    report = report_in(webhook)
    if report is None:
        return []
    mark, arrived, problem = report
    return [_ask(commands.RecordReport(mark.person_id, mark.number, arrived, problem))]


def when_removal_due_remind(fact: Fact) -> list[At]:
    due: events.GroupRemovalDue | events.GroupRemovalReminded = fact.body
    remind = commands.RemindOfRemoval(due.person_id, due.number, due.group_id)
    return [At(fact.at + REMINDER, _ask(remind))]


def when_leaving_release_number_in_time(fact: Fact) -> list[At]:
    return [At(fact.at + PATIENCE, _ask(commands.ReleaseNumber(fact.body.person_id)))]


def when_person_erased_release_number_in_time(fact: Fact) -> list[At]:
    wanted: events.GroupSeatWanted = fact.body
    return when_leaving_release_number_in_time(fact) if wanted.barred == "erased" else []


def when_member_taken_in_withdraw_number(fact: Fact) -> list[Ask]:
    """So that who they are now can give the same number."""
    return [_ask(commands.WithdrawNumber(PersonId(fact.stream_id)))]


def when_number_released_forget(fact: Fact) -> list[Ask]:
    released: events.NumberReleased = fact.body
    forget = Keep(forget=(Forget(released.link_id),))
    return [_ask(commands.ForgetNumber(released.person_id, released.link_id), forget)]


REACTIONS = (
    Reaction(
        "membership.group_seat.when_member_taken_in_withdraw_number",
        MemberTakenIn,
        when_member_taken_in_withdraw_number,
    ),
    Reaction(
        "membership.group_seat.when_access_granted_look", AccessGranted, when_access_granted_look
    ),
    Reaction(
        "membership.group_seat.when_access_revoked_look", AccessRevoked, when_access_revoked_look
    ),
    Reaction(
        "membership.group_seat.when_access_barred_look", AccessBarred, when_access_barred_look
    ),
    Reaction("membership.group_seat.when_bar_lifted_look", BarLifted, when_access_barred_look),
    Reaction(
        "membership.group_seat.when_group_opened_look_at_everybody",
        GroupOpened,
        when_groups_changed_look_at_everybody,
    ),
    Reaction(
        "membership.group_seat.when_group_changed_look_at_everybody",
        GroupChanged,
        when_groups_changed_look_at_everybody,
    ),
    Reaction(
        "membership.group_seat.when_group_closed_look_at_everybody",
        GroupClosed,
        when_groups_changed_look_at_everybody,
    ),
    Reaction(
        "membership.group_seat.when_invite_asked_send",
        events.GroupInviteAsked,
        when_invite_asked_send,
    ),
    Reaction(
        "membership.group_seat.when_invite_unsure_stop_waiting",
        events.GroupInviteSent,
        when_invite_unsure_stop_waiting,
    ),
    Reaction(
        "membership.group_seat.when_messenger_reported_record",
        Webhook,
        when_messenger_reported_record,
    ),
    Reaction(
        "membership.group_seat.when_removal_due_remind",
        events.GroupRemovalDue,
        when_removal_due_remind,
    ),
    Reaction(
        "membership.group_seat.when_removal_reminded_remind",
        events.GroupRemovalReminded,
        when_removal_due_remind,
    ),
    Reaction(
        "membership.group_seat.when_number_withdrawn_release_in_time",
        events.NumberWithdrawn,
        when_leaving_release_number_in_time,
    ),
    Reaction(
        "membership.group_seat.when_person_erased_release_in_time",
        events.GroupSeatWanted,
        when_person_erased_release_number_in_time,
    ),
    Reaction(
        "membership.group_seat.when_number_released_forget",
        events.NumberReleased,
        when_number_released_forget,
    ),
)


async def look_at_groups(action: commands.LookAtGroups, context: ActionContext) -> Ask | None:
    return await _looked_at(action.person_id, context)


async def _looked_at(person_id: PersonId, context: ActionContext) -> Ask | None:
    """A community that never had a group is left alone."""
    service, community_id = context.service, context.community_id
    standing = await standing_now(service, community_id, person_id)
    groups, version = await groups_now(service, community_id)
    if version == 0:
        return None
    return _ask(
        commands.FollowGroups(
            person_id=person_id,
            groups=groups.open_to(standing.tiers),
            open=tuple(sorted(groups.doors)),
            barred=standing.barred,
            access_version=standing.version,
            groups_version=version,
        )
    )


async def look_at_all_groups(_: commands.LookAtAllGroups, context: ActionContext) -> None:
    await look_at_everybody(context, group_seats_of, _looked_at)


async def send_invite(action: commands.SendInvite, context: ActionContext) -> Ask | None:
    """At most once: nothing at the vendor would recognise a second message."""
    messenger: Messenger | None = context.gateways.get("messenger")
    if messenger is None:
        raise Transient("The platform is no longer set up with WhatsApp.")
    invite = await _written(action, context)
    if invite is None:
        return None
    person_id, number = action.person_id, action.number
    message_id = derive(stream_of(person_id), "message", str(number))
    try:
        sure = await Hand(context.service.pool).once(message_id, lambda: messenger.invite(invite))
    except Unreachable as gone:
        raise Transient(str(gone)) from gone
    except MessengerRefused as refusal:
        return _ask(commands.RecordInvite(person_id, number, problem=refusal.problem))
    return _ask(commands.RecordInvite(person_id, number, sure))


async def _written(action: commands.SendInvite, context: ActionContext) -> GroupInvite | None:
    """Nothing for who has meanwhile lost access, or been sent another one."""
    service, community_id, person_id = context.service, context.community_id, action.person_id
    seat = await group_seat_now(service, community_id, person_id)
    invite = seat.invites.get(action.group_id)
    groups, _ = await groups_now(service, community_id)
    door = groups.doors.get(action.group_id)
    if invite is None or (invite.number, invite.stage) != (action.number, "asked") or door is None:
        return None
    (number,) = await service.vault.open([seat.numbers[-1] if seat.numbers else None])
    profile = await profile_of(service, person_id)
    if number is None or profile is None:
        return None
    async with service.pool.acquire() as connection:
        page = await page_of(connection, community_id)
    if page is None:
        raise Transient("The community's page is not there yet.")
    expiry = context.now + DOOR_LIFE
    link = service.links.make("group", person_id, community_id, expiry)
    mark = Mark(community_id, person_id, action.number)
    return GroupInvite(
        number=number,
        community=page.name,
        group=door.name,
        language=profile.language,
        door=f"{action.group_id}/{link}",
        mark=mark.written(),
    )


ACTIONS = (
    Action(of=commands.LookAtGroups, perform=look_at_groups),
    Action(of=commands.LookAtAllGroups, perform=look_at_all_groups),
    Action(of=commands.SendInvite, perform=send_invite),
)
