"""Who may buy what takes the place of something free at its founder rate, and from when on it is paid for."""

from services.billing.founder.decider import FOUNDER, OFFER_AWAITED
from services.billing.founder.reactions import REACTIONS
from shared.feature import Feature

FEATURE = Feature(name="founder", deciders=(OFFER_AWAITED, FOUNDER), reactions=REACTIONS)
