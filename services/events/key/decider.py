"""A key is announced once, and its name never comes to mean another key."""

from collections.abc import Mapping

from services.events.key import commands, events
from shared.decider import Decider, Rejected
from shared.ids import Code

Keys = Mapping[Code, Code]


def decide(command: commands.KeyCommand, keys: Keys) -> list[events.KeyEvent]:
    known = keys.get(command.kid)
    if known not in (None, command.x):
        raise Rejected("key_name_taken", "This name already means another key.", kid=command.kid)
    return [] if known else [events.KeyAnnounced(command.kid, command.x)]


def evolve(keys: Keys, event: events.KeyEvent) -> Keys:
    return {**keys, event.kid: event.x}


KEYS: Decider[commands.KeyCommand, Keys, events.KeyEvent] = Decider(
    "key",
    initial={},
    decide=decide,
    evolve=evolve,
    commands=commands.KeyCommand,
    events=events.KeyEvent,
)
