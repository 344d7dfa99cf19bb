"""tessera.events.message.v1: what events asks membership to tell people."""

from typing import ClassVar

from shared.contracts import contract


class MessageRequested(contract.MessageRequested):
    """Events asks for a message to a person."""

    topic: ClassVar[str] = "tessera.events.message.v1"
