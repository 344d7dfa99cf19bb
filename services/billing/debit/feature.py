"""Debits of bank accounts in euros."""

from services.billing.debit import routes
from services.billing.debit.decider import DEBIT
from shared.feature import Feature

FEATURE = Feature(name="debit", deciders=(DEBIT,), router=routes.router)
