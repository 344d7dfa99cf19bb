"""One trial for a card."""

from services.billing.card_trial.decider import CARD_TRIAL
from services.billing.card_trial.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(name="card_trial", deciders=(CARD_TRIAL,), reactions=REACTIONS, actions=ACTIONS)
