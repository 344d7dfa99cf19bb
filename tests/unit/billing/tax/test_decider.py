"""What a community may say of its tax rates."""

from dataclasses import replace
from datetime import date

from services.billing.tax import commands, events
from services.billing.tax.decider import TAX
from services.billing.taxes import TaxRate
from shared.testing import given

twenty = TaxRate("membership", 2000, date(2026, 1, 1))
digital = TaxRate("digital", 550, date(2026, 1, 1))
set_both = commands.SetTaxRates((twenty, digital))


def test_rates_are_set_all_at_once_and_the_same_again_is_no_news() -> None:
    both = events.TaxRatesSet((twenty, digital))
    given(TAX).when(set_both).then(both)
    given(TAX, both).when(set_both).then_nothing()
    given(TAX, both).when(commands.SetTaxRates(())).then(events.TaxRatesSet(()))


def test_a_rate_is_from_nothing_to_the_price_again() -> None:
    for wrong in (-1, 10_001):
        asked = commands.SetTaxRates((replace(twenty, basis_points=wrong),))
        given(TAX).when(asked).then_rejected("tax_rate_out_of_range")
    for right in (0, 10_000):
        rate = replace(twenty, basis_points=right)
        given(TAX).when(commands.SetTaxRates((rate,))).then(events.TaxRatesSet((rate,)))


def test_each_kind_of_thing_has_one_rate_a_day() -> None:
    twice = commands.SetTaxRates((twenty, replace(twenty, basis_points=1000)))
    given(TAX).when(twice).then_rejected("tax_rate_twice")
    later = replace(twenty, basis_points=1000, since=date(2026, 7, 1))
    given(TAX).when(commands.SetTaxRates((twenty, later))).then(events.TaxRatesSet((twenty, later)))
