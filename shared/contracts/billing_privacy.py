"""tessera.billing.privacy.v1: what billing has destroyed."""

from typing import ClassVar

from shared.contracts import contract


class PersonForgotten(contract.PersonForgotten):
    """Billing has destroyed what it held of a person."""

    topic: ClassVar[str] = "tessera.billing.privacy.v1"
