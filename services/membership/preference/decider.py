"""Whoever opts out stays out until they themselves say otherwise; what is transactional is always sent."""

from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from services.membership.preference import commands, events
from shared.decider import Decider, Rejected
from shared.ids import derive

Wish = tuple[events.Channel, events.OptionalKind]


@dataclass(frozen=True, slots=True)
class Preferences:
    out: frozenset[Wish] = frozenset()

    def wants(self, channel: events.Channel, kind: events.Kind) -> bool:
        return (channel, kind) not in self.out


def stream_of(person_id: UUID) -> UUID:
    return derive(person_id, "preferences")


def decide(
    command: commands.PreferenceCommand, preferences: Preferences
) -> list[events.PreferenceEvent]:
    decided: list[events.PreferenceEvent] = []
    for choice in dict.fromkeys(command.choices):
        if choice.kind == "transactional":
            if not choice.wanted:
                detail = "What somebody needs for what they bought or asked for is always sent."
                raise Rejected("always_sent", detail, pointer="/preferences")
            continue
        if choice.wanted == preferences.wants(choice.channel, choice.kind):
            continue
        if not choice.wanted:
            opted_out = events.OptedOut(command.person_id, choice.channel, choice.kind, command.by)
            decided.append(opted_out)
        elif command.by != "person":
            detail = "Only the person themselves can ask for this again."
            raise Rejected("own_word_only", detail)
        else:
            decided.append(events.OptedIn(command.person_id, choice.channel, choice.kind))
    return decided


def evolve(preferences: Preferences, event: events.PreferenceEvent) -> Preferences:
    match event:
        case events.OptedOut(_, channel, kind):
            return Preferences(preferences.out | {(channel, kind)})
        case events.OptedIn(_, channel, kind):
            return Preferences(preferences.out - {(channel, kind)})
        case _:
            assert_never(event)


PREFERENCE: Decider[commands.PreferenceCommand, Preferences, events.PreferenceEvent] = Decider(
    "preference",
    initial=Preferences(),
    decide=decide,
    evolve=evolve,
    commands=commands.PreferenceCommand,
    events=events.PreferenceEvent,
)
