"""A community's door: who may come in by themselves."""

from services.membership.admission import routes
from services.membership.admission.decider import ADMISSION
from shared.feature import Feature

FEATURE = Feature(name="admission", deciders=(ADMISSION,), router=routes.router)
