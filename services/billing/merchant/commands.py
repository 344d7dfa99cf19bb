"""What may be asked of a merchant."""

from dataclasses import dataclass

from shared.ids import Code


@dataclass(frozen=True, slots=True)
class ConnectAccount:
    account: Code


@dataclass(frozen=True, slots=True)
class ConnectPaypal:
    """Beside the other, or instead of it."""

    account: Code


MerchantCommand = ConnectAccount | ConnectPaypal
