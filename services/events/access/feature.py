"""Which tiers there are and who has them, as membership tells."""

from services.events.access.projections import ACCESS
from shared.feature import Feature

FEATURE = Feature(name="access", projections=(ACCESS,))
