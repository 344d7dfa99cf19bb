"""All that is due is paid at once and counts once; what is lost later is taken off the next, and never asked back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never
from uuid import UUID

from services.billing.commission.events import Commission
from services.billing.commission_payout import commands, events
from shared.decider import Decider, NotFound, Rejected
from shared.ids import PersonId, derive
from shared.money import Money


def commission_payout_stream(owner: PersonId) -> UUID:
    """The stream of what one owner has coming."""
    return derive(owner, "commission payout")


@dataclass(frozen=True, slots=True)
class Account:
    """Each commission of the owner, with the number of the fact that says so, and what was paid out."""

    booked: Mapping[UUID, tuple[Commission, int]] = field(default_factory=dict)
    paid: Mapping[UUID, Money] = field(default_factory=dict)

    def due(self, currency: str) -> Money:
        """What is to be paid out now; less than nothing where more was paid out than is left."""
        earned = [
            one.amount.minor
            for one, _ in self.booked.values()
            if one.standing == "due" and one.amount.currency == currency
        ]
        paid = [amount.minor for amount in self.paid.values() if amount.currency == currency]
        return Money(sum(earned) - sum(paid), currency)


def decide(
    command: commands.CommissionPayoutCommand, account: Account
) -> list[events.CommissionPayoutEvent]:
    match command:
        case commands.BookCommission(commission, number):
            _, known = account.booked.get(commission.commission_id, (None, 0))
            return [events.CommissionBooked(commission, number)] if number > known else []
        case commands.PayCommissions():
            return _pay(command, account)
        case _:
            assert_never(command)


def _pay(asked: commands.PayCommissions, account: Account) -> list[events.CommissionPayoutEvent]:
    if not account.booked:
        raise NotFound("no_commissions", "This person has earned no commission.")
    before = account.paid.get(asked.receipt_id)
    if before == asked.amount:
        return []
    if before is not None:
        raise Rejected(
            "payout_differs",
            "By this reference another amount was paid to them.",
            pointer="/reference",
        )
    due = account.due(asked.amount.currency)
    if due.minor <= 0:
        raise Rejected("nothing_due", "Nothing is due to them in this currency.", due=due.minor)
    if asked.amount != due:
        raise Rejected(
            "amount_differs", "That is not what is due.", pointer="/amount", due=due.minor
        )
    return [
        events.CommissionsPaid(
            asked.owner, asked.receipt_id, asked.reference, asked.amount, asked.by
        )
    ]


def evolve(account: Account, event: events.CommissionPayoutEvent) -> Account:
    match event:
        case events.CommissionBooked(commission, number):
            booked = {**account.booked, commission.commission_id: (commission, number)}
            return replace(account, booked=booked)
        case events.CommissionsPaid(receipt_id=receipt_id, amount=amount):
            return replace(account, paid={**account.paid, receipt_id: amount})
        case _:
            assert_never(event)


COMMISSION_PAYOUT: Decider[
    commands.CommissionPayoutCommand, Account, events.CommissionPayoutEvent
] = Decider(
    "commission_payout",
    initial=Account(),
    decide=decide,
    evolve=evolve,
    commands=commands.CommissionPayoutCommand,
    events=events.CommissionPayoutEvent,
)
