"""tessera.events.privacy.v1: what events has destroyed."""

from typing import ClassVar

from shared.contracts import contract


class PersonForgotten(contract.PersonForgotten):
    """Events has destroyed what it held of a person."""

    topic: ClassVar[str] = "tessera.events.privacy.v1"
