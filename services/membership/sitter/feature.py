"""Who sits on seats that somebody else pays for."""

from services.membership.sitter.decider import SITTER
from services.membership.sitter.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(name="sitter", deciders=(SITTER,), reactions=REACTIONS)
