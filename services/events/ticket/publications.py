"""What the others hear of tickets, and what their holders are told."""

from services.events.letters import in_letter, when_and_where
from services.events.sale.events import Seats
from services.events.ticket import events
from shared.contracts import events_ticket as contracts
from shared.contracts.contract import MoneyValue
from shared.contracts.events_message import MessageRequested
from shared.event_store import Fact
from shared.feature import Publication


def bought(fact: Fact) -> contracts.TicketBought:
    seats: Seats = fact.body.seats
    return contracts.TicketBought(
        community_id=fact.community_id,
        occurred_at=fact.at,
        gathering_id=seats.gathering_id,
        ticket_id=fact.stream_id,
        person_id=seats.person_id,
        hold_id=seats.hold_id,
        seats=seats.count,
        amount=MoneyValue.of(seats.amount),
        origin=fact.body.origin,
    )


def cancelled(fact: Fact) -> contracts.TicketCancelled:
    seats: Seats = fact.body.seats
    return contracts.TicketCancelled(
        community_id=fact.community_id,
        occurred_at=fact.at,
        gathering_id=seats.gathering_id,
        ticket_id=fact.stream_id,
        person_id=seats.person_id,
    )


def checked_in(fact: Fact) -> contracts.TicketCheckedIn:
    entry: events.TicketCheckedIn = fact.body
    return contracts.TicketCheckedIn(
        community_id=fact.community_id,
        occurred_at=entry.seen_at,
        gathering_id=entry.seats.gathering_id,
        ticket_id=fact.stream_id,
        person_id=entry.seats.person_id,
        seats=entry.count,
    )


def check_in_undone(fact: Fact) -> contracts.CheckInUndone:
    seats: Seats = fact.body.seats
    return contracts.CheckInUndone(
        community_id=fact.community_id,
        occurred_at=fact.at,
        gathering_id=seats.gathering_id,
        ticket_id=fact.stream_id,
        person_id=seats.person_id,
    )


def tell_of_purchase(fact: Fact) -> MessageRequested:
    seats: Seats = fact.body.seats
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=seats.person_id,
        template=in_letter("ticket_bought", fact.body.occasion),
        values={
            "gathering": seats.title,
            "seats": seats.count,
            "amount": MoneyValue.of(seats.amount),
            **when_and_where(fact.body.occasion),
        },
    )


def tell_of_cancellation(fact: Fact) -> MessageRequested:
    seats: Seats = fact.body.seats
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=seats.person_id,
        template="ticket_cancelled",
        values={"gathering": seats.title},
    )


PUBLICATIONS = (
    Publication(events.TicketIssued, contracts.TicketBought, bought),
    Publication(events.TicketIssued, MessageRequested, tell_of_purchase),
    Publication(events.TicketCancelled, contracts.TicketCancelled, cancelled),
    Publication(events.TicketCancelled, MessageRequested, tell_of_cancellation),
    Publication(events.TicketCheckedIn, contracts.TicketCheckedIn, checked_in),
    Publication(events.CheckInUndone, contracts.CheckInUndone, check_in_undone),
)
