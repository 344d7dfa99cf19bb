"""A gathering never gives away more seats than it has; who has paid gets seats or a denial."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from services.events.gathering.events import FOR_ALL, GatheringId, MemberTerms
from services.events.sale import commands, events
from services.events.sale.events import DenialReason, HoldId, Occasion
from services.events.sale.rules.terms import price_for
from shared.decider import Decider, NotFound, Rejected
from shared.ids import Label, PersonId
from shared.money import Money

HOLD_TIME = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Sale:
    """`holds` are all ever made, since money may come late; only `live` and `sold` ones keep their seats."""

    gathering_id: GatheringId
    title: Label
    price: Money
    closes_at: datetime
    free: int
    member_terms: MemberTerms = FOR_ALL
    occasion: Occasion | None = None
    cancelled: bool = False
    holds: Mapping[HoldId, events.SeatHeld] = field(default_factory=dict)
    live: Mapping[PersonId, HoldId] = field(default_factory=dict)
    sold: frozenset[HoldId] = frozenset()
    answered: frozenset[HoldId] = frozenset()

    @property
    def place(self) -> Label | None:
        return self.occasion.place if self.occasion else None

    def keeps(self, held: events.SeatHeld) -> bool:
        return self.live.get(held.seats.person_id) == held.seats.hold_id


def decide(command: commands.SaleCommand, sale: Sale | None) -> list[events.SaleEvent]:
    if sale is None:
        return _before_opening(command)
    match command:
        case commands.OpenSale():
            return []
        case commands.MoveSale():
            return _move(command, sale)
        case commands.CancelSale():
            return [] if sale.cancelled else [events.SaleCancelled(), *_taken_back(sale)]
        case commands.HoldSeats():
            return _hold(command, sale)
        case commands.ReleaseHold():
            return _release(command, sale)
        case commands.ExpireHold(hold_id, at):
            held = sale.holds.get(hold_id)
            due = held and sale.keeps(held) and held.expires_at <= at
            return [events.SeatReleased(held.seats, "expired")] if held and due else []
        case commands.ConfirmHold():
            return _confirm(command, sale)
        case commands.ReturnSeats(hold_id):
            has_seats = hold_id in sale.sold
            return [events.SeatsReturned(sale.holds[hold_id].seats)] if has_seats else []
        case _:
            assert_never(command)


def _before_opening(command: commands.SaleCommand) -> list[events.SaleEvent]:
    match command:
        case commands.OpenSale():
            return [_opened(command)]
        case commands.HoldSeats() | commands.ReleaseHold():
            raise NotFound("gathering_not_found", "There is no such gathering.")
        case commands.ConfirmHold(hold_id, gathering_id, person_id):
            return [events.SeatDenied(hold_id, gathering_id, person_id, None, "unknown_hold")]
        case commands.MoveSale() | commands.CancelSale():
            return []
        case commands.ExpireHold() | commands.ReturnSeats():
            return []
        case _:
            assert_never(command)


def _opened(asked: commands.OpenSale) -> events.SaleOpened:
    return events.SaleOpened(
        asked.gathering_id, asked.title, asked.capacity, asked.price,
        asked.closes_at, asked.member_terms, asked.occasion,
    )  # fmt: skip


def _move(asked: commands.MoveSale, sale: Sale) -> list[events.SaleEvent]:
    """Who has seats hears when they are to come, once for each new beginning."""
    before = sale.occasion
    begins = None if before and before.starts_at == asked.starts_at else asked.starts_at
    if sale.cancelled or (begins is None and asked.closes_at == sale.closes_at):
        return []
    moved = events.SaleMoved(asked.closes_at, asked.starts_at)
    if begins is None:
        return [moved]
    occasion = Occasion(begins, sale.place)
    return [moved, *(events.SeatsMoved(seats, occasion) for seats in _sold(sale))]


def _sold(sale: Sale) -> list[events.Seats]:
    return [held.seats for hold_id, held in sale.holds.items() if hold_id in sale.sold]


def _hold(asked: commands.HoldSeats, sale: Sale) -> list[events.SaleEvent]:
    if asked.hold_id in sale.holds:
        return []
    if sale.cancelled:
        raise Rejected("gathering_cancelled", "The gathering does not take place.")
    if asked.at >= sale.closes_at:
        raise Rejected("gathering_over", "The gathering has taken place.")
    price = price_for(asked, sale.price, sale.member_terms)
    # Who holds again has changed their mind. A refusal would lock them out of their own seats once
    # a tab is closed, and two holds would let one person empty the house: the new replaces the old.
    mine = sale.live.get(asked.person_id)
    replaced = [events.SeatReleased(sale.holds[mine].seats, "replaced")] if mine else []
    free = sale.free + sum(old.seats.count for old in replaced)
    if asked.seats > free:
        raise Rejected("sold_out", "Not enough seats are left.", free=free)
    seats = events.Seats(
        asked.hold_id, sale.gathering_id, asked.person_id,
        sale.title, asked.seats, price * asked.seats,
    )  # fmt: skip
    held = events.SeatHeld(seats, asked.account_id, 1, asked.at + HOLD_TIME, asked.holder)
    if price:
        return [*replaced, held]
    sold = events.SeatsSold(seats, "free", asked.holder, late=False, occasion=sale.occasion)
    return [*replaced, held, sold]


def _release(asked: commands.ReleaseHold, sale: Sale) -> list[events.SaleEvent]:
    held = sale.holds.get(asked.hold_id)
    if held is None or held.seats.person_id != asked.person_id:
        raise NotFound("hold_not_found", "There is no such hold.")
    if asked.hold_id in sale.sold:
        raise Rejected("hold_sold", "These seats are sold.")
    return [events.SeatReleased(held.seats, "released")] if sale.keeps(held) else []


def _confirm(asked: commands.ConfirmHold, sale: Sale) -> list[events.SaleEvent]:
    held = sale.holds.get(asked.hold_id)
    if asked.hold_id in sale.answered:
        return []
    if held is None or (asked.revision, asked.amount) != (held.revision, held.seats.amount):
        return [_denied(asked, sale, "unknown_hold")]
    if sale.cancelled:
        return [_denied(asked, sale, "gathering_cancelled")]
    late = not sale.keeps(held)
    if late and (held.seats.count > sale.free or asked.at >= sale.closes_at):
        return [_denied(asked, sale, "sold_out")]
    return [events.SeatsSold(held.seats, "paid", held.holder, late, sale.occasion)]


def _denied(asked: commands.ConfirmHold, sale: Sale, why: DenialReason) -> events.SeatDenied:
    return events.SeatDenied(asked.hold_id, sale.gathering_id, asked.person_id, sale.title, why)


def _taken_back(sale: Sale) -> list[events.SaleEvent]:
    live = [sale.holds[hold_id].seats for hold_id in sale.live.values()]
    released = [events.SeatReleased(seats, "gathering_cancelled") for seats in live]
    return [*released, *(events.SeatsWithdrawn(seats) for seats in _sold(sale))]


def evolve(sale: Sale | None, event: events.SaleEvent) -> Sale | None:
    match event:
        case events.SaleOpened(gathering_id, title, capacity, price, closes_at, terms, occasion):
            return Sale(gathering_id, title, price, closes_at, capacity, terms, occasion)
        case _ if sale is None:
            return None
        case events.SaleMoved(closes_at, starts_at):
            occasion = Occasion(starts_at, sale.place) if starts_at else sale.occasion
            return replace(sale, closes_at=closes_at, occasion=occasion)
        case events.SeatsMoved():
            return sale
        case events.SaleCancelled():
            return replace(sale, cancelled=True)
        case events.SeatHeld(seats):
            holds = {**sale.holds, seats.hold_id: event}
            live = {**sale.live, seats.person_id: seats.hold_id}
            return replace(sale, free=sale.free - seats.count, holds=holds, live=live)
        case events.SeatReleased(seats):
            return replace(sale, free=sale.free + seats.count, live=_without(sale, seats))
        case events.SeatsSold(seats, late=late):
            free, hold_id = sale.free - seats.count if late else sale.free, seats.hold_id
            sold, answered = sale.sold | {hold_id}, sale.answered | {hold_id}
            live = _without(sale, seats)
            return replace(sale, free=free, live=live, sold=sold, answered=answered)
        case events.SeatsWithdrawn(seats) | events.SeatsReturned(seats):
            return replace(sale, free=sale.free + seats.count, sold=sale.sold - {seats.hold_id})
        case events.SeatDenied(hold_id):
            return replace(sale, answered=sale.answered | {hold_id})
        case _:
            assert_never(event)


def _without(sale: Sale, seats: events.Seats) -> dict[PersonId, HoldId]:
    return {person_id: held for person_id, held in sale.live.items() if held != seats.hold_id}


SALE: Decider[commands.SaleCommand, Sale | None, events.SaleEvent] = Decider(
    "sale",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.SaleCommand,
    events=events.SaleEvent,
)
