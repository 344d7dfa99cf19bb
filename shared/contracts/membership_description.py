"""tessera.membership.description.v1: what a community is called and what it reckons in, once that changes."""

from typing import ClassVar, Literal

from shared.contracts.contract import Contract, Currency, LabelText


class CommunityDescribed(Contract):
    """From now on it is so; the key is the community's stream."""

    topic: ClassVar[str] = "tessera.membership.description.v1"

    name: LabelText
    currency: Currency
    time_zone: LabelText
    mode: Literal["live", "test"]
