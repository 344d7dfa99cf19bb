"""Whoever opts out stays out until they say otherwise; what is transactional is always sent, and always by e-mail."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never, get_args
from uuid import UUID

from services.membership.preference import commands, events
from shared.decider import Decider, Rejected
from shared.ids import derive

Wish = tuple[events.OptOutChannel, events.OptionalKind]
BY_MAIL: frozenset[events.Channel] = frozenset({"email"})


@dataclass(frozen=True, slots=True)
class Preferences:
    out: frozenset[Wish] = frozenset()
    chosen: Mapping[events.Kind, frozenset[events.Channel]] = field(default_factory=dict)

    def wants(self, channel: events.OptOutChannel, kind: events.Kind) -> bool:
        return (channel, kind) not in self.out

    def channels(self, kind: events.Kind) -> frozenset[events.Channel]:
        return self.chosen.get(kind, BY_MAIL)

    def ways(self, kind: events.Kind, linked: frozenset[events.Channel]) -> events.Ways:
        """How a message of this kind goes, to who can be reached by these channels just now."""
        chosen = self.channels(kind)
        others = ordered((chosen & linked) - BY_MAIL)
        if not self.wants("email", kind):
            return events.Ways("never", others)
        return events.Ways("too" if "email" in chosen or not others else "instead", others)


def ordered(channels: frozenset[events.Channel]) -> tuple[events.Channel, ...]:
    return tuple(channel for channel in get_args(events.Channel) if channel in channels)


def stream_of(person_id: UUID) -> UUID:
    return derive(person_id, "preferences")


def decide(
    command: commands.PreferenceCommand, preferences: Preferences
) -> list[events.PreferenceEvent]:
    match command:
        case commands.ChoosePreferences():
            return _choose(command, preferences)
        case commands.ChooseChannels():
            return _choose_channels(command, preferences)
        case _:
            assert_never(command)


def _choose(
    command: commands.ChoosePreferences, preferences: Preferences
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


def _choose_channels(
    choose: commands.ChooseChannels, preferences: Preferences
) -> list[events.PreferenceEvent]:
    """Whoever chooses e-mail is in again: nobody else chooses for them."""
    person_id, kind = choose.person_id, choose.kind
    if not choose.channels:
        why = "Name a channel at least; to be sent none of a kind, opt out of it."
        raise Rejected("no_channel", why, pointer="/channels")
    missing = ordered(choose.channels - choose.linked)
    if missing:
        detail = f"You cannot be written to by {missing[0]} before you have linked it."
        raise Rejected("channel_not_linked", detail, pointer="/channels")
    if kind == "transactional" and "email" not in choose.channels:
        detail = "What somebody needs for what they bought or asked for comes by e-mail at least."
        raise Rejected("always_by_email", detail, pointer="/channels")
    decided: list[events.PreferenceEvent] = []
    if choose.channels != preferences.channels(kind):
        decided.append(events.ChannelsChosen(person_id, kind, ordered(choose.channels)))
    is_out = not preferences.wants("email", kind)
    if kind != "transactional" and "email" in choose.channels and is_out:
        decided.append(events.OptedIn(person_id, "email", kind))
    return decided


def evolve(preferences: Preferences, event: events.PreferenceEvent) -> Preferences:
    match event:
        case events.OptedOut(_, channel, kind):
            return replace(preferences, out=preferences.out | {(channel, kind)})
        case events.OptedIn(_, channel, kind):
            return replace(preferences, out=preferences.out - {(channel, kind)})
        case events.ChannelsChosen(_, kind, channels):
            chosen = {**preferences.chosen, kind: frozenset(channels)}
            return replace(preferences, chosen=chosen)
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
