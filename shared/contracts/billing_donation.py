"""tessera.billing.donation.v1: what people give without an account, and that they want to be forgotten."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.contract import Contract, MoneyValue


class DonationContract(Contract):
    """A fact about one donation of a guest; the key is the donation."""

    topic: ClassVar[str] = "tessera.billing.donation.v1"

    person_id: UUID


class DonationReceived(DonationContract):
    """Its first money has come; of one by the month, `PaymentSucceeded` tells the others."""

    offer_id: UUID
    amount: MoneyValue
    recurs: bool


class DonorErasureAsked(DonationContract):
    """Who has the link of the letter wants all services to forget them."""
