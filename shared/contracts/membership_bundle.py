"""tessera.membership.bundle.v1: who is to be given all that is kept of them."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.contract import CodeText, Contract


class BundleAsked(Contract):
    """Every service packs all that it keeps of the person, sealed for the public key, and tells of it."""

    topic: ClassVar[str] = "tessera.membership.bundle.v1"

    person_id: UUID
    bundle_id: UUID
    number: int
    public_key: CodeText
