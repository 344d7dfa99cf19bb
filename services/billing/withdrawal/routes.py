"""Seeing until when one may withdraw and what would go back, and withdrawing."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from services.billing.checkout.events import OfferLine
from services.billing.checkout.projections import bought_with
from services.billing.order.events import order_of
from services.billing.payment.events import payment_of
from services.billing.payment.projections import purse_of
from services.billing.subscription.events import subscription_of
from services.billing.subscription.projections import spell_of
from services.billing.withdrawal import commands
from services.billing.withdrawal.decider import WITHDRAWAL
from services.billing.withdrawal.events import withdrawal_of
from services.billing.withdrawals import ends_at
from shared.contracts.contract import MoneyValue
from shared.decider import NotFound
from shared.http import Caller, Written, needs
from shared.merging.persons import all_of
from shared.reaction import Ask

router = APIRouter()


class Withdrawal(BaseModel):
    """`amount` would go back now, with the `tax` in it where a rate was said; what is being used costs more with every
    second where it began at once.
    """

    until: AwareDatetime
    amount: MoneyValue
    tax: MoneyValue | None


@router.get("/checkouts/{checkout_id}/withdrawal", operation_id="preview_withdrawal")
async def preview_withdrawal(
    checkout_id: UUID, caller: Annotated[Caller, needs("person")]
) -> Withdrawal:
    """Refused where withdrawing would be."""
    bought = await _bought(checkout_id, caller)
    declared = await caller.state(WITHDRAWAL, withdrawal_of(checkout_id))
    (would,) = WITHDRAWAL.decide(commands.DeclareWithdrawal(bought, caller.now), declared)
    until = ends_at(bought.at, bought.basket.time_zone)
    tax = MoneyValue.of(would.tax) if would.tax is not None else None
    return Withdrawal(until=until, amount=MoneyValue.of(would.total), tax=tax)


@router.post(
    "/checkouts/{checkout_id}/withdrawal", status_code=202, operation_id="declare_withdrawal"
)
async def declare_withdrawal(
    checkout_id: UUID, caller: Annotated[Caller, needs("person")]
) -> Written:
    """The buyer's own word, without a reason: the money goes back, what it paid for ends, and a letter confirms it."""
    declare = commands.DeclareWithdrawal(await _bought(checkout_id, caller), caller.now)
    return await caller.ask(
        Ask(WITHDRAWAL, withdrawal_of(checkout_id), declare), checkout_id=checkout_id
    )


async def _bought(checkout_id: UUID, caller: Caller) -> commands.Bought:
    service, community_id = caller.service, caller.community_id
    async with caller.read() as connection:
        people = await all_of(connection, caller.person_id)
    bought = await bought_with(service, community_id, checkout_id, people)
    if bought is None:
        raise NotFound("checkout_not_found", "There is no such checkout.")
    order_id, first = order_of(checkout_id), payment_of(checkout_id)
    spells = {}
    for line in bought.basket.lines:
        if isinstance(line, OfferLine) and line.recurs:
            subscription_id = subscription_of(order_id, line.offer_id)
            spell = await spell_of(service, community_id, subscription_id)
            if spell:
                spells[line.offer_id] = spell
    payments = {first, *(each for spell in spells.values() for each, _ in spell.payments)}
    purses = {each: await purse_of(service, community_id, each) for each in payments}
    left = tuple((each, purse) for each, purse in purses.items() if purse)
    spelt = tuple(spells.items())
    return commands.Bought(checkout_id, bought.basket, bought.completed, bought.at, spelt, left)
