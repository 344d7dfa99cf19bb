"""What the others hear of seats on their way to becoming tickets."""

from services.events.letters import in_letter, when_and_where
from services.events.sale import events
from shared.contracts import events_sale as contracts
from shared.contracts.events_message import MessageRequested
from shared.event_store import Fact
from shared.feature import Publication


def held(fact: Fact) -> contracts.SeatHeld:
    seats: events.Seats = fact.body.seats
    return contracts.SeatHeld(
        community_id=fact.community_id,
        occurred_at=fact.at,
        gathering_id=seats.gathering_id,
        hold_id=seats.hold_id,
        person_id=seats.person_id,
        seats=seats.count,
        expires_at=fact.body.expires_at,
    )


def released(fact: Fact) -> contracts.SeatReleased:
    seats: events.Seats = fact.body.seats
    return contracts.SeatReleased(
        community_id=fact.community_id,
        occurred_at=fact.at,
        gathering_id=seats.gathering_id,
        hold_id=seats.hold_id,
        person_id=seats.person_id,
        seats=seats.count,
    )


def denied(fact: Fact) -> contracts.SeatDenied:
    seat: events.SeatDenied = fact.body
    return contracts.SeatDenied(
        community_id=fact.community_id,
        occurred_at=fact.at,
        gathering_id=seat.gathering_id,
        hold_id=seat.hold_id,
        person_id=seat.person_id,
        reason=seat.reason,
    )


def withdrawn(fact: Fact) -> contracts.SeatDenied | None:
    seats: events.Seats = fact.body.seats
    if not seats.amount:
        return None
    return contracts.SeatDenied(
        community_id=fact.community_id,
        occurred_at=fact.at,
        gathering_id=seats.gathering_id,
        hold_id=seats.hold_id,
        person_id=seats.person_id,
        reason="gathering_cancelled",
    )


def tell_of_denial(fact: Fact) -> MessageRequested:
    seat: events.SeatDenied = fact.body
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=seat.person_id,
        template="seat_denied",
        values={"gathering": seat.title or "", "reason": seat.reason},
    )


def tell_of_move(fact: Fact) -> MessageRequested:
    seats: events.Seats = fact.body.seats
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=seats.person_id,
        template=in_letter("gathering_moved", fact.body.occasion),
        values={"gathering": seats.title, **when_and_where(fact.body.occasion)},
    )


PUBLICATIONS = (
    Publication(events.SeatHeld, contracts.SeatHeld, held),
    Publication(events.SeatReleased, contracts.SeatReleased, released),
    Publication(events.SeatDenied, contracts.SeatDenied, denied),
    Publication(events.SeatDenied, MessageRequested, tell_of_denial),
    Publication(events.SeatsMoved, MessageRequested, tell_of_move),
    Publication(events.SeatsWithdrawn, contracts.SeatDenied, withdrawn),
)
