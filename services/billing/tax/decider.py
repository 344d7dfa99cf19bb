"""A rate is no more than the price it is added to, and each kind of thing has one a day."""

from uuid import UUID

from services.billing.tax import commands, events
from services.billing.taxes import TaxRate
from shared.decider import Decider, Rejected
from shared.ids import derive

MOST_BASIS_POINTS = 10_000

Rates = tuple[TaxRate, ...]


def tax_stream(community_id: UUID) -> UUID:
    """The stream of a community's tax rates."""
    return derive(community_id, "tax")


def decide(command: commands.TaxCommand, rates: Rates) -> list[events.TaxEvent]:
    known = set()
    for number, rate in enumerate(command.rates):
        if not 0 <= rate.basis_points <= MOST_BASIS_POINTS:
            raise Rejected(
                "tax_rate_out_of_range",
                "A rate is from 0 to 10,000 basis points.",
                pointer=f"/rates/{number}/basis_points",
            )
        if (rate.category, rate.since) in known:
            raise Rejected(
                "tax_rate_twice", "It has a rate from that day on.", pointer=f"/rates/{number}"
            )
        known.add((rate.category, rate.since))
    return [] if command.rates == rates else [events.TaxRatesSet(command.rates)]


def evolve(_rates: Rates, event: events.TaxEvent) -> Rates:
    return event.rates


TAX: Decider[commands.TaxCommand, Rates, events.TaxEvent] = Decider(
    "tax",
    initial=(),
    decide=decide,
    evolve=evolve,
    commands=commands.TaxCommand,
    events=events.TaxEvent,
)
