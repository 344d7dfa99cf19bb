"""What happened to a client, a program that signs in."""

from dataclasses import dataclass
from typing import Literal

from shared.ids import Code, Label

# An owner is a person.
ClientRole = Literal[
    "admin", "moderator", "event_manager", "accountant", "partner_manager", "read_only"
]


@dataclass(frozen=True, slots=True)
class ClientRegistered:
    """A program can sign in. Of its secret only the hash is kept."""

    name: Label
    role: ClientRole
    secret_hash: Code


@dataclass(frozen=True, slots=True)
class ClientRevoked:
    role: ClientRole


ClientEvent = ClientRegistered | ClientRevoked
