"""tessera.membership.attribution.v1: by which link people came, of those who agreed to its being known."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.contract import Contract
from shared.contracts.membership_link import LinkKind


class AttributionContract(Contract):
    """One person and the link that sent them; the key is all that is known of how that person came."""

    topic: ClassVar[str] = "tessera.membership.attribution.v1"

    person_id: UUID
    link_id: UUID


class PersonAttributed(AttributionContract):
    """The person was sent by the link, and agreed to be counted so; it takes the place of a link before it.

    They said so at the moment `since`, which is before this is told where it was with a checkout that is paid by now.
    """

    version: ClassVar[int] = 2
    UNTOLD: ClassVar[tuple[str, ...]] = ("owner_id",)

    kind: LinkKind
    owner_id: UUID | None
    until: AwareDatetime
    since: AwareDatetime | None = None


class AttributionWithdrawn(AttributionContract):
    """From now on the person is counted as sent by nobody."""
