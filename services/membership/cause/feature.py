"""What led to what: the events behind each reason for access."""

from services.membership.cause.projections import CAUSES
from shared.feature import Feature

FEATURE = Feature(name="cause", projections=(CAUSES,))
