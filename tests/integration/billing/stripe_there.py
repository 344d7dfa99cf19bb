"""A Stripe to ask: our own double, the same beside Stripe's own stripe-mock, or one that we did not write."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from services.billing.gateways.gateway import IntentOrder
from services.billing.gateways.stripe_gateway import StripeGateway, options
from shared.ids import Code, random_id
from shared.money import Money
from tests.doubles import openapi
from tests.doubles.serving import serving
from tests.doubles.stripe import mock
from tests.doubles.stripe.double import Stripe
from tests.doubles.stripe.judge import Spec
from tests.doubles.stripe.payments import Intent
from tests.integration.billing import cards
from tests.integration.billing.shop import Shop
from tests.integration.events.house import House, Json

KEY = "sk_test_contract"
CLUB = Code("acct_club")
COMMUNITY = UUID(int=2)
ten_euros = Money(1000, "EUR")


@dataclass(frozen=True)
class There:
    """`double` is None where it is not ours, and nothing but its API can be reached."""

    gateway: StripeGateway
    url: str
    double: Stripe | None = None

    @property
    def ours(self) -> Stripe:
        assert self.double is not None, "only the double that is ours can be told to"
        return self.double

    async def card(self, number: str = cards.GOOD, account: Code | None = CLUB) -> Code:
        """A card that somebody has typed into the processor's form."""
        made = await self.gateway.client.v1.payment_methods.create_async(
            {
                "type": "card",
                "card": {"number": number, "exp_month": 12, "exp_year": 2035, "cvc": "123"},
            },
            options(account),
        )
        return Code(made.id)

    async def announced(
        self,
        number: str = cards.GOOD,
        account: Code | None = CLUB,
        payment_id: UUID | None = None,
        amount: Money = ten_euros,
    ) -> Code:
        """An intent for a card of that number."""
        card = await self.card(number, account)
        return await self.gateway.create_intent(order(card, account, payment_id, amount))

    async def paid(self, account: Code | None = CLUB, amount: Money = ten_euros) -> Code:
        intent = await self.announced(account=account, amount=amount)
        outcome = await self.gateway.confirm_intent(intent, NO_CARD, account)
        assert outcome.status == "succeeded"
        return intent


class Witnessed(Shop):
    """A shop beside our own double, which says by itself what it has charged on whichever account."""

    def __init__(self, house: House, there: There) -> None:
        super().__init__(house, there.url)
        self._double = there.ours

    async def charges(self) -> list[Json]:
        every = [one for book in self._double.books.values() for one in book.every(Intent)]
        return [one.shown() for one in every if one.status == "succeeded"]


NO_CARD = Code("pm_on_the_intent")


def order(
    card: Code,
    account: Code | None = CLUB,
    payment_id: UUID | None = None,
    amount: Money = ten_euros,
    customer: Code | None = None,
) -> IntentOrder:
    return IntentOrder(COMMUNITY, payment_id or random_id(), 1, amount, card, customer, account)


@cache
def spec() -> Spec | None:
    """Stripe's own description of its API, where it is at hand."""
    path = openapi.path_of("stripe")
    return Spec.read(path) if path else None


@contextlib.asynccontextmanager
async def ours(
    beside: str | None = None, takes_seconds: float | None = None
) -> AsyncIterator[There]:
    """Our double, with the club's account; `beside` is the address of a stripe-mock that sees all it is asked."""
    async with contextlib.AsyncExitStack() as stack:
        witness = await stack.enter_async_context(mock.Witness(beside)) if beside else None
        double = Stripe(takes_seconds, spec(), witness)
        double.connect(CLUB)
        url = await stack.enter_async_context(serving(double))
        gateway = StripeGateway(KEY, url)
        try:
            yield There(gateway, url, double)
        finally:
            await gateway.close()
            await double.close()
        assert double.wrong == []
        seen = witness.seen if witness else None
        is_seen = double.witness is not None and double.is_asked_rightly
        assert not is_seen or seen == double.asked.total() - double.asked[AUTHENTICATE]


AUTHENTICATE = "POST /v1/payment_intents/{intent}/_authenticate"


@contextlib.asynccontextmanager
async def theirs(url: str) -> AsyncIterator[There]:
    gateway = StripeGateway(KEY, url)
    try:
        yield There(gateway, url)
    finally:
        await gateway.close()
