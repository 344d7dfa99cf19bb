"""tessera.membership.visibility.v1: who may see a community that they do not belong to."""

from typing import ClassVar

from shared.contracts.contract import Contract
from shared.contracts.membership_community import Visibility


class VisibilityChosen(Contract):
    """From now on strangers see the community like this; the key is the community's stream."""

    topic: ClassVar[str] = "tessera.membership.visibility.v1"

    visibility: Visibility
