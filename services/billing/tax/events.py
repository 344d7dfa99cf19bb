"""What a community has said of the tax in its prices."""

from dataclasses import dataclass

from services.billing.taxes import TaxRate


@dataclass(frozen=True, slots=True)
class TaxRatesSet:
    """Checkouts that are opened from now on say these; of what was sold before, nothing changes."""

    rates: tuple[TaxRate, ...]


TaxEvent = TaxRatesSet
