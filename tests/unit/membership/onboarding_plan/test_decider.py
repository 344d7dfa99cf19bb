from dataclasses import replace
from uuid import UUID

import pytest

from services.membership.onboarding_plan.commands import PlanOnboarding
from services.membership.onboarding_plan.decider import MOST_STEPS, ONBOARDING_PLAN
from services.membership.onboarding_plan.events import OnboardingPlanned, Step, StepWords, Trigger
from services.membership.tier.events import TierId
from shared.decider import Rejected
from shared.ids import Code, Label
from shared.testing import given

gold = TierId(UUID(int=1))
english = StepWords("en", Label("Welcome"), Label("Good that you are here."))
french = StepWords("fr", Label("Bienvenue"), Label("Ravis de vous compter parmi nous."))
welcome = Step(Code("welcome"), "welcome", (english, french), letter=True)
introduce = Step(Code("introduce"), "introduce", (english,), remind_after=48)
planned = OnboardingPlanned(gold, (welcome, introduce))


def test_a_tier_is_given_steps_and_other_ones_later() -> None:
    given(ONBOARDING_PLAN).when(PlanOnboarding(gold, (welcome, introduce))).then(planned)
    given(ONBOARDING_PLAN, planned).when(PlanOnboarding(gold, planned.steps)).then_nothing()
    given(ONBOARDING_PLAN, planned).when(PlanOnboarding(gold, ())).then(OnboardingPlanned(gold, ()))
    given(ONBOARDING_PLAN).when(PlanOnboarding(gold, ())).then_nothing()


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ((welcome, replace(introduce, key=welcome.key)), "step_twice"),
        ((replace(welcome, words=()),), "language_twice"),
        ((replace(welcome, words=(english, english)),), "language_twice"),
        ((replace(introduce, ends_after=2),), "reminder_too_late"),
        ((replace(welcome, letter=False),), "welcome_unsaid"),
        (
            tuple(replace(introduce, key=Code(str(n))) for n in range(MOST_STEPS + 1)),
            "too_many_steps",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(steps: tuple[Step, ...], code: str) -> None:
    given(ONBOARDING_PLAN).when(PlanOnboarding(gold, steps)).then_rejected(code)


def test_words_are_in_the_readers_language_or_in_the_first() -> None:
    assert welcome.words_in("fr") == french
    assert introduce.words_in("fr") == english


def read(key: str, trigger: Trigger = "step", step: str | None = None) -> Step:
    return Step(
        Code(key), "checklist", (english,), trigger=trigger, step=Code(step) if step else None
    )


def test_a_step_may_wait_for_another_or_for_what_comes() -> None:
    steps = (
        read("last", step="rules"),
        read("rules", step="welcome"),
        welcome,
        read("thanks", "attendance"),
        replace(introduce, trigger="chat"),
        replace(introduce, key=Code("meet"), kind="gathering", trigger="attendance"),
    )
    given(ONBOARDING_PLAN).when(PlanOnboarding(gold, steps)).then(OnboardingPlanned(gold, steps))


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ((read("a", step="a"),), "waits_for_itself"),
        ((replace(introduce, kind="chat", trigger="chat"),), "waits_for_itself"),
        ((replace(introduce, kind="gathering", trigger="ticket"),), "waits_for_itself"),
        ((read("a", step="b"), read("b", step="a")), "waits_in_a_circle"),
        (
            (
                read("first", step="a"),
                read("a", step="c"),
                read("b", step="a"),
                read("c", step="b"),
            ),
            "waits_in_a_circle",
        ),
        ((read("a", step="b"),), "trigger_unknown"),
        ((read("a"),), "trigger_unclear"),
        ((welcome, read("a", "ticket", "welcome")), "trigger_unclear"),
    ],
)
def test_what_would_never_come_is_not_waited_for(steps: tuple[Step, ...], code: str) -> None:
    given(ONBOARDING_PLAN).when(PlanOnboarding(gold, steps)).then_rejected(code)


def test_the_steps_that_wait_for_each_other_are_named() -> None:
    steps = (read("first", step="a"), read("a", step="c"), read("b", step="a"), read("c", step="b"))
    with pytest.raises(Rejected) as refused:
        ONBOARDING_PLAN.decide(PlanOnboarding(gold, steps), ())
    assert refused.value.detail == "These would wait for each other: a, c, b."
    assert refused.value.params == {"steps": ["a", "c", "b"]}
    assert refused.value.pointer == "/steps/1/step"
