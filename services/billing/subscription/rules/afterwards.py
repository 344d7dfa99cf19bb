"""What each event makes of a subscription that has ended."""

from dataclasses import replace

from services.billing import rises
from services.billing.subscription import events
from services.billing.subscription.events import WINNABLE
from services.billing.subscription.rules.state import Ended, Running


def ended_by(running: Running, ended: events.SubscriptionEnded) -> Ended:
    terms, amount = ended.terms, ended.unpaid_amount
    return Ended(
        terms,
        ended.unpaid,
        terms.amount if amount is None else amount,
        ended.reason,
        running.ends_at,
        unwanted=running.unwanted,
        rising=running.rising,
        credit=running.credit if ended.reason in WINNABLE else {},
    )


def evolve(ended: Ended, event: events.SubscriptionEvent) -> Ended:
    match event:
        case events.WinBackBegun(checkout_id):
            return replace(ended, asked_back_by=(*ended.asked_back_by, checkout_id))
        case events.SubscriptionWonBack(subscription_id):
            return replace(ended, won_back=subscription_id)
        case events.PaymentReversed(_, payment_id):
            rest = {one: part for one, part in ended.credit.items() if one != payment_id}
            return replace(ended, credit=rest)
        case events.PriceRiseDropped():
            return replace(ended, rising=rises.evolve(ended.rising, event))
        case _:
            return ended
