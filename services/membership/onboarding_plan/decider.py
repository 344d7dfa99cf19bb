"""A tier has up to twenty steps, told apart by keys: none waits for itself, and nobody is reminded of what is over."""

from collections.abc import Mapping
from uuid import UUID

from services.membership.onboarding_plan import commands, events
from services.membership.onboarding_plan.events import Step, StepKind, Trigger
from shared.decider import Decider, Rejected
from shared.ids import Code, derive

MOST_STEPS = 20
HOURS = 24

DOES: Mapping[StepKind, Trigger] = {"chat": "chat", "gathering": "ticket"}
"""What steps of a kind are done by: they cannot wait for it."""

Plan = tuple[Step, ...]


def plan_stream(tier_id: UUID) -> UUID:
    return derive(tier_id, "onboarding")


def decide(command: commands.OnboardingPlanCommand, plan: Plan) -> list[events.OnboardingPlanEvent]:
    steps = command.steps
    if len(steps) > MOST_STEPS:
        raise Rejected("too_many_steps", f"At most {MOST_STEPS} steps.", pointer="/steps")
    keys = [step.key for step in steps]
    for number, step in enumerate(steps):
        at = f"/steps/{number}"
        if step.key in keys[:number]:
            raise Rejected("step_twice", "Another step has this key.", pointer=f"{at}/key")
        languages = [words.language for words in step.words]
        if not languages or len(set(languages)) < len(languages):
            detail = "Each language once, and one at least."
            raise Rejected("language_twice", detail, pointer=f"{at}/words")
        if step.remind_after is not None and step.remind_after >= step.ends_after * HOURS:
            detail = "By then nobody waits for it any more."
            raise Rejected("reminder_too_late", detail, pointer=f"{at}/remind_after_hours")
        if step.kind == "welcome" and not step.letter:
            raise Rejected("welcome_unsaid", "A welcome is a letter.", pointer=f"{at}/letter")
        _insist_on_trigger(step, steps, at)
    return [] if steps == plan else [events.OnboardingPlanned(command.tier_id, steps)]


def _insist_on_trigger(step: Step, steps: Plan, at: str) -> None:
    named = {one.key: one for one in steps}
    if (step.trigger == "step") != (step.step is not None):
        detail = "Name the step that it waits for, and only then."
        raise Rejected("trigger_unclear", detail, pointer=f"{at}/step")
    if step.step is not None and step.step not in named:
        detail = f"There is no step {step.step} to wait for."
        raise Rejected("trigger_unknown", detail, pointer=f"{at}/step")
    if step.key == step.step or step.trigger == DOES.get(step.kind):
        detail = f"{step.key} would wait for itself."
        raise Rejected("waits_for_itself", detail, pointer=f"{at}/step", step=step.key)
    circle = _circle(step, named)
    if circle:
        detail = f"These would wait for each other: {', '.join(circle)}."
        raise Rejected("waits_in_a_circle", detail, pointer=f"{at}/step", steps=list(circle))


def _circle(step: Step, named: Mapping[Code, Step]) -> tuple[Code, ...]:
    """The steps from this one on that lead back to it; none where they do not."""
    passed, key = [step.key], step.step
    while key is not None and key in named and key not in passed:
        passed.append(key)
        key = named[key].step
    return tuple(passed) if key == step.key else ()


def evolve(_plan: Plan, event: events.OnboardingPlanEvent) -> Plan:
    return event.steps


ONBOARDING_PLAN: Decider[commands.OnboardingPlanCommand, Plan, events.OnboardingPlanEvent] = (
    Decider(
        "onboarding_plan",
        initial=(),
        decide=decide,
        evolve=evolve,
        commands=commands.OnboardingPlanCommand,
        events=events.OnboardingPlanEvent,
    )
)
