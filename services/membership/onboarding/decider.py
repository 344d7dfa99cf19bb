"""Who a tier opens to is led in by its steps, each done once, reminded once, and not waited for for ever."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, assert_never
from uuid import UUID

from services.membership.onboarding import commands, events
from services.membership.onboarding.events import StepState
from services.membership.onboarding_plan.events import Step, StepKind, Trigger
from services.membership.tier.events import TierId
from shared.decider import Decider, NotFound, Rejected
from shared.ids import Code, PersonId, derive

MARKED: frozenset[StepKind] = frozenset({"introduce", "gathering", "checklist"})


@dataclass(frozen=True, slots=True)
class Journey:
    """`told` is what was said of which step in this round; of the `triggered` has come what they waited for."""

    round: int
    steps: tuple[Step, ...]
    states: Mapping[Code, StepState]
    told: frozenset[tuple[Code, events.Telling]] = frozenset()
    over: Literal["completed", "stopped"] | None = None
    triggered: frozenset[Code] = frozenset()

    def step(self, key: Code) -> Step | None:
        return next((step for step in self.steps if step.key == key), None)

    def is_due(self, key: Code) -> bool:
        return self.over is None and self.states.get(key) in ("waiting", "open")

    def awaiting(self, trigger: Trigger, key: Code | None = None) -> list[Step]:
        """The steps that wait for this to come before they open."""
        return [
            step
            for step in self.steps
            if (step.trigger, step.step) == (trigger, key) and self.awaits(step)
        ]

    def awaits(self, step: Step) -> bool:
        is_waiting = self.over is None and self.states[step.key] == "waiting"
        return is_waiting and step.key not in self.triggered

    @property
    def is_through(self) -> bool:
        return self.over is None and all(s in ("done", "missed") for s in self.states.values())


@dataclass(frozen=True, slots=True)
class Onboarding:
    journeys: Mapping[TierId, Journey] = field(default_factory=dict)

    @property
    def steps_of_member(self) -> tuple[tuple[TierId, Code], ...]:
        """What is open and theirs to do."""
        return tuple(
            (tier_id, step.key)
            for tier_id, journey in self.journeys.items()
            for step in journey.steps
            if step.kind in MARKED and journey.over is None and journey.states[step.key] == "open"
        )

    def on_the_way(self, tier_id: TierId, number: int) -> Journey | None:
        journey = self.journeys.get(tier_id)
        return journey if journey and journey.over is None and journey.round == number else None


def stream_of(person_id: PersonId) -> UUID:
    return derive(person_id, "onboarding")


def decide(
    command: commands.OnboardingCommand, onboarding: Onboarding
) -> list[events.OnboardingEvent]:
    happened, after = _with_what_follows(_happened(command, onboarding), onboarding)
    return [
        *happened,
        *(
            events.OnboardingCompleted(
                command.person_id,
                tier_id,
                sum(state == "done" for state in journey.states.values()),
                sum(state == "missed" for state in journey.states.values()),
            )
            for tier_id, journey in after.journeys.items()
            if journey.is_through
        ),
    ]


def _with_what_follows(
    first: Sequence[events.OnboardingEvent], before: Onboarding
) -> tuple[list[events.OnboardingEvent], Onboarding]:
    """With the steps that waited for another, which is done now, or missed; and what all of it leads to."""
    happened: list[events.OnboardingEvent] = []
    after, together = before, list(first)
    while together:
        happened += together
        for event in together:
            after = evolve(after, event)
        together = [more for event in together for more in _following(event, after)]
    return happened, after


def _following(
    event: events.OnboardingEvent, onboarding: Onboarding
) -> list[events.OnboardingEvent]:
    person_id, tier_id = event.person_id, event.tier_id
    journey = onboarding.journeys[tier_id]
    match event:
        case events.StepDone(_, _, key):
            waited = journey.awaiting("step", key)
            return [_come(person_id, tier_id, journey.round, step) for step in waited]
        case events.StepMissed(_, _, key):
            waited = journey.awaiting("step", key)
            return [events.StepMissed(person_id, tier_id, step.key) for step in waited]
        case _:
            return []


def _come(
    person_id: PersonId, tier_id: TierId, number: int, step: Step
) -> events.StepOpened | events.StepTriggered:
    """What it waited for has come: it opens now, or so many hours later."""
    how = events.StepTriggered if step.opens_after else events.StepOpened
    return how(person_id, tier_id, number, step)


def _happened(
    command: commands.OnboardingCommand, onboarding: Onboarding
) -> list[events.OnboardingEvent]:
    person_id = command.person_id
    match command:
        case commands.BeginOnboarding():
            return _begin(command, onboarding.journeys.get(command.tier_id))
        case commands.OpenStep() | commands.RemindOfStep() | commands.EndStep():
            return _by_the_clock(command, onboarding.on_the_way(command.tier_id, command.round))
        case commands.GiveUpStep():
            return _give_up(command, onboarding.on_the_way(command.tier_id, command.round))
        case commands.TellOfStep():
            return _tell(command, onboarding.on_the_way(command.tier_id, command.round))
        case commands.NoticeStep(_, kind):
            return [
                events.StepDone(person_id, tier_id, step.key, "itself")
                for tier_id, journey in onboarding.journeys.items()
                for step in journey.steps
                if step.kind == kind and journey.is_due(step.key)
            ]
        case commands.NoticeTrigger():
            return _notice(command, onboarding)
        case commands.MarkStep():
            return _mark(command, onboarding.journeys.get(command.tier_id))
        case commands.StopOnboarding(_, tier_id):
            journey = onboarding.journeys.get(tier_id)
            is_over = journey is None or journey.over is not None
            return [] if is_over else [events.OnboardingStopped(person_id, tier_id)]
        case _:
            assert_never(command)


def _begin(asked: commands.BeginOnboarding, before: Journey | None) -> list[events.OnboardingEvent]:
    """Who was through once knows the way."""
    if not asked.steps or (before is not None and before.over != "stopped"):
        return []
    person_id, tier_id = asked.person_id, asked.tier_id
    number = before.round + 1 if before else 1
    begun = events.OnboardingBegun(person_id, tier_id, number, asked.steps)
    happened: list[events.OnboardingEvent] = [begun]
    for step in asked.steps:
        if step.kind == "access" or step.kind in asked.already:
            happened.append(events.StepDone(person_id, tier_id, step.key, "itself"))
        elif step.trigger in asked.come:
            happened.append(_come(person_id, tier_id, number, step))
        elif step.trigger == "start" and step.opens_after == 0:
            happened.append(events.StepOpened(person_id, tier_id, number, step))
    return happened


def _notice(come: commands.NoticeTrigger, onboarding: Onboarding) -> list[events.OnboardingEvent]:
    return [
        _come(come.person_id, tier_id, journey.round, step)
        for tier_id, journey in onboarding.journeys.items()
        for step in journey.awaiting(come.trigger)
    ]


def _by_the_clock(
    due: commands.OpenStep | commands.RemindOfStep | commands.EndStep, journey: Journey | None
) -> list[events.OnboardingEvent]:
    """Nothing once it is done, or the journey is another."""
    person_id, tier_id, number, key = due.person_id, due.tier_id, due.round, due.key
    step = journey.step(key) if journey and journey.is_due(key) else None
    if journey is None or step is None:
        return []
    match due:
        case commands.OpenStep() if journey.states[key] == "open":
            return []
        case commands.OpenStep():
            return [events.StepOpened(person_id, tier_id, number, step)]
        case commands.RemindOfStep():
            return [events.StepReminded(person_id, tier_id, number, key)]
        case commands.EndStep():
            return [events.StepMissed(person_id, tier_id, key)]
        case _:
            assert_never(due)


def _give_up(asked: commands.GiveUpStep, journey: Journey | None) -> list[events.OnboardingEvent]:
    """Not once what it waits for has come."""
    step = journey.step(asked.key) if journey else None
    if journey is None or step is None or not journey.awaits(step):
        return []
    return [events.StepMissed(asked.person_id, asked.tier_id, asked.key)]


def _tell(asked: commands.TellOfStep, journey: Journey | None) -> list[events.OnboardingEvent]:
    key, template = asked.key, asked.template
    step = journey.step(key) if journey and journey.is_due(key) else None
    if journey is None or step is None or (key, template) in journey.told:
        return []
    person_id, tier_id = asked.person_id, asked.tier_id
    told = events.StepToldOf(
        person_id, tier_id, asked.round, key, template, asked.title, asked.text
    )
    is_all = step.kind == "welcome"
    return [told, events.StepDone(person_id, tier_id, key, "itself")] if is_all else [told]


def _mark(asked: commands.MarkStep, journey: Journey | None) -> list[events.OnboardingEvent]:
    step = journey.step(asked.key) if journey else None
    if journey is None or step is None:
        raise NotFound("step_not_found", "There is no such step.")
    if step.kind not in MARKED:
        raise Rejected("step_does_itself", "This step is done by itself.")
    if journey.over is not None or journey.states[asked.key] == "done":
        return []
    return [events.StepDone(asked.person_id, asked.tier_id, asked.key, "member")]


def evolve(onboarding: Onboarding, event: events.OnboardingEvent) -> Onboarding:
    tier_id = event.tier_id
    if isinstance(event, events.OnboardingBegun):
        states: dict[Code, StepState] = dict.fromkeys((s.key for s in event.steps), "waiting")
        return _with(onboarding, tier_id, Journey(event.round, event.steps, states))
    journey = onboarding.journeys[tier_id]
    match event:
        case events.StepOpened(_, _, _, step):
            return _with(onboarding, tier_id, _now(journey, step.key, "open"))
        case events.StepTriggered(_, _, _, step):
            return _with(
                onboarding, tier_id, replace(journey, triggered=journey.triggered | {step.key})
            )
        case events.StepToldOf(_, _, _, key, template):
            told = journey.told | {(key, template)}
            return _with(onboarding, tier_id, replace(journey, told=told))
        case events.StepReminded():
            return onboarding
        case events.StepDone(_, _, key):
            return _with(onboarding, tier_id, _now(journey, key, "done"))
        case events.StepMissed(_, _, key):
            return _with(onboarding, tier_id, _now(journey, key, "missed"))
        case events.OnboardingCompleted():
            return _with(onboarding, tier_id, replace(journey, over="completed"))
        case events.OnboardingStopped():
            return _with(onboarding, tier_id, replace(journey, over="stopped"))
        case _:
            assert_never(event)


def _now(journey: Journey, key: Code, state: StepState) -> Journey:
    return replace(journey, states={**journey.states, key: state})


def _with(onboarding: Onboarding, tier_id: TierId, journey: Journey) -> Onboarding:
    return Onboarding({**onboarding.journeys, tier_id: journey})


ONBOARDING: Decider[commands.OnboardingCommand, Onboarding, events.OnboardingEvent] = Decider(
    "onboarding",
    initial=Onboarding(),
    decide=decide,
    evolve=evolve,
    commands=commands.OnboardingCommand,
    events=events.OnboardingEvent,
)
