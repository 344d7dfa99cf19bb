"""Which organisations a person acts for."""

from services.membership.representative.decider import REPRESENTATIVE
from services.membership.representative.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(
    name="representative", deciders=(REPRESENTATIVE,), reactions=REACTIONS, actions=ACTIONS
)
