"""The members as a table for whoever of the staff may see them."""

from services.membership.member_export import routes
from shared.feature import Feature

FEATURE = Feature(name="member_export", router=routes.router)
