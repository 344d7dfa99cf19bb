"""What the others hear of people's ways in."""

from services.membership.onboarding import events
from shared.contracts import membership_onboarding as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _begun(fact: Fact) -> contracts.OnboardingBegun:
    event: events.OnboardingBegun = fact.body
    return contracts.OnboardingBegun(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        tier_id=event.tier_id,
        steps=len(event.steps),
    )


def _done(fact: Fact) -> contracts.OnboardingStepDone:
    event: events.StepDone = fact.body
    return contracts.OnboardingStepDone(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        tier_id=event.tier_id,
        step=event.key,
        by=event.by,
    )


def _completed(fact: Fact) -> contracts.OnboardingCompleted:
    event: events.OnboardingCompleted = fact.body
    return contracts.OnboardingCompleted(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        tier_id=event.tier_id,
        done=event.done,
        missed=event.missed,
    )


def _stopped(fact: Fact) -> contracts.OnboardingStopped:
    event: events.OnboardingStopped = fact.body
    return contracts.OnboardingStopped(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        tier_id=event.tier_id,
    )


PUBLICATIONS = (
    Publication(of=events.OnboardingBegun, to=contracts.OnboardingBegun, map=_begun),
    Publication(of=events.StepDone, to=contracts.OnboardingStepDone, map=_done),
    Publication(of=events.OnboardingCompleted, to=contracts.OnboardingCompleted, map=_completed),
    Publication(of=events.OnboardingStopped, to=contracts.OnboardingStopped, map=_stopped),
)
