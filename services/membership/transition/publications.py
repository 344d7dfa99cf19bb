"""What the others hear of a change from free to paid."""

from services.membership.transition import events
from shared.contracts import membership_transition as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _announced(fact: Fact) -> contracts.TransitionAnnounced:
    told: events.TransitionAnnounced = fact.body
    return contracts.TransitionAnnounced(
        community_id=fact.community_id,
        occurred_at=fact.at,
        transition_id=told.transition_id,
        offer_id=told.plan.offer_id,
        tier_ids=told.plan.tiers,
        light_tier_id=told.plan.light,
        effective_from=told.plan.effective_from,
        founders=told.founders,
    )


def _named(fact: Fact) -> contracts.FoundersNamed:
    named: events.FoundersNamed = fact.body
    return contracts.FoundersNamed(
        community_id=fact.community_id,
        occurred_at=fact.at,
        transition_id=named.transition_id,
        offer_id=named.plan.offer_id,
        effective_from=named.plan.effective_from,
        people=tuple(contracts.Founder(person_id=each) for each in named.people),
    )


def _postponed(fact: Fact) -> contracts.TransitionPostponed:
    told: events.TransitionPostponed = fact.body
    return contracts.TransitionPostponed(
        community_id=fact.community_id,
        occurred_at=fact.at,
        transition_id=told.transition_id,
        offer_id=told.plan.offer_id,
        effective_from=told.plan.effective_from,
    )


def _called_off(fact: Fact) -> contracts.TransitionCalledOff:
    return contracts.TransitionCalledOff(
        community_id=fact.community_id,
        occurred_at=fact.at,
        transition_id=fact.body.transition_id,
        offer_id=fact.body.plan.offer_id,
    )


def _carried_out(fact: Fact) -> contracts.TransitionCarriedOut:
    return contracts.TransitionCarriedOut(
        community_id=fact.community_id,
        occurred_at=fact.at,
        transition_id=fact.body.transition_id,
        offer_id=fact.body.plan.offer_id,
    )


PUBLICATIONS = (
    Publication(events.TransitionAnnounced, contracts.TransitionAnnounced, _announced),
    Publication(events.FoundersNamed, contracts.FoundersNamed, _named),
    Publication(events.TransitionPostponed, contracts.TransitionPostponed, _postponed),
    Publication(events.TransitionCalledOff, contracts.TransitionCalledOff, _called_off),
    Publication(events.TransitionCarriedOut, contracts.TransitionCarriedOut, _carried_out),
)
