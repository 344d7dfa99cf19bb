"""The keys that quotes are signed with."""

from services.events.key.decider import KEYS
from services.events.key.publications import PUBLICATIONS
from shared.feature import Feature

FEATURE = Feature(name="key", deciders=(KEYS,), publications=PUBLICATIONS)
