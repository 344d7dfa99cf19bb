"""An account is opened once, for whoever has proved the address it is found by."""

from services.membership.account import commands, events
from shared.decider import Decider

IsOpen = bool


def decide(_: commands.AccountCommand, is_open: IsOpen) -> list[events.AccountEvent]:
    return [] if is_open else [events.AccountOpened()]


def evolve(_: IsOpen, __: events.AccountEvent) -> IsOpen:
    return True


ACCOUNT: Decider[commands.AccountCommand, IsOpen, events.AccountEvent] = Decider(
    "account",
    initial=False,
    decide=decide,
    evolve=evolve,
    commands=commands.AccountCommand,
    events=events.AccountEvent,
)
