"""Organisations that pay, and those who act for them."""

from services.billing.organisation.projections import ORGANISATIONS
from shared.feature import Feature

FEATURE = Feature(name="organisation", projections=(ORGANISATIONS,))
