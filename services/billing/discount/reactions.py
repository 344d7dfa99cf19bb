"""A code is used when its checkout is paid, and given back when no money can come of it any more."""

from services.billing.checkout.events import CheckoutCompleted, CodeGivenBack
from services.billing.discount import commands
from services.billing.discount.decider import DISCOUNT
from shared.event_store import Fact
from shared.reaction import Ask, Reaction


def when_checkout_completed_redeem_discount(fact: Fact) -> list[Ask]:
    completed: CheckoutCompleted = fact.body
    discount_id = completed.basket.discount_id
    if discount_id is None:
        return []
    return [Ask(DISCOUNT, discount_id, commands.RedeemDiscount(fact.stream_id))]


def when_code_given_back_release_discount(fact: Fact) -> list[Ask]:
    back: CodeGivenBack = fact.body
    return [Ask(DISCOUNT, back.discount_id, commands.ReleaseDiscount(fact.stream_id))]


REACTIONS = (
    Reaction(
        "billing.discount.when_checkout_completed_redeem_discount",
        CheckoutCompleted,
        when_checkout_completed_redeem_discount,
    ),
    Reaction(
        "billing.discount.when_code_given_back_release_discount",
        CodeGivenBack,
        when_code_given_back_release_discount,
    ),
)
