"""What a buyer's payments earn who sent them."""

from services.billing.commission.decider import COMMISSION
from services.billing.commission.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(name="commission", deciders=(COMMISSION,), reactions=REACTIONS, actions=ACTIONS)
