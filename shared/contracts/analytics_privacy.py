"""tessera.analytics.privacy.v1: what analytics has destroyed."""

from typing import ClassVar

from shared.contracts import contract


class PersonForgotten(contract.PersonForgotten):
    """Analytics has destroyed what it held of a person."""

    topic: ClassVar[str] = "tessera.analytics.privacy.v1"
