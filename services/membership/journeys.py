"""How far somebody is on their way into each tier, step by step, in their language."""

from collections.abc import Sequence
from typing import Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from services.membership import guidance
from services.membership.chat.events import ChatSeatStuck
from services.membership.chat.projections import SENTENCES, seat_now
from services.membership.member.projections import profile_of
from services.membership.onboarding.events import StepState
from services.membership.onboarding.projections import State, onboarding_now
from services.membership.onboarding_plan.events import StepKind
from services.membership.tier.events import TierId
from shared.http import Caller
from shared.ids import Code, PersonId


class StepOfPerson(BaseModel):
    """`who` must act for an open step to be done, and `detail` says what stands in the way, where something does."""

    key: str
    kind: StepKind
    title: str
    text: str
    state: StepState
    who: Literal["member", "owner"] | None
    detail: str | None


class OnboardingOfPerson(BaseModel):
    tier_id: UUID
    state: State
    steps: list[StepOfPerson]


class WayIn(NamedTuple):
    """`shown` as to themselves; of it `to_do` is open, and theirs."""

    shown: list[OnboardingOfPerson]
    to_do: tuple[tuple[TierId, Code], ...]


async def shown_to(caller: Caller, person_id: PersonId) -> list[OnboardingOfPerson]:
    """Every way that a tier has opened to them, those that are over as well."""
    seat = await seat_now(caller.service, caller.community_id, person_id)
    return (await way_in(caller, person_id, seat.stuck)).shown


async def way_in(caller: Caller, person_id: PersonId, stuck: Sequence[ChatSeatStuck]) -> WayIn:
    """`stuck` is what stands in the way of their seat in the chat."""
    service, community_id = caller.service, caller.community_id
    onboarding = await onboarding_now(service, community_id, person_id)
    profile = await profile_of(service, person_id)
    language = profile.language if profile else "en"
    problem = (stuck[0].who, SENTENCES[stuck[0].problem]) if stuck else None
    items = []
    for tier_id, journey in onboarding.journeys.items():
        steps = []
        for step in journey.steps:
            words, state = step.words_in(language), journey.states[step.key]
            who, detail = guidance.who_acts(step.kind, state, problem)
            steps.append(
                StepOfPerson(
                    key=step.key, kind=step.kind, title=words.title, text=words.text,
                    state=state, who=who, detail=detail,
                )
            )  # fmt: skip
        items.append(
            OnboardingOfPerson(tier_id=tier_id, state=journey.over or "on_the_way", steps=steps)
        )
    return WayIn(items, onboarding.steps_of_member)
