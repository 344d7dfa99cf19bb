"""tessera.membership.description.v1: what a community is called, what it reckons in and speaks, once that changes."""

from typing import ClassVar, Literal

from shared.contracts.contract import Contract, Currency, LabelText
from shared.contracts.membership_community import Audience, CommunityKind, Language


class CommunityDescribed(Contract):
    """From now on it is so; the key is the community's stream."""

    topic: ClassVar[str] = "tessera.membership.description.v1"
    version: ClassVar[int] = 4

    name: LabelText
    currency: Currency
    time_zone: LabelText
    mode: Literal["live", "test"]
    language: Language = "en"
    audience: Audience = "persons"
    kind: CommunityKind | None = None
