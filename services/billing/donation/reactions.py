"""Whose checkout is completed is thanked, by a letter whose link is theirs alone."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.billing.checkout.events import CheckoutCompleted
from services.billing.donation import commands
from services.billing.donation.decider import DONATION
from services.billing.donation.events import donation_of
from services.billing.links import OF_LETTER, RECEIPT_LIFE, make_link
from shared.event_store import Fact
from shared.reaction import Action, ActionContext, Ask, Call, Reaction


@dataclass(frozen=True, slots=True)
class MakeReceipt:
    """By which link it is looked at, we say."""

    checkout_id: UUID
    at: datetime


def when_checkout_completed_make_receipt(fact: Fact) -> list[Call]:
    completed: CheckoutCompleted = fact.body
    given = any(charge.charged_for == "donation" for charge in completed.basket.charges)
    return [Call(MakeReceipt(fact.stream_id, fact.at))] if given else []


async def make_receipt(action: MakeReceipt, context: ActionContext) -> Ask:
    secret, until = context.service.secret, action.at + RECEIPT_LIFE
    link = make_link(secret, action.checkout_id, context.community_id, until, OF_LETTER)
    return Ask(DONATION, donation_of(action.checkout_id), commands.ThankDonor(link))


REACTIONS = (
    Reaction(
        "billing.donation.when_checkout_completed_make_receipt",
        CheckoutCompleted,
        when_checkout_completed_make_receipt,
    ),
)

ACTIONS = (Action(MakeReceipt, make_receipt),)
