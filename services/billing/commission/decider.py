"""A payment earns the last link before it a share of what is kept of it, whatever is heard of it first."""

from dataclasses import replace
from typing import assert_never

from services.billing.commission import commands, events
from services.billing.commissions import Buyer, changes
from shared.decider import Decider

STRANGER = Buyer(frozenset(), {}, {}, {}, {})


def decide(command: commands.CommissionCommand, buyer: Buyer) -> list[events.CommissionEvent]:
    if isinstance(command, commands.EndHold):
        return [
            events.CommissionDue(replace(one, is_due=True))
            for one in buyer.commissions.values()
            if one.payment_id == command.payment_id
            and one.amount
            and not one.is_due
            and one.due_at <= command.at
        ]
    if _is_known(command.news, buyer):
        return []
    return [command.news, *changes(evolve(buyer, command.news))]


def _is_known(news: events.News, buyer: Buyer) -> bool:
    match news:
        case events.BuyerSent():
            return news in buyer.sent
        case events.PurchaseCounted(payment_id=payment_id, terms=terms):
            # Where nobody earns anything, nobody has to be remembered.
            nobodys = terms is None and not buyer.sent
            return nobodys or payment_id in buyer.purchases
        case events.ReturnCounted(refund_id=refund_id):
            return refund_id in buyer.returns
        case events.DisputeCounted(payment_id=payment_id, dispute=dispute, number=number):
            known = buyer.disputes.get((payment_id, dispute))
            return known is not None and known.number >= number
        case _:
            assert_never(news)


def evolve(buyer: Buyer, event: events.CommissionEvent) -> Buyer:
    match event:
        case events.BuyerSent():
            return replace(buyer, sent=buyer.sent | {event})
        case events.PurchaseCounted(payment_id=payment_id):
            return replace(buyer, purchases={**buyer.purchases, payment_id: event})
        case events.ReturnCounted(refund_id=refund_id):
            return replace(buyer, returns={**buyer.returns, refund_id: event})
        case events.DisputeCounted(payment_id=payment_id, dispute=dispute):
            disputes = {**buyer.disputes, (payment_id, dispute): event}
            return replace(buyer, disputes=disputes)
        case _:
            one = event.commission
            commissions = {**buyer.commissions, one.commission_id: one}
            return replace(buyer, commissions=commissions)


COMMISSION: Decider[commands.CommissionCommand, Buyer, events.CommissionEvent] = Decider(
    "commission",
    initial=STRANGER,
    decide=decide,
    evolve=evolve,
    commands=commands.CommissionCommand,
    events=events.CommissionEvent,
)
