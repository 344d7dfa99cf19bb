"""A tier is defined once and never changes its meaning; it can only be retired."""

from typing import Literal, assert_never

from services.membership.tier import commands, events
from shared.decider import Decider, NotFound

Tier = Literal["undefined", "open", "retired"]


def decide(command: commands.TierCommand, tier: Tier) -> list[events.TierEvent]:
    match command:
        case commands.DefineTier(name, paid):
            return [events.TierDefined(name, paid)] if tier == "undefined" else []
        case commands.RetireTier() if tier == "undefined":
            raise NotFound("tier_not_found", "There is no such tier.")
        case commands.RetireTier():
            return [events.TierRetired()] if tier == "open" else []
        case _:
            assert_never(command)


def evolve(_: Tier, event: events.TierEvent) -> Tier:
    match event:
        case events.TierDefined():
            return "open"
        case events.TierRetired():
            return "retired"
        case _:
            assert_never(event)


TIER: Decider[commands.TierCommand, Tier, events.TierEvent] = Decider(
    "tier",
    initial="undefined",
    decide=decide,
    evolve=evolve,
    commands=commands.TierCommand,
    events=events.TierEvent,
)
