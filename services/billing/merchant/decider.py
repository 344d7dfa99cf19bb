"""A community sells on one account of each processor for good: cards, wallets and customers cannot move."""

from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from services.billing.merchant import commands, events
from shared.decider import Decider, Rejected
from shared.ids import Code, derive


@dataclass(frozen=True, slots=True)
class Merchant:
    """The accounts that are connected; `made` is one of ours that may not be charged on yet, or was not before."""

    account: Code | None = None
    paypal: Code | None = None
    made: Code | None = None

    @property
    def begun(self) -> Code | None:
        """The one that is, or is to be, the seller at Stripe."""
        return self.account or self.made


def decide(command: commands.MerchantCommand, merchant: Merchant) -> list[events.MerchantEvent]:
    match command:
        case commands.MakeAccount(account):
            return [events.AccountMade(account)] if _is_new(account, merchant.begun) else []
        case commands.ConnectAccount():
            return _connect(command, merchant)
        case commands.CompleteAccount(account, charges):
            awaited = charges and merchant.account is None and account == merchant.made
            return [events.AccountConnected(account)] if awaited else []
        case commands.ConnectPaypal(account):
            return [events.PaypalConnected(account)] if _is_new(account, merchant.paypal) else []
        case _:
            assert_never(command)


def _connect(asked: commands.ConnectAccount, merchant: Merchant) -> list[events.MerchantEvent]:
    if not asked.proved:
        raise Rejected(
            "account_not_proved",
            "The processor does not say that this account is the community's.",
            pointer="/account",
        )
    if not _is_new(asked.account, merchant.account):
        return []
    if not asked.charges:
        detail = "The processor takes no money for this account yet: its owner has to complete it."
        raise Rejected("account_cannot_charge", detail)
    return [events.AccountConnected(asked.account)]


def _is_new(account: Code, connected: Code | None) -> bool:
    if connected not in (None, account):
        raise Rejected(
            "account_already_connected", "Another account is connected; cards cannot move."
        )
    return connected is None


def evolve(merchant: Merchant, event: events.MerchantEvent) -> Merchant:
    match event:
        case events.AccountMade(account):
            return replace(merchant, made=account)
        case events.AccountConnected(account):
            return replace(merchant, account=account)
        case events.PaypalConnected(account):
            return replace(merchant, paypal=account)
        case _:
            assert_never(event)


def merchant_stream(community_id: UUID) -> UUID:
    """A community is one merchant."""
    return derive(community_id, "merchant")


MERCHANT: Decider[commands.MerchantCommand, Merchant, events.MerchantEvent] = Decider(
    "merchant",
    initial=Merchant(),
    decide=decide,
    evolve=evolve,
    commands=commands.MerchantCommand,
    events=events.MerchantEvent,
)
