"""A community sells on one account of each processor for good: cards, wallets and customers cannot move."""

from dataclasses import dataclass, replace
from typing import assert_never

from services.billing.merchant import commands, events
from shared.decider import Decider, Rejected
from shared.ids import Code


@dataclass(frozen=True, slots=True)
class Merchant:
    """The accounts that are connected."""

    account: Code | None = None
    paypal: Code | None = None


def decide(command: commands.MerchantCommand, merchant: Merchant) -> list[events.MerchantEvent]:
    match command:
        case commands.ConnectAccount(account):
            return [events.AccountConnected(account)] if _is_new(account, merchant.account) else []
        case commands.ConnectPaypal(account):
            return [events.PaypalConnected(account)] if _is_new(account, merchant.paypal) else []
        case _:
            assert_never(command)


def _is_new(account: Code, connected: Code | None) -> bool:
    if connected not in (None, account):
        raise Rejected(
            "account_already_connected", "Another account is connected; cards cannot move."
        )
    return connected is None


def evolve(merchant: Merchant, event: events.MerchantEvent) -> Merchant:
    match event:
        case events.AccountConnected(account):
            return replace(merchant, account=account)
        case events.PaypalConnected(account):
            return replace(merchant, paypal=account)
        case _:
            assert_never(event)


MERCHANT: Decider[commands.MerchantCommand, Merchant, events.MerchantEvent] = Decider(
    "merchant",
    initial=Merchant(),
    decide=decide,
    evolve=evolve,
    commands=commands.MerchantCommand,
    events=events.MerchantEvent,
)
