"""A gathering lies in the future when its time is set, and once cancelled it stays cancelled."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from services.events.gathering import commands, events
from services.events.gathering.rules.terms import insist_on_terms
from shared.decider import Decider, NotFound, Rejected

MOST_SEATS = 100_000
HIGHEST_PRICE = 99_999_999


@dataclass(frozen=True, slots=True)
class Gathering:
    starts_at: datetime
    ends_at: datetime
    cancelled: bool = False


def decide(
    command: commands.GatheringCommand, gathering: Gathering | None
) -> list[events.GatheringEvent]:
    match command:
        case commands.PublishGathering():
            return [_publish(command)] if gathering is None else []
        case _ if gathering is None:
            raise NotFound("gathering_not_found", "There is no such gathering.")
        case commands.RescheduleGathering() if gathering.cancelled:
            raise Rejected("gathering_cancelled", "A cancelled gathering does not move.")
        case commands.RescheduleGathering(starts_at, ends_at, at):
            if (starts_at, ends_at) == (gathering.starts_at, gathering.ends_at):
                return []
            _insist_on_order(starts_at, ends_at, at)
            return [events.GatheringRescheduled(starts_at, ends_at)]
        case commands.CancelGathering() if gathering.cancelled:
            return []
        case commands.CancelGathering(at) if at >= gathering.ends_at:
            raise Rejected("gathering_over", "What has taken place cannot be cancelled.")
        case commands.CancelGathering():
            return [events.GatheringCancelled()]
        case _:
            assert_never(command)


def _publish(asked: commands.PublishGathering) -> events.GatheringPublished:
    _insist_on_order(asked.starts_at, asked.ends_at, asked.at)
    if not 1 <= asked.capacity <= MOST_SEATS:
        raise Rejected(
            "capacity_out_of_range",
            "So many seats cannot be.",
            pointer="/capacity",
            most=MOST_SEATS,
        )
    if not 0 <= asked.price.minor <= HIGHEST_PRICE:
        raise Rejected(
            "price_out_of_range", "No card pays such a price.", pointer="/price", most=HIGHEST_PRICE
        )
    insist_on_terms(asked)
    return events.GatheringPublished(
        asked.name,
        asked.place,
        asked.starts_at,
        asked.ends_at,
        asked.capacity,
        asked.price,
        asked.member_terms,
    )


def _insist_on_order(starts_at: datetime, ends_at: datetime, at: datetime) -> None:
    if starts_at <= at:
        raise Rejected(
            "starts_in_the_past", "A gathering starts in the future.", pointer="/starts_at"
        )
    if ends_at <= starts_at:
        raise Rejected(
            "ends_before_it_starts", "A gathering ends after it starts.", pointer="/ends_at"
        )


def evolve(gathering: Gathering | None, event: events.GatheringEvent) -> Gathering | None:
    match event:
        case events.GatheringPublished():
            return Gathering(event.starts_at, event.ends_at)
        case events.GatheringRescheduled(starts_at, ends_at):
            return gathering and replace(gathering, starts_at=starts_at, ends_at=ends_at)
        case events.GatheringCancelled():
            return gathering and replace(gathering, cancelled=True)
        case _:
            assert_never(event)


GATHERING: Decider[commands.GatheringCommand, Gathering | None, events.GatheringEvent] = Decider(
    "gathering",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.GatheringCommand,
    events=events.GatheringEvent,
)
