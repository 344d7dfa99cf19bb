"""tessera.billing.subscription.v1: the life of subscriptions."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.contracts.billing_offer import Interval
from shared.contracts.contract import Contract, MoneyValue

EndReason = Literal[
    "voluntary", "payment_failed", "refunded", "disputed", "migrated", "erased", "banned"
]


class SubscriptionContract(Contract):
    """A fact about one subscription; the key is the subscription. `tier_id` is what it grants, if anything.

    Where there are `seats` it grants it to those to whom the payer gives one, else to the payer.
    """

    topic: ClassVar[str] = "tessera.billing.subscription.v1"
    version: ClassVar[int] = 2

    subscription_id: UUID
    person_id: UUID
    offer_id: UUID
    tier_id: UUID | None
    seats: int = 0


class SubscriptionPlan(BaseModel):
    """What is subscribed to: an offer at a price, so many of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    offer_id: UUID
    tier_id: UUID | None
    price: MoneyValue
    interval: Interval
    every: int
    quantity: int
    recurring: MoneyValue
    seats: int = 0


class TrialStarted(SubscriptionContract):
    """A trial began: access without revenue until `trial_ends_at`."""

    trial_ends_at: AwareDatetime


class SubscriptionActivated(SubscriptionContract):
    """It became paying: the first payment of `price` per `every` intervals (times `quantity`) arrived.

    What is `migrated` was paying elsewhere since `occurred_at`: nobody is welcomed, and no revenue is new.
    """

    version: ClassVar[int] = 4

    price: MoneyValue
    interval: Interval
    every: int = 1
    quantity: int
    charged_for: Literal["subscription", "donation"] = "subscription"
    recurring: MoneyValue | None = None
    charged: MoneyValue | None = None
    period_start: AwareDatetime
    period_end: AwareDatetime
    source: Literal["bought", "migrated"] = "bought"


class SubscriptionRenewed(SubscriptionContract):
    """The next period is paid."""

    version: ClassVar[int] = 3

    price: MoneyValue
    recurring: MoneyValue | None = None
    charged: MoneyValue | None = None
    period_start: AwareDatetime
    period_end: AwareDatetime


class SubscriptionPastDue(SubscriptionContract):
    """A renewal was declined; it will be tried again."""


class SubscriptionRecovered(SubscriptionContract):
    """A past-due subscription was paid after all."""


class CancellationScheduled(SubscriptionContract):
    """It will end at `ends_at` unless the cancellation is withdrawn."""

    ends_at: AwareDatetime


class CancellationWithdrawn(SubscriptionContract):
    """It goes on."""


class SubscriptionSuspended(SubscriptionContract):
    """It goes on, but what it grants is withheld: a payment is disputed, or has not come in time."""

    cause: Literal["disputed", "unpaid"]


class SubscriptionReinstated(SubscriptionContract):
    """What it grants is had again."""


class SubscriptionChanged(SubscriptionContract):
    """It was `before` and is `after` from now on; `offer_id` and `tier_id` are those of `after`."""

    before: SubscriptionPlan
    after: SubscriptionPlan
    charged: MoneyValue | None


class SubscriptionPaused(SubscriptionContract):
    """Nothing is granted and nothing charged until it goes on, by itself at `resumes_at`."""

    resumes_at: AwareDatetime


class SubscriptionResumed(SubscriptionContract):
    """It goes on; what was left of its period, or of its trial, lasts until `period_end`."""

    recurring: MoneyValue | None
    period_end: AwareDatetime


class SubscriptionEnded(SubscriptionContract):
    """It ended; what it granted ends with it. `was_paying` is false for a trial that never paid.

    `balance` is what changes had left for the next bill: owed, and waived, or where it is negative a credit, which is
    kept for who comes back in time.
    """

    version: ClassVar[int] = 4

    reason: EndReason
    was_paying: bool
    balance: MoneyValue | None = None
