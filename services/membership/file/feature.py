"""Files, and how they come and go."""

from services.membership.file import routes
from services.membership.file.decider import FILE
from shared.feature import Feature

FEATURE = Feature(name="file", deciders=(FILE,), router=routes.router)
