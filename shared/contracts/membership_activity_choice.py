"""tessera.membership.activity_choice.v1: of whom nothing is recorded, because they said so."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.contract import Contract


class ActivityChoiceContract(Contract):
    """One person's choice in one community."""

    topic: ClassVar[str] = "tessera.membership.activity_choice.v1"

    person_id: UUID


class ActivityDeclined(ActivityChoiceContract):
    """From now on nothing they do is recorded: that nothing is heard of them says nothing."""


class ActivityWelcomed(ActivityChoiceContract):
    """What they do is recorded again."""
