"""What happened to a checkout."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Literal
from uuid import UUID

from services.billing.agreements import Agreed
from services.billing.debit.events import AccessWhile
from services.billing.discount.events import Reduction
from services.billing.offer.events import MOST_OF_ONE, FixedYear, Interval
from services.billing.payer.events import Instrument
from services.billing.payment.events import ChargedFor, MoneyLine, Reversal
from shared.ids import Code, PersonId
from shared.money import Money
from shared.personal_value import Sealed

WHOLE = 10_000


def tax_in(amount: Money, basis_points: int | None) -> Money | None:
    """What of a gross amount is tax at a rate of the net one, rounded half away from zero; None without a rate."""
    if basis_points is None:
        return None
    return amount.share(Fraction(basis_points, WHOLE + basis_points))


@dataclass(frozen=True, slots=True)
class FirstPeriod:
    """What is left of a fixed year when it is bought: until when, and what one costs for it."""

    price: Money
    until: datetime


@dataclass(frozen=True, slots=True)
class OfferLine:
    """An offer at the price it had when the checkout was opened.

    The buyer named the price where there is a `minimum`. The set-up fee is due at once, whatever the quantity.
    What `wins_back` a subscription that ended costs what that did. What is `free_until` a day is paid for from then on.
    Of the price is tax what a `tax_rate` in basis points says. A trial may begin before a card is given.
    Of a `gift` the quantity are periods, paid for at once; somebody else has them, and no more are charged.
    """

    offer_id: UUID
    tier_id: UUID | None
    price: Money
    interval: Interval
    trial_days: int
    quantity: int
    every: int = 1
    donation: bool = False
    price_version: int = 1
    setup_fee: Money | None = None
    minimum: Money | None = None
    fewest: int = 1
    most: int = MOST_OF_ONE
    reduction: Reduction | None = None
    content_id: UUID | None = None
    seats: bool = False
    wins_back: UUID | None = None
    year: FixedYear | None = None
    first: FirstPeriod | None = None
    free_until: datetime | None = None
    tax_rate: int | None = None
    trial_needs_card: bool = True
    gift: bool = False

    @property
    def thing(self) -> UUID:
        return self.offer_id

    @property
    def recurs(self) -> bool:
        return self.interval != "once" and not self.gift

    @property
    def is_reducible(self) -> bool:
        """Whether the seller names its price, and a code's months could be told from its periods."""
        return self.minimum is None and not self.donation and not self.gift

    @property
    def is_due_later(self) -> bool:
        return bool(self.trial_days or self.free_until)

    @property
    def charged_for(self) -> ChargedFor:
        if self.donation:
            return "donation"
        return "subscription" if self.recurs else "purchase"

    @property
    def full(self) -> Money:
        """What a whole period costs, or the thing itself, before anything is taken off."""
        return self.price * self.quantity

    @property
    def first_full(self) -> Money:
        """What the first period costs, which may be what is left of a year."""
        return self.first.price * self.quantity if self.first else self.full

    def off(self, number: int) -> Money:
        """What a code takes off payment `number`; a trial is no payment."""
        full = self.first_full if number == 1 else self.full
        return self.reduction.off(full, number) if self.reduction else self.price * 0

    @property
    def charges(self) -> tuple[MoneyLine, ...]:
        now = self.price * 0 if self.is_due_later else self.first_full - self.off(1)
        charge = MoneyLine(self.charged_for, now, tax_in(now, self.tax_rate))
        if not self.setup_fee:
            return (charge,)
        return (
            charge,
            MoneyLine("purchase", self.setup_fee, tax_in(self.setup_fee, self.tax_rate)),
        )

    @property
    def due(self) -> Money:
        return sum((charge.amount for charge in self.charges), self.price * 0)

    @property
    def tax(self) -> Money | None:
        """What of that is tax."""
        if self.tax_rate is None:
            return None
        return sum((charge.tax for charge in self.charges if charge.tax), self.price * 0)


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """Seats held for the person, at the price that was signed."""

    hold_id: UUID
    revision: int
    price: Money
    expires_at: datetime
    tax_rate: int | None = None

    @property
    def thing(self) -> UUID:
        return self.hold_id

    @property
    def recurs(self) -> bool:
        return False

    @property
    def charges(self) -> tuple[MoneyLine, ...]:
        return (MoneyLine("ticket", self.price, self.tax),)

    @property
    def due(self) -> Money:
        return self.price

    @property
    def tax(self) -> Money | None:
        return tax_in(self.price, self.tax_rate)


Line = OfferLine | QuoteLine


def charges_of(lines: Sequence[Line]) -> tuple[MoneyLine, ...]:
    """What is due now, one amount for each kind of thing."""
    sums: dict[ChargedFor, MoneyLine] = {}
    for charge in (charge for line in lines for charge in line.charges if charge.amount):
        before = sums.get(charge.charged_for)
        sums[charge.charged_for] = _added(before, charge) if before else charge
    return tuple(sums.values())


def _added(one: MoneyLine, other: MoneyLine) -> MoneyLine:
    taxes = [line.tax for line in (one, other) if line.tax is not None]
    tax = sum(taxes, one.amount * 0) if taxes else None
    return MoneyLine(one.charged_for, one.amount + other.amount, tax)


@dataclass(frozen=True, slots=True)
class Basket:
    """What is bought: `due` is charged now, `charges` says for what; trials are due later."""

    person_id: PersonId
    lines: tuple[Line, ...]
    due: Money
    charges: tuple[MoneyLine, ...]
    account: Code | None
    time_zone: Code
    discount_id: UUID | None = None

    @property
    def recurs(self) -> bool:
        return any(line.recurs for line in self.lines)

    @property
    def on_trial(self) -> bool:
        return bool(self.tried)

    @property
    def needs_card(self) -> bool:
        """Something is due now, or will be without a trial that needs none."""
        recurring = [line for line in self.lines if isinstance(line, OfferLine) and line.recurs]
        sure = [line.trial_needs_card or not line.trial_days for line in recurring]
        return bool(self.due) or any(sure)

    @property
    def tried(self) -> tuple[UUID, ...]:
        """The offers that begin with a trial."""
        offers = (line for line in self.lines if isinstance(line, OfferLine))
        return tuple(line.offer_id for line in offers if line.trial_days)


@dataclass(frozen=True, slots=True)
class CameBy:
    """The `visit` that a buyer handed in `at` a moment, who agreed to be counted; what it is, membership reads."""

    visit: Code
    at: datetime


@dataclass(frozen=True, slots=True)
class CheckoutOpened:
    """A person has chosen, and has until `expires_at` to pay."""

    basket: Basket
    return_url: Code
    expires_at: datetime
    via: CameBy | None = None


@dataclass(frozen=True, slots=True)
class DocumentsAccepted:
    """The buyer agreed to these versions before anything was charged."""

    person_id: PersonId
    documents: tuple[Agreed, ...]


@dataclass(frozen=True, slots=True)
class BeginningAsked:
    """The buyer wants it to begin at once, and knows what becomes of their right of withdrawal.

    `text` is the version of the words by which they said so.
    """

    person_id: PersonId
    text: Code


@dataclass(frozen=True, slots=True)
class PaymentMethodAsked:
    """The card of a subscription, and whatever is debited, has to be kept before anything is charged.

    Who pays by debit `accepted` a mandate; with `access` at once, what recurs begins while the money is on its way.
    It is kept `alone` where nothing is charged yet.
    """

    person_id: PersonId
    attempt: int
    payment_method: Code
    account: Code | None
    accepted: Sealed | None = None
    access: AccessWhile | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class CardTrialAsked:
    """The card is kept, and is to begin a trial of these offers, unless it has had one."""

    attempt: int
    instrument: Instrument
    offers: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class ChargeAsked:
    """What is due is to be charged."""

    person_id: PersonId
    attempt: int
    instrument: Instrument
    due: Money
    charges: tuple[MoneyLine, ...]


@dataclass(frozen=True, slots=True)
class CheckoutActionRequired:
    """The person has to authenticate the payment."""

    attempt: int


@dataclass(frozen=True, slots=True)
class CheckoutProcessing:
    """The money is on its way, which may take days."""

    attempt: int


@dataclass(frozen=True, slots=True)
class AccessTrusted:
    """The debit is on its way, and the seller lets what recurs begin meanwhile."""

    basket: Basket
    instrument: Instrument


@dataclass(frozen=True, slots=True)
class TrustLost:
    """The debit has failed after all: what had begun ends."""

    basket: Basket


@dataclass(frozen=True, slots=True)
class CheckoutDeclined:
    """The attempt failed; another may follow."""

    attempt: int
    code: Code


@dataclass(frozen=True, slots=True)
class CheckoutCompleted:
    """All that was due is paid, even when the money came after the checkout had expired.

    `documents` are those whose versions the buyer accepted in it. Where they asked for it to begin at once,
    `begun_by` is the version of the text by which they did.
    """

    basket: Basket
    instrument: Instrument | None
    documents: tuple[Agreed, ...] = ()
    begun_by: Code | None = None
    via: CameBy | None = None


@dataclass(frozen=True, slots=True)
class CheckoutExpired:
    """It was left unpaid for too long, or given up, or its debit came back after what it paid for had begun."""

    person_id: PersonId
    reason: Literal["timeout", "cancelled", "returned"]


@dataclass(frozen=True, slots=True)
class CodeGivenBack:
    """It has expired, and no money can come of it any more: somebody else may use its code."""

    discount_id: UUID


@dataclass(frozen=True, slots=True)
class CardTrialKept:
    """It is completed by this card, which has had its trial of these offers with it."""

    instrument: Instrument
    offers: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class CardTrialsReleased:
    """No trial was begun by these cards after all."""

    instruments: tuple[Instrument, ...]


@dataclass(frozen=True, slots=True)
class CheckoutReversed:
    """What it paid for these kinds of thing went back, or a bank disputes it or has decided whose it is."""

    basket: Basket
    reversal: Reversal
    kinds: tuple[ChargedFor, ...]
    dispute: Code | None = None


CheckoutEvent = (
    CheckoutOpened
    | DocumentsAccepted
    | BeginningAsked
    | PaymentMethodAsked
    | CardTrialAsked
    | ChargeAsked
    | CheckoutActionRequired
    | CheckoutProcessing
    | AccessTrusted
    | TrustLost
    | CheckoutDeclined
    | CheckoutCompleted
    | CheckoutExpired
    | CodeGivenBack
    | CardTrialKept
    | CardTrialsReleased
    | CheckoutReversed
)
