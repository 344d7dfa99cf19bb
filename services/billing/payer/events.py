"""What happened to a payer: the processor's customer, the card kept there, and what it pays for."""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from shared.ids import Code, PersonId, derive
from shared.personal_value import Sealed

PayerStanding = Literal["known", "shut_out", "forgotten"]
"""Whoever never paid is known as well."""


def payer_of(person_id: UUID) -> UUID:
    """The stream of the payer that a person is."""
    return derive(person_id, "payer")


BY_HAND = Code("by_hand")
"""The payment method of who sends or brings the money; no processor knows it."""

NO_CARD = Code("no_card")
"""The payment method of who tries something before they give a card: nothing can be charged by it."""

HOSTED = Code("hosted_page")
"""The payment method of who chooses one on the processor's own page; which it was, is known once it is paid."""


@dataclass(frozen=True, slots=True)
class Approval:
    """The payer agrees on the processor's own page and comes back to `return_url`; `keep`: to later charges as well."""

    return_url: Code
    keep: bool


@dataclass(frozen=True, slots=True)
class Customer:
    """Who somebody is to a processor, on one seller's account."""

    customer: Code
    account: Code | None


@dataclass(frozen=True, slots=True)
class Mandate:
    """What a payer signed so that their bank account may be debited: the processor's id, and the number banks know."""

    mandate: Code
    reference: Code


@dataclass(frozen=True, slots=True)
class Instrument:
    """The processor's ids of what is charged: its customer when it is kept, and the seller.

    What needs an `approval` is good for the one charge that was agreed to. A bank account is debited under a `mandate`.
    """

    payment_method: Code
    customer: Code | None
    account: Code | None
    approval: Approval | None = None
    mandate: Mandate | None = None

    @property
    def is_by_hand(self) -> bool:
        return self.payment_method == BY_HAND

    @property
    def is_missing(self) -> bool:
        return self.payment_method == NO_CARD


@dataclass(frozen=True, slots=True)
class CheckoutAttempt:
    """Which attempt of which checkout waits for the payment method."""

    checkout_id: UUID
    attempt: int


@dataclass(frozen=True, slots=True)
class PaymentMethodOffered:
    """A person wants to be charged by this payment method from now on; how they `accepted` a mandate, if it debits.

    What it is `only_for` is one subscription: no other is charged by it. Nothing is charged together with what is given
    `alone`.
    """

    person_id: PersonId
    payment_method: Code
    customer: Code | None
    account: Code | None
    checkout: CheckoutAttempt | None
    accepted: Sealed | None = None
    only_for: UUID | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class PaymentMethodSaved:
    """The processor keeps it; it pays for `subscriptions` instead of the one before, until `good_until`."""

    person_id: PersonId
    instrument: Instrument
    checkout: CheckoutAttempt | None
    subscriptions: tuple[UUID, ...]
    good_until: date | None = None
    only_for: UUID | None = None


@dataclass(frozen=True, slots=True)
class PaymentMethodRefused:
    """It will not be kept; `code` says why."""

    person_id: PersonId
    instrument: Instrument
    code: Code
    checkout: CheckoutAttempt | None
    only_for: UUID | None = None


@dataclass(frozen=True, slots=True)
class CustomerAdopted:
    """The processor has another customer of the person, from before; it goes with them as well."""

    person_id: PersonId
    instrument: Instrument


@dataclass(frozen=True, slots=True)
class CardExpiring:
    """A card that pays for something is no longer good from `good_until` on, which is soon."""

    person_id: PersonId
    payment_method: Code
    good_until: date


@dataclass(frozen=True, slots=True)
class SubscriptionLinked:
    """The payer pays for this subscription, and by `instrument` when that was given after its checkout."""

    subscription_id: UUID
    instrument: Instrument | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionUnlinked:
    """The payer no longer pays for this subscription."""

    subscription_id: UUID


@dataclass(frozen=True, slots=True)
class SubscriptionOrphaned:
    """A subscription began for a payer who has been forgotten; it ends."""

    subscription_id: UUID


@dataclass(frozen=True, slots=True)
class PayerForgotten:
    """The person was erased: what they pay for ends, and the customer goes from the processor, with all `others`."""

    person_id: PersonId
    customer: Code | None
    account: Code | None
    subscriptions: tuple[UUID, ...]
    others: tuple[Customer, ...] = ()


@dataclass(frozen=True, slots=True)
class PayerShutOut:
    """The person was banned: the seller's policy says what becomes of what they pay for, or begin to after all."""

    person_id: PersonId
    subscriptions: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class PayerLetIn:
    """The ban is lifted: what ended by it stays ended, and what they begin from now on goes on."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class CustomerLeftBehind:
    """The processor made a customer for somebody forgotten meanwhile; it goes as well."""

    person_id: PersonId
    payment_method: Code
    customer: Code
    account: Code | None
    checkout: CheckoutAttempt | None


@dataclass(frozen=True, slots=True)
class CustomerDeleted:
    """The processor no longer knows the customer, nor any card of theirs."""

    customer: Code


@dataclass(frozen=True, slots=True)
class PayerErased:
    """Nothing of the person is left here or at the processor."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class TrialTaken:
    """The person's one trial goes with this checkout."""

    checkout_id: UUID


@dataclass(frozen=True, slots=True)
class TrialReturned:
    """Its checkout came to nothing: the person may still have a trial."""

    checkout_id: UUID


PayerEvent = (
    PaymentMethodOffered
    | PaymentMethodSaved
    | PaymentMethodRefused
    | CustomerAdopted
    | CardExpiring
    | SubscriptionLinked
    | SubscriptionUnlinked
    | SubscriptionOrphaned
    | PayerForgotten
    | PayerShutOut
    | PayerLetIn
    | CustomerLeftBehind
    | CustomerDeleted
    | PayerErased
    | TrialTaken
    | TrialReturned
)
