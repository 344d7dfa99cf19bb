"""What may be asked of a merchant."""

from dataclasses import dataclass

from shared.ids import Code


@dataclass(frozen=True, slots=True)
class ConnectAccount:
    account: Code


MerchantCommand = ConnectAccount
