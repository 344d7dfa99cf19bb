"""tessera.billing.merchant.v1: on whose account a community sells."""

from typing import ClassVar

from shared.contracts.contract import Contract


class MerchantConnected(Contract):
    """From now on charges are made on the community's own account at the processor."""

    topic: ClassVar[str] = "tessera.billing.merchant.v1"
