"""What is free no more is given to nobody who joins from now on."""

from services.membership.tier import commands
from services.membership.tier.decider import TIER
from services.membership.transition.events import TransitionCarriedOut
from shared.event_store import Fact
from shared.reaction import Ask, Reaction


def when_transition_carried_out_retire(fact: Fact) -> list[Ask]:
    carried_out: TransitionCarriedOut = fact.body
    return [Ask(TIER, tier_id, commands.RetireTier()) for tier_id in carried_out.plan.tiers]


REACTIONS = (
    Reaction(
        "membership.tier.when_transition_carried_out_retire",
        TransitionCarriedOut,
        when_transition_carried_out_retire,
    ),
)
