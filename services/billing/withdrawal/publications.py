"""What the buyer is told on a durable medium: that they asked for it to begin at once, and that they withdrew."""

from services.billing.checkout.events import CheckoutCompleted
from services.billing.withdrawal import events
from shared.contracts.billing_message import MessageRequested
from shared.contracts.contract import MoneyValue
from shared.event_store import Fact
from shared.feature import Publication


def tell_of_beginning(fact: Fact) -> MessageRequested | None:
    """Digital content is only excepted once this was confirmed (article 16(m)(iii))."""
    bought: CheckoutCompleted = fact.body
    if bought.begun_by is None:
        return None
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=bought.basket.person_id,
        template="begun_at_once",
        values={
            "amount": MoneyValue.of(bought.basket.due),
            "on": fact.at,
            "text": bought.begun_by,
        },
    )


def tell_of_withdrawal(fact: Fact) -> MessageRequested:
    declared: events.WithdrawalDeclared = fact.body
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=declared.person_id,
        template="withdrawal_confirmed",
        values={"amount": MoneyValue.of(declared.total), "on": fact.at},
    )


PUBLICATIONS = (
    Publication(CheckoutCompleted, MessageRequested, tell_of_beginning),
    Publication(events.WithdrawalDeclared, MessageRequested, tell_of_withdrawal),
)
