"""tessera.membership.chat_audit.v1: whether chat servers are as access says."""

from typing import ClassVar, Literal

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
