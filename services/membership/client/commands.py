"""What may be asked of a client, a program that signs in."""

from dataclasses import dataclass

from services.membership.client.events import ClientRole
from shared.ids import Code, Label


@dataclass(frozen=True, slots=True)
class RegisterClient:
    name: Label
    role: ClientRole
    secret_hash: Code


@dataclass(frozen=True, slots=True)
class RevokeClient:
    pass


ClientCommand = RegisterClient | RevokeClient
