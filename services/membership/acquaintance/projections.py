"""The step by which a request that asks for an introduction opens a wish."""

from uuid import UUID

from services.membership.acquaintance import commands
from services.membership.acquaintance.decider import ACQUAINTANCE, acquaintance_stream
from shared.reaction import Ask


def opening_wish(person_id: UUID, introduction_id: UUID) -> Ask:
    """Both are written or neither."""
    wish = commands.OpenWish(introduction_id)
    return Ask(ACQUAINTANCE, acquaintance_stream(person_id), wish)
