"""Saying at which rates what is sold is taxed."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.billing.tax import commands
from services.billing.tax.decider import TAX, tax_stream
from services.billing.tax.projections import rates_now
from services.billing.taxes import Category, TaxRate
from shared.http import Body, Caller, Written, needs
from shared.reaction import Ask

router = APIRouter()


class Rate(Body):
    """In basis points of the net price (2000 is 20 %), from the beginning of a day of the community's on."""

    category: Category
    basis_points: int
    since: date


class SetTaxRates(Body):
    """All of them; none is no tax said. A donation is outside of it, whatever is set."""

    rates: Annotated[tuple[Rate, ...], Field(max_length=100)]


class TaxRates(BaseModel):
    rates: list[Rate]


@router.put("/tax-rates", operation_id="set_tax_rates")
async def set_tax_rates(
    body: SetTaxRates, caller: Annotated[Caller, needs("merchant.write", strict=True)]
) -> Written:
    """Prices stay what they are: the tax is in them. Checkouts that are opened from now on say it."""
    rates = tuple(TaxRate(one.category, one.basis_points, one.since) for one in body.rates)
    set_rates = commands.SetTaxRates(rates)
    return await caller.ask(Ask(TAX, tax_stream(caller.community_id), set_rates))


@router.get("/tax-rates", operation_id="read_tax_rates")
async def read_tax_rates(caller: Annotated[Caller, needs("sales.read")]) -> TaxRates:
    rates = await rates_now(caller.service, caller.community_id)
    return TaxRates(
        rates=[
            Rate(category=one.category, basis_points=one.basis_points, since=one.since)
            for one in rates
        ]
    )
