"""What money does to an account's balance, and what the platform keeps of it."""

from dataclasses import dataclass
from typing import ClassVar

from tests.doubles.stripe.forms import text
from tests.doubles.stripe.world import Book, Json, World, listing, retrieving

TRANSACTIONS, FEES = "/v1/balance_transactions", "/v1/application_fees"
PER_CENT, FLAT = 1.5, 25
FOR_A_DISPUTE = 2000
CATEGORIES = {"adjustment": "dispute", "payment_refund": "refund"}


@dataclass(slots=True)
class Transaction:
    """`fee` is Stripe's and the platform's together."""

    kind: ClassVar[str] = "balance_transaction"
    prefix: ClassVar[str] = "txn"
    id: str
    created: int
    type: str
    amount: int
    currency: str
    source: str
    stripe_fee: int = 0
    application_fee: int = 0

    def shown(self) -> Json:
        fees = {"stripe_fee": self.stripe_fee, "application_fee": self.application_fee}
        details = [
            {
                "amount": amount,
                "application": None,
                "currency": self.currency,
                "description": None,
                "type": kind,
            }
            for kind, amount in fees.items()
            if amount
        ]
        fee = sum(fees.values())
        return {
            "id": self.id,
            "object": "balance_transaction",
            "amount": self.amount,
            "available_on": self.created,
            "balance_type": "payments",
            "created": self.created,
            "currency": self.currency,
            "description": None,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": details,
            "net": self.amount - fee,
            "reporting_category": CATEGORIES.get(self.type, self.type),
            "source": self.source,
            "status": "available",
            "type": self.type,
        }


@dataclass(slots=True)
class Fee:
    """Kept by the platform of a charge on another's account, in the platform's own book."""

    kind: ClassVar[str] = "application_fee"
    prefix: ClassVar[str] = "fee"
    id: str
    created: int
    account: str
    amount: int
    currency: str
    charge: str
    refunded: int = 0

    def shown(self) -> Json:
        refunds = {"object": "list", "data": [], "has_more": False}
        return {
            "id": self.id,
            "object": "application_fee",
            "account": self.account,
            "amount": self.amount,
            "amount_refunded": self.refunded,
            "application": "ca_of_the_platform",
            "balance_transaction": None,
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "fee_source": {"type": "charge", "charge": self.charge},
            "livemode": False,
            "originating_transaction": None,
            "refunded": self.refunded == self.amount,
            "refunds": refunds | {"url": f"{FEES}/{self.id}/refunds"},
        }


def book_charge(
    world: World, book: Book, source: str, amount: int, currency: str, application_fee: int
) -> Transaction:
    fee = round(amount * PER_CENT / 100) + FLAT
    return book_money(world, book, "charge", amount, currency, source, fee, application_fee)


def book_money(
    world: World,
    book: Book,
    kind: str,
    amount: int,
    currency: str,
    source: str,
    stripe_fee: int = 0,
    application_fee: int = 0,
) -> Transaction:
    made = Transaction(
        world.new_id(Transaction),
        world.seconds,
        kind,
        amount,
        currency,
        source,
        stripe_fee,
        application_fee,
    )
    return book.put(made)


def book_fee(world: World, book: Book, charge: str, amount: int, currency: str) -> Fee:
    assert book.account is not None, "a platform pays itself no fee"
    fee = Fee(world.new_id(Fee), world.seconds, book.account, amount, currency, charge)
    world.tell(world.platform, "application_fee.created", fee)
    return world.platform.put(fee)


OPERATIONS = (
    listing(TRANSACTIONS, Transaction, source=text, type=text, currency=text),
    retrieving(TRANSACTIONS + "/{id}", Transaction, "id"),
    listing(FEES, Fee, charge=text),
    retrieving(FEES + "/{id}", Fee, "id"),
)
