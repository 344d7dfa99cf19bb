"""What each member is told of a change from free to paid, and when it is theirs."""

from services.membership.crossing.decider import CROSSING
from services.membership.crossing.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(name="crossing", deciders=(CROSSING,), reactions=REACTIONS, actions=ACTIONS)
