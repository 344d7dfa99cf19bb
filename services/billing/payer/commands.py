"""What may be asked of a payer."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.billing.payer.events import CheckoutAttempt, Instrument, Mandate
from shared.ids import Code, PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class SavePaymentMethod:
    """`only_for` is the one subscription that it is given for; None where it replaces for all.

    Nothing is charged together with what is given `alone`: its bank is asked now for later charges.
    """

    person_id: PersonId
    payment_method: Code
    account: Code | None
    checkout: CheckoutAttempt | None = None
    accepted: Sealed | None = None
    only_for: UUID | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class RecordPaymentMethod:
    """The processor keeps the payment method for this customer; a card is good until some day."""

    person_id: PersonId
    payment_method: Code
    customer: Code
    account: Code | None
    checkout: CheckoutAttempt | None
    good_until: date | None = None
    mandate: Mandate | None = None
    only_for: UUID | None = None


@dataclass(frozen=True, slots=True)
class RecordKept:
    """The processor kept, with the payment of a checkout, what that was paid by."""

    person_id: PersonId
    instrument: Instrument
    checkout: CheckoutAttempt


@dataclass(frozen=True, slots=True)
class RecordRefusal:
    """The processor made the customer, but will not keep the payment method."""

    person_id: PersonId
    payment_method: Code
    customer: Code
    account: Code | None
    code: Code
    checkout: CheckoutAttempt | None
    only_for: UUID | None = None


@dataclass(frozen=True, slots=True)
class AdoptCustomer:
    """The seller's own billing had this customer at the processor, whose card pays for what is taken over.

    Or a form was opened for them there: then there is no card yet.
    """

    person_id: PersonId
    instrument: Instrument
    good_until: date | None


@dataclass(frozen=True, slots=True)
class WarnOfExpiry:
    person_id: PersonId
    payment_method: Code
    good_until: date


@dataclass(frozen=True, slots=True)
class LinkSubscription:
    """Who chose to pay `by_hand`, or on another `account`, is not charged by a card that is there."""

    subscription_id: UUID
    by_hand: bool = False
    account: Code | None = None


@dataclass(frozen=True, slots=True)
class UnlinkSubscription:
    subscription_id: UUID


@dataclass(frozen=True, slots=True)
class ForgetPayer:
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class ShutOutPayer:
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class LetPayerIn:
    """The ban is lifted: what they begin to pay for from now on is theirs."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class RecordDeletion:
    """The processor has deleted the customer."""

    person_id: PersonId
    customer: Code


@dataclass(frozen=True, slots=True)
class TakeTrial:
    """A checkout with a trial is about to be paid."""

    checkout_id: UUID


@dataclass(frozen=True, slots=True)
class ConfirmTrial:
    """A checkout with a trial is completed, be it after it had expired."""

    checkout_id: UUID


@dataclass(frozen=True, slots=True)
class ReturnTrial:
    """The checkout has expired."""

    checkout_id: UUID


PayerCommand = (
    SavePaymentMethod
    | RecordPaymentMethod
    | RecordKept
    | RecordRefusal
    | AdoptCustomer
    | WarnOfExpiry
    | LinkSubscription
    | UnlinkSubscription
    | ForgetPayer
    | ShutOutPayer
    | LetPayerIn
    | RecordDeletion
    | TakeTrial
    | ConfirmTrial
    | ReturnTrial
)
