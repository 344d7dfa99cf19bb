"""What ties somebody to the community who is no member any more."""

from services.membership.holding.projections import HOLDINGS
from shared.feature import Feature

FEATURE = Feature(name="holding", projections=(HOLDINGS,))
