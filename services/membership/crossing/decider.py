"""A member is told of a day once and reminded of it once, and what they had for free ends once."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from services.membership.crossing import commands, events
from services.membership.crossing.events import Change
from shared.decider import Decider
from shared.ids import PersonId, derive


@dataclass(frozen=True, slots=True)
class Crossing:
    """Of the last change that they had to do with: the day they know of, and the one they were reminded of."""

    transition_id: UUID | None = None
    told: datetime | None = None
    recalled: datetime | None = None
    over: bool = False
    ended: frozenset[UUID] = frozenset()

    def of(self, transition_id: UUID) -> "Crossing":
        """What is known of this change; nothing, where it is a new one."""
        if self.transition_id == transition_id:
            return self
        return Crossing(transition_id, ended=self.ended)


def stream_of(person_id: PersonId) -> UUID:
    return derive(person_id, "crossing")


def decide(command: commands.CrossingCommand, crossing: Crossing) -> list[events.CrossingEvent]:
    """Nothing for who is no member any more: what they had for free has ended with that."""
    if command.member != "joined":
        return []
    person_id, change = command.person_id, command.change
    crossing, day = crossing.of(change.transition_id), change.effective_from
    match command:
        case commands.EndFreeAccess(reason_id=reason_id, tiers=tiers, subscribed=subscribed):
            if reason_id in crossing.ended:
                return []
            return [events.FreeAccessEnded(person_id, change, reason_id, tiers, subscribed)]
        case _ if crossing.over:
            return []
        case commands.TellOfChange(subscribed=subscribed):
            return _tell(person_id, change, crossing, subscribed=subscribed)
        case commands.RecallChange(subscribed=True):
            return []
        case commands.RecallChange() if crossing.told != day:
            return _tell(person_id, change, crossing, subscribed=False)
        case commands.RecallChange():
            return [events.ChangeRecalled(person_id, change)] if crossing.recalled != day else []
        case commands.DropChange():
            return [events.ChangeDropped(person_id, change, told=crossing.told is not None)]
        case _:
            assert_never(command)


def _tell(
    person_id: PersonId, change: Change, crossing: Crossing, *, subscribed: bool
) -> list[events.CrossingEvent]:
    """Who has what takes its place hears of it only if they were told of another day."""
    again = crossing.told is not None
    is_news = crossing.told != change.effective_from and (again or not subscribed)
    return [events.ChangeTold(person_id, change, again)] if is_news else []


def evolve(crossing: Crossing, event: events.CrossingEvent) -> Crossing:
    crossing, day = crossing.of(event.change.transition_id), event.change.effective_from
    match event:
        case events.ChangeTold():
            return replace(crossing, told=day)
        case events.ChangeRecalled():
            return replace(crossing, recalled=day)
        case events.ChangeDropped():
            return replace(crossing, over=True)
        case events.FreeAccessEnded(reason_id=reason_id):
            return replace(crossing, over=True, ended=crossing.ended | {reason_id})
        case _:
            assert_never(event)


CROSSING: Decider[commands.CrossingCommand, Crossing, events.CrossingEvent] = Decider(
    "crossing",
    initial=Crossing(),
    decide=decide,
    evolve=evolve,
    commands=commands.CrossingCommand,
    events=events.CrossingEvent,
)
