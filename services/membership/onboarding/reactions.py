"""A tier that opens begins a way in, what happens and the clock open its steps, and what is done anyway is noticed."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from services.membership.access.events import AccessGranted, AccessRevoked
from services.membership.access.projections import standing_now
from services.membership.activity.events import SignalRecorded
from services.membership.activity.projections import has_done
from services.membership.audience.projections import holds_ticket
from services.membership.chat.events import ChatRoleGranted
from services.membership.chat.projections import seat_now
from services.membership.directory.events import EntryShown
from services.membership.directory.projections import entry_of
from services.membership.group_seat.events import GroupDoorShown, GroupInviteDelivered
from services.membership.group_seat.projections import group_seat_now
from services.membership.member.projections import profile_of
from services.membership.onboarding import commands, events
from services.membership.onboarding.decider import ONBOARDING, stream_of
from services.membership.onboarding.projections import onboarding_now
from services.membership.onboarding_plan.events import StepKind, Trigger
from services.membership.onboarding_plan.projections import plan_now
from shared.contracts.events_ticket import TicketBought
from shared.event_store import Fact
from shared.ids import PersonId
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction


def _ask(command: commands.OnboardingCommand) -> Ask:
    return Ask(ONBOARDING, stream_of(command.person_id), command)


def when_access_granted_look_at_plan(fact: Fact) -> list[Call]:
    granted: AccessGranted = fact.body
    look = commands.LookAtPlan(granted.person_id, granted.tier_id)
    return [Call(look)] if granted.first and not granted.migrated else []


def when_access_revoked_stop(fact: Fact) -> list[Ask]:
    revoked: AccessRevoked = fact.body
    stop = commands.StopOnboarding(revoked.person_id, revoked.tier_id)
    return [_ask(stop)] if revoked.last else []


def when_begun_open_steps_in_time(fact: Fact) -> list[At]:
    begun: events.OnboardingBegun = fact.body
    of = partial(commands.OpenStep, begun.person_id, begun.tier_id, begun.round)
    return [
        At(fact.at + timedelta(hours=step.opens_after), _ask(of(step.key)))
        for step in begun.steps
        if step.opens_after and step.trigger == "start"
    ]


def when_begun_give_up_steps_in_time(fact: Fact) -> list[At]:
    """What waits for another step ends with that."""
    begun: events.OnboardingBegun = fact.body
    of = partial(commands.GiveUpStep, begun.person_id, begun.tier_id, begun.round)
    return [
        At(fact.at + timedelta(days=step.ends_after), _ask(of(step.key)))
        for step in begun.steps
        if step.trigger not in ("start", "step")
    ]


def when_step_triggered_open_in_time(fact: Fact) -> list[At]:
    come: events.StepTriggered = fact.body
    open_it = commands.OpenStep(come.person_id, come.tier_id, come.round, come.step.key)
    return [At(fact.at + timedelta(hours=come.step.opens_after), _ask(open_it))]


def when_step_opened_tell_remind_and_end(fact: Fact) -> list[Call | At]:
    opened: events.StepOpened = fact.body
    step, about = opened.step, (opened.person_id, opened.tier_id, opened.round, opened.step.key)
    end = At(fact.at + timedelta(days=step.ends_after), _ask(commands.EndStep(*about)))
    intents: list[Call | At] = [end]
    if step.letter:
        intents.append(Call(commands.FindWords(*about, "onboarding_step")))
    if step.remind_after is not None:
        due = fact.at + timedelta(hours=step.remind_after)
        intents.append(At(due, _ask(commands.RemindOfStep(*about))))
    return intents


def when_step_reminded_tell(fact: Fact) -> list[Call]:
    due: events.StepReminded = fact.body
    words = commands.FindWords(
        due.person_id, due.tier_id, due.round, due.key, "onboarding_reminder"
    )
    return [Call(words)]


def _hear(
    name: str, to: type, step: StepKind | None, trigger: Trigger | None
) -> Iterator[Reaction]:
    """What a fact about somebody says of their way in: a step is done, and what others wait for has come."""
    said: dict[str, Callable[[PersonId], commands.OnboardingCommand]] = {}
    if step is not None:
        said["notice"] = lambda person_id: commands.NoticeStep(person_id, step)
    if trigger is not None:
        said["trigger"] = lambda person_id: commands.NoticeTrigger(person_id, trigger)
    for what, command in said.items():
        yield Reaction(f"membership.onboarding.when_{name}_{what}", to, _of_person(command))


def _of_person(
    command: Callable[[PersonId], commands.OnboardingCommand],
) -> Callable[[Fact], list[Ask]]:
    return lambda fact: [_ask(command(PersonId(fact.body.person_id)))]


def when_signal_recorded_notice_attendance(fact: Fact) -> list[Ask]:
    signal = fact.body.signal
    took_part = commands.NoticeTrigger(signal.person_id, "attendance")
    return [_ask(took_part)] if signal.kind == "attendance" else []


REACTIONS = (
    Reaction(
        "membership.onboarding.when_access_granted_look_at_plan",
        AccessGranted,
        when_access_granted_look_at_plan,
    ),
    Reaction(
        "membership.onboarding.when_access_revoked_stop", AccessRevoked, when_access_revoked_stop
    ),
    Reaction(
        "membership.onboarding.when_begun_open_steps_in_time",
        events.OnboardingBegun,
        when_begun_open_steps_in_time,
    ),
    Reaction(
        "membership.onboarding.when_begun_give_up_steps_in_time",
        events.OnboardingBegun,
        when_begun_give_up_steps_in_time,
    ),
    Reaction(
        "membership.onboarding.when_step_triggered_open_in_time",
        events.StepTriggered,
        when_step_triggered_open_in_time,
    ),
    Reaction(
        "membership.onboarding.when_step_opened_tell_remind_and_end",
        events.StepOpened,
        when_step_opened_tell_remind_and_end,
    ),
    Reaction(
        "membership.onboarding.when_step_reminded_tell",
        events.StepReminded,
        when_step_reminded_tell,
    ),
    *_hear("chat_role_granted", ChatRoleGranted, "chat", "chat"),
    *_hear("group_invite_delivered", GroupInviteDelivered, "chat", "chat"),
    *_hear("group_door_shown", GroupDoorShown, "chat", "chat"),
    *_hear("entry_shown", EntryShown, "introduce", None),
    *_hear("ticket_bought", TicketBought, "gathering", "ticket"),
    Reaction(
        "membership.onboarding.when_signal_recorded_notice_attendance",
        SignalRecorded,
        when_signal_recorded_notice_attendance,
    ),
)


async def look_at_plan(action: commands.LookAtPlan, context: ActionContext) -> Ask | None:
    service, community_id = context.service, context.community_id
    person_id, tier_id = action.person_id, action.tier_id
    steps = await plan_now(service, community_id, tier_id)
    if not steps or tier_id not in (await standing_now(service, community_id, person_id)).tiers:
        return None
    already, come = await _already(person_id, context)
    return _ask(commands.BeginOnboarding(person_id, tier_id, steps, already, come))


async def _already(
    person_id: PersonId, context: ActionContext
) -> tuple[frozenset[StepKind], frozenset[Trigger]]:
    """What of the steps is done, and what of what steps wait for has come."""
    service, community_id = context.service, context.community_id
    chat = (await seat_now(service, community_id, person_id)).held
    groups = (await group_seat_now(service, community_id, person_id)).inside
    async with service.pool.acquire() as connection:
        entry = await entry_of(connection, person_id)
        ticket = await holds_ticket(connection, person_id)
        took_part = await has_done(connection, person_id, "attendance")
    done: dict[StepKind, object] = {
        "chat": chat or groups,
        "introduce": entry,
        "gathering": ticket,
    }
    come: dict[Trigger, object] = {
        "chat": chat or groups,
        "ticket": ticket,
        "attendance": took_part,
    }
    return (
        frozenset(kind for kind, found in done.items() if found),
        frozenset(trigger for trigger, found in come.items() if found),
    )


async def find_words(action: commands.FindWords, context: ActionContext) -> Ask | None:
    """Nothing for whoever has done it meanwhile, or never joined."""
    person_id, tier_id = action.person_id, action.tier_id
    onboarding = await onboarding_now(context.service, context.community_id, person_id)
    journey = onboarding.on_the_way(tier_id, action.round)
    step = journey.step(action.key) if journey else None
    profile = await profile_of(context.service, person_id)
    if step is None or profile is None:
        return None
    words = step.words_in(profile.language)
    return _ask(
        commands.TellOfStep(
            person_id, tier_id, action.round, action.key, action.template, words.title, words.text
        )
    )


ACTIONS = (
    Action(of=commands.LookAtPlan, perform=look_at_plan),
    Action(of=commands.FindWords, perform=find_words),
)
