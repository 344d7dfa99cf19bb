"""A community sells on one processor account for good: cards and customers cannot move."""

from services.billing.merchant import commands, events
from shared.decider import Decider, Rejected
from shared.ids import Code

Merchant = Code | None


def decide(command: commands.MerchantCommand, merchant: Merchant) -> list[events.MerchantEvent]:
    if merchant is None:
        return [events.AccountConnected(command.account)]
    if merchant != command.account:
        raise Rejected(
            "account_already_connected", "Another account is connected; cards cannot move."
        )
    return []


def evolve(_merchant: Merchant, event: events.MerchantEvent) -> Merchant:
    return event.account


MERCHANT: Decider[commands.MerchantCommand, Merchant, events.MerchantEvent] = Decider(
    "merchant",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.MerchantCommand,
    events=events.MerchantEvent,
)
