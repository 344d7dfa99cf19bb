"""How money that names only a hold finds its seats."""

from services.events.hold.decider import HOLD
from services.events.hold.publications import PUBLICATIONS
from services.events.hold.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(name="hold", deciders=(HOLD,), reactions=REACTIONS, publications=PUBLICATIONS)
