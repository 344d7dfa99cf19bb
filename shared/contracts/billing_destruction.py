"""tessera.billing.destruction.v1: what billing has seen to be destroyed."""

from typing import ClassVar

from shared.contracts import contract


class PersonDataDestroyed(contract.PersonDataDestroyed):
    """Billing looked again after it forgot a person: no key of theirs is left, but for accounting until then."""

    topic: ClassVar[str] = "tessera.billing.destruction.v1"


class KeptDataDestroyed(contract.KeptDataDestroyed):
    """What billing had kept of a forgotten person for accounting is destroyed as well."""

    topic: ClassVar[str] = "tessera.billing.destruction.v1"
