"""A community takes money by hand when it says so, and each receipt is the money of one payment."""

from typing import assert_never
from uuid import UUID

from services.billing.by_hand import commands, events
from shared.decider import Decider, Rejected
from shared.ids import Label, derive

Instructions = Label | None


def by_hand_stream(community_id: UUID) -> UUID:
    """The stream of what a community says of paying by hand."""
    return derive(community_id, "by_hand")


def decide(command: commands.ByHandCommand, said: Instructions) -> list[events.ByHandEvent]:
    match command:
        case commands.OfferByHand(instructions):
            return [] if said == instructions else [events.ByHandOffered(instructions)]
        case commands.WithdrawByHand():
            return [] if said is None else [events.ByHandWithdrawn()]
        case _:
            assert_never(command)


def evolve(_said: Instructions, event: events.ByHandEvent) -> Instructions:
    match event:
        case events.ByHandOffered(instructions):
            return instructions
        case events.ByHandWithdrawn():
            return None
        case _:
            assert_never(event)


BY_HAND: Decider[commands.ByHandCommand, Instructions, events.ByHandEvent] = Decider(
    "by_hand",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.ByHandCommand,
    events=events.ByHandEvent,
)


def decide_receipt(
    command: commands.ReceiptCommand, claimed_by: UUID | None
) -> list[events.ReceiptEvent]:
    if claimed_by is None:
        return [events.ReceiptClaimed(command.payment_id)]
    if claimed_by != command.payment_id:
        detail = "This reference is the money of another payment."
        raise Rejected("receipt_used", detail, pointer="/reference")
    return []


def evolve_receipt(_claimed_by: UUID | None, event: events.ReceiptEvent) -> UUID | None:
    return event.payment_id


RECEIPT: Decider[commands.ReceiptCommand, UUID | None, events.ReceiptEvent] = Decider(
    "receipt",
    initial=None,
    decide=decide_receipt,
    evolve=evolve_receipt,
    commands=commands.ReceiptCommand,
    events=events.ReceiptEvent,
)
"""Its stream is the print of the reference: who reads the log learns no bank's words."""
