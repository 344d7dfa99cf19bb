"""A price rises only for those who were shown, each told the whole notice before, and not once it was called off."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from services.billing.price_rise import commands, events
from services.billing.price_rise.events import Whom
from services.billing.subscription.events import Rise
from shared.decider import Decider, NotFound, Rejected

LONGEST_AHEAD = timedelta(days=366)
A_TURN = 200
MOST_PINNED = 500
MOST_SUBSCRIPTIONS = 50_000


@dataclass(frozen=True, slots=True)
class PriceRise:
    """`waiting` are those whose turn is to come, `told` those who had it: so many at a time."""

    rise: Rise
    waiting: tuple[tuple[UUID, ...], ...] = ()
    told: tuple[tuple[UUID, ...], ...] = ()
    cancelled: bool = False
    taken_back: int = 0


def decide(
    command: commands.PriceRiseCommand, price_rise: PriceRise | None
) -> list[events.PriceRiseEvent]:
    match command:
        case commands.StartPriceRise():
            return [] if price_rise else _start(command)
        case commands.CancelPriceRise() if price_rise is None:
            raise NotFound("price_rise_not_found", "There is no such price rise.")
        case _ if price_rise is None:
            return []
        case commands.TellRise(number):
            is_next = number == len(price_rise.told) + 1 and not price_rise.cancelled
            return _tell(number, price_rise) if is_next else []
        case commands.CancelPriceRise(at):
            return _cancel(at, price_rise)
        case commands.TakeRiseBack(number):
            is_next = number == price_rise.taken_back + 1 and price_rise.cancelled
            return _take_back(number, price_rise) if is_next else []
        case _:
            assert_never(command)


def _start(asked: commands.StartPriceRise) -> list[events.PriceRiseEvent]:
    insist_on_possible(asked.rise, asked.whom, asked.at)
    people = asked.subscriptions
    if asked.seen != asked.fingerprint:
        raise Rejected("preview_stale", "It would be about others by now: look again.")
    if not people:
        raise Rejected("nobody_pays_less", "Nobody's price would rise.")
    if len(people) > MOST_SUBSCRIPTIONS:
        raise Rejected("too_many", "Not so many in one go.", most=MOST_SUBSCRIPTIONS)
    turns = [people[begin : begin + A_TURN] for begin in range(0, len(people), A_TURN)]
    return [
        events.PriceRiseStarted(asked.rise, asked.whom, len(people)),
        *(events.SubscribersChosen(number, turn) for number, turn in enumerate(turns, 1)),
    ]


def insist_on_possible(rise: Rise, whom: Whom, at: datetime) -> None:
    """Rejected where nobody could be told of it in time, or it is about no price that there was."""
    earliest, latest = at + timedelta(days=rise.notice_days), at + LONGEST_AHEAD
    if not earliest <= rise.effective_from <= max(earliest, latest):
        raise Rejected(
            "notice_out_of_range",
            "People are told in time, and not years before.",
            pointer="/effective_from",
            earliest=earliest.isoformat(),
            latest=latest.isoformat(),
        )
    newest = rise.price_version - 1
    if not 1 <= whom.from_version <= (newest if whom.to_version is None else whom.to_version):
        raise Rejected("version_out_of_range", "Nobody has that.", pointer="/from_version")
    if whom.to_version is not None and whom.to_version > newest:
        raise Rejected("version_out_of_range", "Nobody has that.", pointer="/to_version")
    if len(whom.pinned) > MOST_PINNED:
        raise Rejected("too_many", "Not so many.", pointer="/pinned", most=MOST_PINNED)


def _tell(number: int, price_rise: PriceRise) -> list[events.PriceRiseEvent]:
    if not price_rise.waiting:
        return []
    return [events.RiseTold(number, price_rise.rise, price_rise.waiting[0])]


def _cancel(at: datetime, price_rise: PriceRise) -> list[events.PriceRiseEvent]:
    if price_rise.cancelled:
        return []
    if at >= price_rise.rise.effective_from:
        raise Rejected("price_rise_in_force", "Some pay more already.")
    return [events.PriceRiseCancelled(price_rise.rise.offer_id)]


def _take_back(number: int, price_rise: PriceRise) -> list[events.PriceRiseEvent]:
    if number > len(price_rise.told):
        return []
    rise_id = price_rise.rise.rise_id
    return [events.RiseTakenBack(number, rise_id, price_rise.told[number - 1])]


def evolve(price_rise: PriceRise | None, event: events.PriceRiseEvent) -> PriceRise | None:
    match event:
        case events.PriceRiseStarted(rise):
            return PriceRise(rise)
        case _ if price_rise is None:
            return None
        case events.SubscribersChosen(_, subscriptions):
            return replace(price_rise, waiting=(*price_rise.waiting, subscriptions))
        case events.RiseTold(_, _, subscriptions):
            told = (*price_rise.told, subscriptions)
            return replace(price_rise, waiting=price_rise.waiting[1:], told=told)
        case events.PriceRiseCancelled():
            return replace(price_rise, cancelled=True, waiting=())
        case events.RiseTakenBack(number):
            return replace(price_rise, taken_back=number)
        case _:
            assert_never(event)


PRICE_RISE: Decider[commands.PriceRiseCommand, PriceRise | None, events.PriceRiseEvent] = Decider(
    "price_rise",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.PriceRiseCommand,
    events=events.PriceRiseEvent,
)
