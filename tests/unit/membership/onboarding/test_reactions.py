from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import pytest

from services.membership.access.events import AccessGranted, AccessRevoked
from services.membership.activity.events import Kind, Signal, SignalRecorded
from services.membership.announcement import reactions as sender
from services.membership.announcement.commands import SendMail
from services.membership.chat.events import ChatRoleGranted
from services.membership.directory.events import EntryShown
from services.membership.group.events import GroupId
from services.membership.group_seat.events import GroupDoorShown, GroupInviteDelivered
from services.membership.onboarding import commands, events
from services.membership.onboarding.decider import ONBOARDING, stream_of
from services.membership.onboarding.reactions import REACTIONS
from services.membership.onboarding_plan.events import Step, StepWords, Trigger
from services.membership.tier.events import TierId
from shared.ids import Code, Label, PersonId
from shared.personal_value import Sealed
from shared.reaction import Ask, At, Call, Intent, Reaction, intents_of
from tests.unit.membership.facts import fact, noon

ada, gold, reason = PersonId(UUID(int=1)), TierId(UUID(int=2)), UUID(int=3)
words = (StepWords("en", Label("Title"), Label("Text")),)
key = Code("hello")
about = (ada, gold, 1, key)


def reacts_to(body: object, reactions: Any = REACTIONS) -> list[Intent]:
    by_type: dict[type, list[Reaction]] = {}
    for reaction in reactions:
        by_type.setdefault(reaction.to, []).append(reaction)
    return [intent for _, _, intent in intents_of(by_type, fact(body))]


def asks(command: commands.OnboardingCommand) -> Ask:
    return Ask(ONBOARDING, stream_of(ada), command)


def test_a_tier_that_opens_begins_a_way_in_and_one_that_closes_stops_it() -> None:
    look = Call(commands.LookAtPlan(ada, gold))
    assert reacts_to(AccessGranted(ada, gold, "purchase", reason, first=True)) == [look]
    assert reacts_to(AccessGranted(ada, gold, "purchase", reason, first=False)) == []
    came = AccessGranted(ada, gold, "subscription", reason, first=True, migrated=True)
    assert reacts_to(came) == [], "who had it elsewhere is not welcomed"
    stop = asks(commands.StopOnboarding(ada, gold))
    assert reacts_to(AccessRevoked(ada, gold, "purchase", reason, "ended", last=True)) == [stop]
    assert reacts_to(AccessRevoked(ada, gold, "purchase", reason, "ended", last=False)) == []


def test_the_clock_opens_steps() -> None:
    at_once, later = Step(Code("now"), "chat", words), Step(key, "introduce", words, 24)
    begun = events.OnboardingBegun(ada, gold, 1, (at_once, later))
    due = noon + timedelta(hours=24)
    assert reacts_to(begun) == [At(due, asks(commands.OpenStep(*about)))]


def test_an_open_step_is_told_of_reminded_of_and_ended() -> None:
    end = At(noon + timedelta(days=14), asks(commands.EndStep(*about)))
    silent = events.StepOpened(ada, gold, 1, Step(key, "introduce", words))
    assert reacts_to(silent) == [end]
    spoken = Step(key, "introduce", words, letter=True, remind_after=48)
    remind = At(noon + timedelta(hours=48), asks(commands.RemindOfStep(*about)))
    tell = Call(commands.FindWords(*about, "onboarding_step"))
    assert reacts_to(events.StepOpened(ada, gold, 1, spoken)) == [end, tell, remind]
    again = Call(commands.FindWords(*about, "onboarding_reminder"))
    assert reacts_to(events.StepReminded(*about)) == [again]


def test_what_people_do_anyway_is_noticed() -> None:
    name = Sealed(ada, "profile", Code("sealed"))
    in_chat = [asks(commands.NoticeStep(ada, "chat")), asks(commands.NoticeTrigger(ada, "chat"))]
    assert reacts_to(ChatRoleGranted(ada, Code("1"), Code("2"))) == in_chat
    assert reacts_to(GroupInviteDelivered(ada, 1, GroupId(reason))) == in_chat
    assert reacts_to(GroupDoorShown(ada, GroupId(reason))) == in_chat
    assert reacts_to(EntryShown(ada, name)) == [asks(commands.NoticeStep(ada, "introduce"))]


@pytest.mark.parametrize("kind", get_args(Kind))
def test_who_takes_part_is_noticed_and_nothing_else_that_they_do(kind: Kind) -> None:
    signal = SignalRecorded(Signal(reason, ada, kind, Code("app"), noon))
    wanted = [asks(commands.NoticeTrigger(ada, "attendance"))] if kind == "attendance" else []
    assert reacts_to(signal) == wanted


def test_what_waits_for_something_opens_in_its_time_and_is_given_up_in_time() -> None:
    key = Code("more")
    triggers: tuple[Trigger, ...] = ("ticket", "attendance", "chat")
    for trigger in triggers:
        waiting = Step(key, "checklist", words, opens_after=48, ends_after=7, trigger=trigger)
        give_up = At(noon + timedelta(days=7), asks(commands.GiveUpStep(ada, gold, 1, key)))
        assert reacts_to(events.OnboardingBegun(ada, gold, 1, (waiting,))) == [give_up]
        opening = At(noon + timedelta(hours=48), asks(commands.OpenStep(ada, gold, 1, key)))
        assert reacts_to(events.StepTriggered(ada, gold, 1, waiting)) == [opening]
    after = Step(key, "checklist", words, opens_after=48, trigger="step", step=Code("hello"))
    assert reacts_to(events.OnboardingBegun(ada, gold, 1, (after,))) == []


def test_who_is_told_is_written_to() -> None:
    told = events.StepToldOf(*about, "onboarding_reminder", words[0].title, words[0].text)
    (call,) = reacts_to(told, sender.REACTIONS)
    assert isinstance(call, Call)
    mail = call.action
    assert isinstance(mail, SendMail)
    assert (mail.person_id, mail.template) == (ada, "onboarding_reminder")
    assert dict(mail.values) == {"title": "Title", "text": "Text"}
