"""tessera.analytics.bundle_part.v1: what analytics has packed for a person's bundle."""

from typing import ClassVar

from shared.contracts import contract


class PartPacked(contract.PartPacked):
    """All that analytics keeps of a person is where files are kept, sealed for their bundle of this number."""

    topic: ClassVar[str] = "tessera.analytics.bundle_part.v1"
