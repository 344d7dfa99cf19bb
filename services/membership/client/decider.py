"""A client keeps the role and the secret it was registered with, and once shut out stays out."""

from dataclasses import dataclass
from typing import assert_never

from services.membership.client import commands, events
from shared.decider import Decider, NotFound
from shared.ids import Code


@dataclass(frozen=True, slots=True)
class Client:
    """Without a role it was never registered, without a secret it is shut out."""

    role: events.ClientRole | None = None
    secret_hash: Code | None = None


def decide(command: commands.ClientCommand, client: Client) -> list[events.ClientEvent]:
    match command:
        case commands.RegisterClient(name, role, secret_hash):
            if client.role is not None:
                return []
            return [events.ClientRegistered(name, role, secret_hash)]
        case commands.RevokeClient():
            if client.role is None:
                raise NotFound("client_not_found", "There is no such client.")
            return [events.ClientRevoked(client.role)] if client.secret_hash else []
        case _:
            assert_never(command)


def evolve(_: Client, event: events.ClientEvent) -> Client:
    match event:
        case events.ClientRegistered(_, role, secret_hash):
            return Client(role, secret_hash)
        case events.ClientRevoked(role):
            return Client(role)
        case _:
            assert_never(event)


CLIENT: Decider[commands.ClientCommand, Client, events.ClientEvent] = Decider(
    "client",
    initial=Client(),
    decide=decide,
    evolve=evolve,
    commands=commands.ClientCommand,
    events=events.ClientEvent,
)
