"""tessera.events.ticket.v1: who may come."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.contract import Contract, MoneyValue

TicketOrigin = Literal["paid", "free", "funded", "comp", "pass", "transfer"]


class TicketContract(Contract):
    """A fact about one ticket; the key is the ticket."""

    topic: ClassVar[str] = "tessera.events.ticket.v1"

    gathering_id: UUID
    ticket_id: UUID
    person_id: UUID


class TicketBought(TicketContract):
    """A person has a ticket; `hold_id` is the order it was paid with, where it was paid."""

    hold_id: UUID
    seats: int
    amount: MoneyValue
    origin: TicketOrigin


class TicketCancelled(TicketContract):
    """The ticket no longer admits anybody."""


class TicketCheckedIn(TicketContract):
    """So many of its seats have come through the door, at `occurred_at`; the rest may follow."""

    seats: int


class CheckInUndone(TicketContract):
    """Nobody has come in by the ticket: it was a mistake."""
