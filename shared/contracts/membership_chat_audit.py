"""tessera.membership.chat_audit.v1: whether chat servers are as access says."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.contract import CodeText, Contract


class ChatServerCompared(Contract):
    """A community's chat server was compared with who should have which role there; the key is the community's audits.

    `removals` of the `differences` would take a role away; `strangers` have a tier's role and no account known to us.
    What is `reported` or `held_back` waits for somebody of the staff.
    """

    topic: ClassVar[str] = "tessera.membership.chat_audit.v1"

    chat_server: CodeText
    number: int
    members: int
    seats: int
    differences: int
    removals: int
    strangers: int
    outcome: Literal["clean", "reported", "repairing", "held_back"]


class ChatDriftContract(Contract):
    """One thing on a community's chat server is not as access says; the key is the community's audits.

    It is about a person of ours, or about a stranger: somebody with a tier's role whose account nobody has linked.
    """

    topic: ClassVar[str] = "tessera.membership.chat_audit.v1"

    chat_server: CodeText
    number: int
    kind: Literal["role_missing", "role_extra", "absent", "returned"]
    cause: Literal[
        "given_by_hand",
        "taken_by_hand",
        "left_server",
        "came_back",
        "call_refused",
        "access_changed",
        "mapping_changed",
        "account_unknown",
    ]
    person_id: UUID | None
    stranger_id: UUID | None
    chat_role: CodeText | None


class ChatDriftFound(ChatDriftContract):
    """An audit found a drift that the one before had not found, or had no room to tell: 100 are told until settled."""


class ChatDriftSettled(ChatDriftContract):
    """A drift that was told is found no longer, whoever put it right, or the server is no longer looked at."""
