"""What may be asked of a merchant."""

from dataclasses import dataclass

from shared.ids import Code


@dataclass(frozen=True, slots=True)
class MakeAccount:
    """The processor has made this one for us, and its owner is on their way to its form."""

    account: Code


@dataclass(frozen=True, slots=True)
class ConnectAccount:
    """The processor says whether the account is this community's, and whether money may be taken for it."""

    account: Code
    proved: bool
    charges: bool


@dataclass(frozen=True, slots=True)
class CompleteAccount:
    """The processor says whether money may be taken for the account that was made."""

    account: Code
    charges: bool


@dataclass(frozen=True, slots=True)
class ConnectPaypal:
    """Beside the other, or instead of it."""

    account: Code


MerchantCommand = MakeAccount | ConnectAccount | CompleteAccount | ConnectPaypal
