"""The communities whose figures are kept."""

from services.analytics.community.projections import COMMUNITIES
from shared.feature import Feature

FEATURE = Feature(name="community", projections=(COMMUNITIES,))
