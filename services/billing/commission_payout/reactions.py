"""Whatever becomes of a commission is booked for its owner."""

from services.billing.commission import events
from services.billing.commission_payout import commands
from services.billing.commission_payout.decider import COMMISSION_PAYOUT, commission_payout_stream
from shared.event_store import Fact
from shared.reaction import Ask, Reaction


def when_commission_changed_book_it(fact: Fact) -> list[Ask]:
    change: events.Change = fact.body
    one = change.commission
    book = commands.BookCommission(one, fact.version)
    return [Ask(COMMISSION_PAYOUT, commission_payout_stream(one.owner), book)]


REACTIONS = (
    Reaction(
        "billing.commission_payout.when_commission_earned_book_it",
        events.CommissionEarned,
        when_commission_changed_book_it,
    ),
    Reaction(
        "billing.commission_payout.when_commission_reduced_book_it",
        events.CommissionReduced,
        when_commission_changed_book_it,
    ),
    Reaction(
        "billing.commission_payout.when_commission_held_book_it",
        events.CommissionHeld,
        when_commission_changed_book_it,
    ),
    Reaction(
        "billing.commission_payout.when_commission_released_book_it",
        events.CommissionReleased,
        when_commission_changed_book_it,
    ),
    Reaction(
        "billing.commission_payout.when_commission_due_book_it",
        events.CommissionDue,
        when_commission_changed_book_it,
    ),
)
