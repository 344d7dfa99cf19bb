"""Who signs in, and with what."""

from services.membership.account import routes
from services.membership.account.decider import ACCOUNT
from shared.feature import Feature

FEATURE = Feature(name="account", deciders=(ACCOUNT,), router=routes.router)
