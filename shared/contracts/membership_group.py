"""tessera.membership.group.v1: ways into a community's groups on WhatsApp, and who is to leave them."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.contract import Contract


class GroupContract(Contract):
    """One person and one group; the key is the person's seat in all of the community's groups."""

    topic: ClassVar[str] = "tessera.membership.group.v1"

    person_id: UUID
    group_id: UUID


class GroupInviteDelivered(GroupContract):
    """The way in reached the person's phone; whether they went in cannot be seen."""


class GroupInviteStuck(GroupContract):
    """The way in did not reach the person, and will not until they act."""

    problem: Literal[
        "number_refused", "number_unreachable", "messages_stopped", "held_back", "no_word"
    ]


class GroupRemovalDue(GroupContract):
    """The person may be in the group no more, and an admin of it has to take them out."""


class GroupRemovalCalledOff(GroupContract):
    """The person may be in the group again, before anybody took them out."""


class RemovedFromGroup(GroupContract):
    """Staff say that they took the person out."""
