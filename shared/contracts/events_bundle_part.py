"""tessera.events.bundle_part.v1: what events has packed for a person's bundle."""

from typing import ClassVar

from shared.contracts import contract


class PartPacked(contract.PartPacked):
    """All that events keeps of a person is where files are kept, sealed for their bundle of this number."""

    topic: ClassVar[str] = "tessera.events.bundle_part.v1"
