"""Monthly recurring revenue and its movements."""

from services.analytics.recurring.projections import RECURRING
from shared.feature import Feature

FEATURE = Feature(name="recurring", projections=(RECURRING,))
