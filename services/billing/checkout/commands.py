"""What may be asked of a checkout."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.billing.agreements import NONE, Agreed, Agreements
from services.billing.checkout.events import Line
from services.billing.debit.events import AccessWhile
from services.billing.discount.events import Discount
from services.billing.payer.events import Instrument
from services.billing.payment.events import ChargedFor, Reversal
from shared.ids import Code, PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class OpenCheckout:
    """`trial` is the checkout with which the person has had a trial; they may also want none.

    `agreed` are the documents they accept, of what there is to agree to; `begin_by` is the text by which they ask for
    it to begin at once. An organisation buys `seats_only`. They came `via` a visit to a link, and agree to be counted.
    Of the seats, those are `paid_for` already.
    """

    person_id: PersonId
    lines: tuple[Line, ...]
    account: Code | None
    time_zone: Code
    return_url: Code
    origin: Code
    at: datetime
    discount: Discount | None = None
    trial: UUID | None = None
    without_trial: bool = False
    seats_only: bool = False
    agreements: Agreements = NONE
    agreed: tuple[Agreed, ...] = ()
    begin_by: Code | None = None
    via: Code | None = None
    paid_for: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Debit:
    """How the payer `accepted` the mandate, and whether the seller takes debits: `access` is None where not."""

    accepted: Sealed
    access: AccessWhile | None


@dataclass(frozen=True, slots=True)
class AcceptDocuments:
    """The buyer agrees to these, whichever way they pay then."""

    person_id: PersonId
    agreements: Agreements
    agreed: tuple[Agreed, ...]
    at: datetime
    begin_by: Code | None = None


@dataclass(frozen=True, slots=True)
class PayCheckout:
    """`by_hand` when the seller takes money that is sent or brought.

    On the account `agree_at` the payer agrees on the processor's own page, and where it is `hosted` on that of the one
    that takes cards. Who pays by a `debit` signs a mandate.
    """

    person_id: PersonId
    payment_method: Code
    at: datetime
    by_hand: bool = False
    agree_at: Code | None = None
    debit: Debit | None = None
    hosted: bool = False
    agreements: Agreements = NONE
    agreed: tuple[Agreed, ...] = ()
    begin_by: Code | None = None


@dataclass(frozen=True, slots=True)
class CancelCheckout:
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class ExpireCheckout:
    pass


@dataclass(frozen=True, slots=True)
class UseKeptCard:
    """The payment method of this attempt is kept."""

    attempt: int
    instrument: Instrument


@dataclass(frozen=True, slots=True)
class AllowTrial:
    """The card of this attempt has not had the trial before."""

    attempt: int


@dataclass(frozen=True, slots=True)
class AwaitAction:
    """The person has to authenticate."""

    attempt: int


@dataclass(frozen=True, slots=True)
class AwaitMoney:
    """The money is on its way."""

    attempt: int


@dataclass(frozen=True, slots=True)
class StopAwaiting:
    """Money that was to be sent or brought never came."""

    attempt: int


@dataclass(frozen=True, slots=True)
class DeclineAttempt:
    attempt: int
    code: Code
    at: datetime


@dataclass(frozen=True, slots=True)
class CompleteCheckout:
    """The money has arrived, and what it came by may be kept."""

    kept: Instrument | None = None


@dataclass(frozen=True, slots=True)
class RecordWithdrawal:
    """What was being charged is not, and will not be."""


@dataclass(frozen=True, slots=True)
class RecordReversal:
    """All that was paid for these kinds of thing went back, or a bank has a word in it."""

    reversal: Reversal
    kinds: tuple[ChargedFor, ...]
    dispute: Code | None = None


CheckoutCommand = (
    OpenCheckout
    | AcceptDocuments
    | PayCheckout
    | CancelCheckout
    | ExpireCheckout
    | UseKeptCard
    | AllowTrial
    | AwaitAction
    | AwaitMoney
    | StopAwaiting
    | DeclineAttempt
    | CompleteCheckout
    | RecordWithdrawal
    | RecordReversal
)
