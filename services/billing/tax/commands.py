"""What may be asked of a community's tax rates."""

from dataclasses import dataclass

from services.billing.taxes import TaxRate


@dataclass(frozen=True, slots=True)
class SetTaxRates:
    """All of them: what is left out holds no more."""

    rates: tuple[TaxRate, ...]


TaxCommand = SetTaxRates
