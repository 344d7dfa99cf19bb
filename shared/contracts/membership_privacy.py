"""tessera.membership.privacy.v1: what membership has destroyed."""

from typing import ClassVar

from shared.contracts import contract


class PersonForgotten(contract.PersonForgotten):
    """Membership has destroyed what it held of a person."""

    topic: ClassVar[str] = "tessera.membership.privacy.v1"
