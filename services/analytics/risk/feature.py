"""Who may be about to go, for which reasons."""

from services.analytics.risk.decider import RISK
from services.analytics.risk.publications import PUBLICATIONS
from services.analytics.risk.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(name="risk", deciders=(RISK,), reactions=REACTIONS, publications=PUBLICATIONS)
