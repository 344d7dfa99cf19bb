"""Who is meant when many are written to at once."""

from services.membership.audience.projections import AT_RISK, TICKET_HOLDERS
from shared.feature import Feature

FEATURE = Feature(name="audience", projections=(TICKET_HOLDERS, AT_RISK))
