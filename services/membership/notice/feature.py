"""What those who work for a community are told."""

from services.membership.notice.decider import NOTICE
from services.membership.notice.reactions import ACTIONS, REACTIONS
from shared.feature import Feature

FEATURE = Feature(name="notice", deciders=(NOTICE,), reactions=REACTIONS, actions=ACTIONS)
