"""What a community wants to be agreed to, as membership tells it, and what each buyer has accepted."""

from services.billing.document.projections import DOCUMENTS
from shared.feature import Feature

FEATURE = Feature(name="document", projections=(DOCUMENTS,))
