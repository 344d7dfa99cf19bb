"""tessera.billing.message.v1: what billing asks membership to tell people."""

from typing import ClassVar

from shared.contracts import contract


class MessageRequested(contract.MessageRequested):
    """Billing asks for a message to a person."""

    topic: ClassVar[str] = "tessera.billing.message.v1"
