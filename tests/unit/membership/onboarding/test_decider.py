from typing import get_args
from uuid import UUID

import pytest

from services.membership import guidance
from services.membership.chat.events import Who
from services.membership.onboarding.commands import (
    BeginOnboarding,
    EndStep,
    GiveUpStep,
    MarkStep,
    NoticeStep,
    NoticeTrigger,
    OpenStep,
    RemindOfStep,
    StopOnboarding,
    TellOfStep,
)
from services.membership.onboarding.decider import MARKED, ONBOARDING
from services.membership.onboarding.events import (
    OnboardingBegun,
    OnboardingCompleted,
    OnboardingEvent,
    OnboardingStopped,
    StepDone,
    StepMissed,
    StepOpened,
    StepReminded,
    StepToldOf,
    StepTriggered,
    Telling,
)
from services.membership.onboarding_plan.events import Step, StepKind, StepWords, Trigger
from services.membership.tier.events import TierId
from shared.ids import Code, Label, PersonId
from shared.testing import given

ada = PersonId(UUID(int=1))
gold, silver = TierId(UUID(int=2)), TierId(UUID(int=3))
words = (StepWords("en", Label("Title"), Label("Text")),)


def step(kind: StepKind, opens_after: int = 0, *, letter: bool = False) -> Step:
    return Step(Code(kind), kind, words, opens_after, letter)


access, chat, hello = step("access"), step("chat"), step("introduce", 24)
welcome, read = step("welcome", letter=True), step("checklist")


def begun(*steps: Step, number: int = 1, tier_id: TierId = gold) -> OnboardingBegun:
    return OnboardingBegun(ada, tier_id, number, steps)


def begin(*steps: Step, already: frozenset[StepKind] = frozenset()) -> BeginOnboarding:
    return BeginOnboarding(ada, gold, steps, already)


def opened(what: Step, number: int = 1) -> StepOpened:
    return StepOpened(ada, gold, number, what)


def done(what: Step, *, by_member: bool = False) -> StepDone:
    return StepDone(ada, gold, what.key, "member" if by_member else "itself")


def told(what: Step, template: Telling = "onboarding_step") -> StepToldOf:
    return StepToldOf(ada, gold, 1, what.key, template, words[0].title, words[0].text)


def tell(what: Step, template: Telling = "onboarding_step") -> TellOfStep:
    return TellOfStep(ada, gold, 1, what.key, template, words[0].title, words[0].text)


under_way: tuple[OnboardingEvent, ...] = (begun(access, chat, hello), done(access), opened(chat))


def test_what_is_there_is_done_and_what_is_due_is_opened() -> None:
    given(ONBOARDING).when(begin(access, chat, hello)).then(*under_way)
    known = begin(access, chat, hello, already=frozenset({"chat"}))
    given(ONBOARDING).when(known).then(begun(access, chat, hello), done(access), done(chat))
    given(ONBOARDING).when(begin()).then_nothing()
    given(ONBOARDING, *under_way).when(begin(access, chat, hello)).then_nothing()


def test_later_steps_open_by_the_clock() -> None:
    open_hello = OpenStep(ada, gold, 1, hello.key)
    given(ONBOARDING, *under_way).when(open_hello).then(opened(hello))
    given(ONBOARDING, *under_way, opened(hello)).when(open_hello).then_nothing()
    given(ONBOARDING, *under_way, done(hello)).when(open_hello).then_nothing()
    of_another_round = OpenStep(ada, gold, 2, hello.key)
    given(ONBOARDING, *under_way).when(of_another_round).then_nothing()
    given(ONBOARDING).when(open_hello).then_nothing()


def test_what_people_do_anyway_is_noticed_wherever_a_step_waits_for_it() -> None:
    elsewhere = begun(chat, tier_id=silver)
    noticed = NoticeStep(ada, "chat")
    given(ONBOARDING, *under_way, elsewhere).when(noticed).then(
        done(chat),
        StepDone(ada, silver, chat.key, "itself"),
        OnboardingCompleted(ada, silver, 1, 0),
    )
    given(ONBOARDING, *under_way, done(chat)).when(noticed).then_nothing()
    given(ONBOARDING, *under_way).when(NoticeStep(ada, "introduce")).then(done(hello))
    given(ONBOARDING).when(noticed).then_nothing()


def test_a_welcome_is_done_when_it_is_said_and_said_once() -> None:
    history = (begun(welcome, chat), opened(welcome), opened(chat))
    given(ONBOARDING, *history).when(tell(welcome)).then(told(welcome), done(welcome))
    given(ONBOARDING, *history, told(chat)).when(tell(chat)).then_nothing()
    reminder = tell(chat, "onboarding_reminder")
    given(ONBOARDING, *history, told(chat)).when(reminder).then(told(chat, "onboarding_reminder"))
    given(ONBOARDING, *history, done(chat)).when(reminder).then_nothing()


def test_who_has_not_done_it_is_reminded_and_not_waited_for_for_ever() -> None:
    remind, end = RemindOfStep(ada, gold, 1, chat.key), EndStep(ada, gold, 1, chat.key)
    given(ONBOARDING, *under_way).when(remind).then(StepReminded(ada, gold, 1, chat.key))
    given(ONBOARDING, *under_way, done(chat)).when(remind).then_nothing()
    missed = StepMissed(ada, gold, chat.key)
    given(ONBOARDING, *under_way).when(end).then(missed)
    given(ONBOARDING, *under_way, done(chat)).when(end).then_nothing()
    given(ONBOARDING, *under_way, done(hello)).when(end).then(
        missed, OnboardingCompleted(ada, gold, 2, 1)
    )


def test_members_mark_what_only_they_can_know() -> None:
    history = (begun(chat, read), opened(chat), opened(read))
    mark = MarkStep(ada, gold, read.key)
    given(ONBOARDING, *history).when(mark).then(done(read, by_member=True))
    given(ONBOARDING, *history, done(read, by_member=True)).when(mark).then_nothing()
    given(ONBOARDING, *history).when(MarkStep(ada, gold, chat.key)).then_rejected(
        "step_does_itself"
    )
    given(ONBOARDING, *history).when(MarkStep(ada, gold, Code("other"))).then_rejected(
        "step_not_found"
    )
    given(ONBOARDING).when(mark).then_rejected("step_not_found")


def test_the_last_step_completes_it() -> None:
    history = (begun(read, access), opened(read), done(access))
    completed = OnboardingCompleted(ada, gold, 2, 0)
    given(ONBOARDING, *history).when(MarkStep(ada, gold, read.key)).then(
        done(read, by_member=True), completed
    )
    given(ONBOARDING).when(begin(access)).then(
        begun(access), done(access), OnboardingCompleted(ada, gold, 1, 0)
    )


def test_who_loses_the_tier_is_led_in_again_and_who_was_through_knows_the_way() -> None:
    stop, stopped = StopOnboarding(ada, gold), OnboardingStopped(ada, gold)
    given(ONBOARDING, *under_way).when(stop).then(stopped)
    given(ONBOARDING, *under_way, stopped).when(stop).then_nothing()
    given(ONBOARDING).when(stop).then_nothing()
    late = EndStep(ada, gold, 1, chat.key)
    given(ONBOARDING, *under_way, stopped).when(late).then_nothing()
    given(ONBOARDING, *under_way, stopped).when(begin(chat)).then(
        begun(chat, number=2), opened(chat, 2)
    )
    again = (*under_way, stopped, begun(chat, number=2), opened(chat, 2))
    given(ONBOARDING, *again).when(late).then_nothing()
    through = (begun(access), done(access), OnboardingCompleted(ada, gold, 1, 0))
    given(ONBOARDING, *through).when(begin(access)).then_nothing()
    given(ONBOARDING, *through).when(stop).then_nothing()


def test_an_open_step_says_who_must_act() -> None:
    sentence = "The role is gone: choose another for the tier."
    owner: tuple[Who, str] = ("owner", sentence)
    assert guidance.who_acts("chat", "open", owner) == owner
    assert guidance.who_acts("chat", "done", owner) == (None, None)
    for kind in get_args(StepKind):
        who, _ = guidance.who_acts(kind, "open", None)
        assert (who == "member") == (kind in MARKED or kind == "chat")


def after(key: str, what: Step | None = None, hours: int = 0, trigger: Trigger = "step") -> Step:
    """Something to read, once `what` was done or the trigger has come."""
    return Step(
        Code(key), "checklist", words, hours, trigger=trigger, step=what.key if what else None
    )


def triggered(what: Step) -> StepTriggered:
    return StepTriggered(ada, gold, 1, what)


def missed(what: Step) -> StepMissed:
    return StepMissed(ada, gold, what.key)


def test_a_step_opens_after_the_one_that_it_waits_for_at_once_or_in_its_time() -> None:
    second, third = after("second", read), after("third", read, 24)
    history = (begun(read, second, third), opened(read))
    given(ONBOARDING).when(begin(read, second, third)).then(*history)
    mark = MarkStep(ada, gold, read.key)
    open_third = OpenStep(ada, gold, 1, third.key)
    went_on = (done(read, by_member=True), opened(second), triggered(third))
    given(ONBOARDING, *history).when(mark).then(*went_on)
    given(ONBOARDING, *history, *went_on).when(open_third).then(opened(third))
    early = done(third, by_member=True)
    given(ONBOARDING, *history, *went_on, early).when(open_third).then_nothing()


def test_what_is_done_at_the_beginning_opens_what_waits_for_it() -> None:
    second, third = after("second", access), after("third", chat)
    known = begin(access, second, chat, third, already=frozenset({"chat"}))
    given(ONBOARDING).when(known).then(
        begun(access, second, chat, third), done(access), done(chat), opened(second), opened(third)
    )
    welcomed = Step(chat.key, "chat", words, trigger="step", step=access.key)
    known = begin(access, welcomed, already=frozenset({"chat"}))
    completed = OnboardingCompleted(ada, gold, 2, 0)
    given(ONBOARDING).when(known).then(
        begun(access, welcomed), done(access), done(welcomed), completed
    )


def test_what_waits_for_a_step_that_was_missed_is_missed_with_all_that_waits_for_it() -> None:
    second = after("second", chat)
    third = after("third", second)
    history = (begun(chat, second, third), opened(chat))
    given(ONBOARDING, *history).when(EndStep(ada, gold, 1, chat.key)).then(
        missed(chat), missed(second), missed(third), OnboardingCompleted(ada, gold, 0, 3)
    )
    given(ONBOARDING, *history, done(second, by_member=True), opened(third)).when(
        EndStep(ada, gold, 1, chat.key)
    ).then(missed(chat))


@pytest.mark.parametrize("trigger", ["ticket", "attendance", "chat"])
def test_a_step_opens_when_what_it_waits_for_comes_for_the_first_time(trigger: Trigger) -> None:
    now, later = after("now", trigger=trigger), after("later", hours=48, trigger=trigger)
    history = (begun(now, later),)
    come = NoticeTrigger(ada, trigger)
    given(ONBOARDING).when(begin(now, later)).then(*history)
    given(ONBOARDING, *history).when(come).then(opened(now), triggered(later))
    given(ONBOARDING, *history, opened(now), triggered(later)).when(come).then_nothing()
    given(ONBOARDING, *history, done(now), triggered(later)).when(come).then_nothing()
    given(ONBOARDING, *history, OnboardingStopped(ada, gold)).when(come).then_nothing()
    given(ONBOARDING).when(come).then_nothing()
    before = BeginOnboarding(ada, gold, (now, later), frozenset(), frozenset({trigger}))
    given(ONBOARDING).when(before).then(*history, opened(now), triggered(later))


def test_one_trigger_is_not_another() -> None:
    others = after("ticket", trigger="ticket"), after("chat", trigger="chat")
    given(ONBOARDING, begun(*others)).when(NoticeTrigger(ada, "attendance")).then_nothing()


def test_what_never_comes_is_given_up_and_what_has_come_is_not() -> None:
    waiting, later = after("more", trigger="ticket"), after("later", hours=48, trigger="ticket")
    give_up, of_later = (GiveUpStep(ada, gold, 1, one.key) for one in (waiting, later))
    history = (begun(waiting, later),)
    given(ONBOARDING, *history).when(give_up).then(missed(waiting))
    given(ONBOARDING, *history, missed(waiting)).when(of_later).then(
        missed(later), OnboardingCompleted(ada, gold, 0, 2)
    )
    given(ONBOARDING, *history, opened(waiting)).when(give_up).then_nothing()
    given(ONBOARDING, *history, triggered(later)).when(of_later).then_nothing()
    given(ONBOARDING, *history).when(GiveUpStep(ada, gold, 2, waiting.key)).then_nothing()
    given(ONBOARDING).when(give_up).then_nothing()
