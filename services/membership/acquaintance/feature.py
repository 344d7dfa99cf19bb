"""Whom a person has to do with through introductions."""

from services.membership.acquaintance.decider import ACQUAINTANCE
from services.membership.acquaintance.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(name="acquaintance", deciders=(ACQUAINTANCE,), reactions=REACTIONS)
