"""A sale follows its gathering, its holds end by the clock, and money that found it is answered."""

from services.events.gathering import events as gatherings
from services.events.gathering.events import GatheringId
from services.events.hold import events as holds
from services.events.sale import commands, events
from services.events.sale.decider import SALE
from services.events.sale.events import sale_of
from shared.event_store import Fact
from shared.reaction import Ask, At, Reaction


def when_gathering_published_open_sale(fact: Fact) -> list[Ask]:
    published: gatherings.GatheringPublished = fact.body
    opening = commands.OpenSale(
        GatheringId(fact.stream_id),
        published.name,
        published.capacity,
        published.price,
        published.ends_at,
        published.member_terms,
        events.Occasion(published.starts_at, published.place),
    )
    return [Ask(SALE, sale_of(fact.stream_id), opening)]


def when_gathering_rescheduled_move_sale(fact: Fact) -> list[Ask]:
    moved: gatherings.GatheringRescheduled = fact.body
    move = commands.MoveSale(moved.ends_at, moved.starts_at)
    return [Ask(SALE, sale_of(fact.stream_id), move)]


def when_gathering_cancelled_cancel_sale(fact: Fact) -> list[Ask]:
    return [Ask(SALE, sale_of(fact.stream_id), commands.CancelSale())]


def when_seat_held_expire_hold(fact: Fact) -> list[At]:
    held: events.SeatHeld = fact.body
    expiry = commands.ExpireHold(held.seats.hold_id, held.expires_at)
    return [At(held.expires_at, Ask(SALE, fact.stream_id, expiry))]


def when_hold_paid_confirm_hold(fact: Fact) -> list[Ask]:
    paid: holds.HoldPaid = fact.body
    confirmation = commands.ConfirmHold(
        paid.hold_id, paid.gathering_id, paid.person_id, paid.revision, paid.amount, fact.at
    )
    return [Ask(SALE, sale_of(paid.gathering_id), confirmation)]


def when_hold_refunded_return_seats(fact: Fact) -> list[Ask]:
    hold_id, gathering_id = fact.body.hold_id, fact.body.gathering_id
    if gathering_id is None:
        return []
    return [Ask(SALE, sale_of(gathering_id), commands.ReturnSeats(hold_id))]


REACTIONS = (
    Reaction(
        "events.sale.when_gathering_published_open_sale",
        gatherings.GatheringPublished,
        when_gathering_published_open_sale,
    ),
    Reaction(
        "events.sale.when_gathering_rescheduled_move_sale",
        gatherings.GatheringRescheduled,
        when_gathering_rescheduled_move_sale,
    ),
    Reaction(
        "events.sale.when_gathering_cancelled_cancel_sale",
        gatherings.GatheringCancelled,
        when_gathering_cancelled_cancel_sale,
    ),
    Reaction("events.sale.when_seat_held_expire_hold", events.SeatHeld, when_seat_held_expire_hold),
    Reaction(
        "events.sale.when_hold_paid_confirm_hold", holds.HoldPaid, when_hold_paid_confirm_hold
    ),
    Reaction(
        "events.sale.when_hold_refunded_return_seats",
        holds.HoldRefunded,
        when_hold_refunded_return_seats,
    ),
)
