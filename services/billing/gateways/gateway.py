"""What billing asks of a payment processor, in words that are no vendor's."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, NamedTuple, Protocol
from uuid import UUID

from services.billing.comparison import RefundThere
from shared.event_store import Unavailable
from shared.ids import Code
from shared.money import Money


class ProcessorUnavailable(Unavailable):
    """The processor cannot answer now: nothing is known of the outcome, and the same may be asked again."""


def refund_named(mark: Any) -> UUID | None:
    """Which refund of ours it is, as we wrote it there; None where something else is written, or nothing."""
    try:
        return UUID(mark)
    except (TypeError, ValueError, AttributeError):
        return None


class Declined(Exception):
    """The processor says no. `final`: asking again with the same card is of no use."""

    def __init__(self, code: Code, *, final: bool) -> None:
        super().__init__(code)
        self.code = code
        self.final = final


class AskedBefore(Declined):
    """Its key was used before, for something else: what that has made is looked for, and nothing is tried again."""

    def __init__(self) -> None:
        super().__init__(Code("asked_before"), final=False)


class IfThere:
    """What is not at the processor, or no longer, ends what was to be done with it and raises nothing."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, gone: BaseException | None, _trace: object) -> bool:
        return isinstance(gone, Declined) and gone.code == "resource_missing"


class Subject(NamedTuple):
    """What a report is about, as we wrote it on the intent when we made it."""

    community_id: UUID
    payment_id: UUID
    intent: Code


@dataclass(frozen=True, slots=True)
class Kept:
    """What the payer agreed to be charged by later on, by the processor's ids."""

    payment_method: Code
    customer: Code


class Acceptance(NamedTuple):
    """When a payer agreed to a mandate, and from which address and browser: a bank may ask to be shown."""

    at: datetime
    address: str
    agent: str


class Signed(NamedTuple):
    """A mandate: the processor's id of it, and the number that banks know it by."""

    mandate: Code
    reference: Code


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where an intent stands; `untouched` means that nobody has confirmed it.

    `approved`: the payer has agreed on the processor's own page, and confirming it collects the money. A processor that
    says how much it has collected says so in `amount`, and in `kept` what came of a wish to keep. What was collected on
    its page has an id of its own, `collected_as`. Of it, the platform has `platform_fee`.
    """

    status: Literal[
        "untouched",
        "requires_action",
        "approved",
        "processing",
        "succeeded",
        "failed",
        "cancelled",
    ]
    code: Code | None = None
    final: bool = False
    amount: Money | None = None
    kept: Kept | None = None
    collected_as: Code | None = None
    platform_fee: Money | None = None


@dataclass(frozen=True, slots=True)
class PayerStep:
    """What the payer's browser needs to agree: a secret for the processor's form, or its own page."""

    client_secret: Code | None = None
    url: Code | None = None


@dataclass(frozen=True, slots=True)
class IntentOrder:
    """What to charge, on whose account, and what the processor is to remember of it.

    Who agrees on the processor's own page comes back to `return_url`; `keep`: and agrees to later charges, with their
    bank as well, which so asks for them now and not when they are away. A `debit` is
    of a bank account, under the mandate that was signed when it was kept.
    """

    community_id: UUID
    payment_id: UUID
    attempt: int
    amount: Money
    payment_method: Code
    customer: Code | None
    account: Code | None
    return_url: Code | None = None
    keep: bool = False
    debit: bool = False


@dataclass(frozen=True, slots=True)
class Disputed:
    """A dispute as it stands, and whose payment it is about, as we wrote it on the intent."""

    community_id: UUID
    payment_id: UUID
    intent: Code
    amount: Money
    reason: str
    standing: Literal["inquiry", "open", "won", "lost", "dropped"]
    respond_by: datetime | None


class PaymentGateway(Protocol):
    """One processor. Every method raises ProcessorUnavailable; repeating any of them is harmless."""

    async def delete_customer(self, customer: Code, account: Code | None) -> None:
        """Delete the customer and every card of theirs."""
        ...

    async def create_intent(self, order: IntentOrder) -> Code:
        """Announce a charge without making it; Declined when the processor will not hear of it."""
        ...

    async def confirm_intent(
        self, intent: Code, payment_method: Code, account: Code | None, *, away: bool = False
    ) -> Outcome:
        """Make the announced charge: the one call that moves money; the payer may be `away`, and not be asked."""
        ...

    async def fetch_intent(self, intent: Code, account: Code | None) -> Outcome:
        """Where the charge stands now."""
        ...

    async def cancel_intent(self, intent: Code, account: Code | None) -> Outcome:
        """Make sure it is never charged, or say that it was."""
        ...

    async def payer_step(self, intent: Code, account: Code | None) -> PayerStep:
        """What the payer's browser needs to agree to a charge."""
        ...

    async def refund(
        self,
        intent: Code,
        account: Code | None,
        refund_id: UUID,
        amount: Money,
        *,
        with_fee: bool = False,
    ) -> Code:
        """Send money back, `with_fee` the platform's part in proportion; Declined when the processor will not."""
        ...

    async def find_refund(self, intent: Code, account: Code | None, refund_id: UUID) -> Code | None:
        """The refund that was made under this id, if it was."""
        ...

    async def refunds(self, intent: Code, account: Code | None) -> tuple[RefundThere, ...]:
        """What has gone back of a charge, whoever asked for it; not what may still fail, or has failed."""
        ...

    async def refunded(self, about: Code, account: Code | None) -> Subject | None:
        """Whose payment it is that a refund is reported of; None for what we did not charge."""
        ...

    async def fetch_dispute(self, dispute: Code, account: Code | None) -> Disputed | None:
        """How a dispute stands now, None when it is about nothing that we charged."""
        ...


class CardGateway(PaymentGateway, Protocol):
    """One that also keeps cards given by themselves."""

    async def create_customer(self, person_id: UUID, account: Code | None) -> Code:
        """A customer that keeps cards; the processor learns no name and no address."""
        ...

    async def keep(
        self,
        payment_method: Code,
        customer: Code,
        account: Code | None,
        wish: UUID,
        *,
        alone: bool = False,
    ) -> date | None:
        """Have the customer keep a payment method for later charges; Declined when it will not.

        Of one that is given `alone` its bank is asked whether it may be charged later: where that wants to hear it of
        the payer, it is Declined by `authentication_required`, unless it came by a form of the processor's.
        The answer is the first day on which a card is no longer good, None where nothing expires.
        A repeat of the same `wish` gets the same answer; another wish may fare better.
        """
        ...

    async def open_form(self, customer: Code, account: Code | None, wish: UUID) -> Code:
        """The secret of a form in which the customer gives a card, and agrees with their bank to later charges."""
        ...

    async def keep_debit(
        self,
        payment_method: Code,
        customer: Code,
        account: Code | None,
        wish: UUID,
        acceptance: Acceptance,
    ) -> Signed:
        """Have the customer keep a bank account, with the mandate to debit it; Declined when it will not."""
        ...

    async def takes_debits(self, account: Code | None) -> bool:
        """Whether bank accounts may be debited for this account."""
        ...

    async def fingerprint(self, payment_method: Code, account: Code | None) -> Code | None:
        """What two payment methods have in common that are the same card or bank account; None where nothing does."""
        ...
