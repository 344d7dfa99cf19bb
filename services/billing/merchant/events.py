"""What happened to a community's own account at the processor."""

from dataclasses import dataclass

from shared.ids import Code


@dataclass(frozen=True, slots=True)
class AccountMade:
    """The platform made this account for the community; nothing is charged on it before its owner is known there."""

    account: Code


@dataclass(frozen=True, slots=True)
class AccountConnected:
    """From now on the community's charges are made on this account: it is the seller."""

    account: Code


@dataclass(frozen=True, slots=True)
class PaypalConnected:
    """From now on buyers may choose PayPal, where this account of the community's is the seller."""

    account: Code


MerchantEvent = AccountMade | AccountConnected | PaypalConnected
