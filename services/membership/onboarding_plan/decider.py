"""A tier has up to twenty steps, each told apart by its key, and nobody is reminded of what is over."""

from uuid import UUID

from services.membership.onboarding_plan import commands, events
from services.membership.onboarding_plan.events import Step
from shared.decider import Decider, Rejected
from shared.ids import derive

MOST_STEPS = 20
HOURS = 24

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
    return [] if steps == plan else [events.OnboardingPlanned(command.tier_id, steps)]


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
