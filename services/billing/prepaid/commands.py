"""What may be asked of somebody who has paid elsewhere until a day."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.billing.prepaid.events import Occasion
from shared.ids import Code, Label, PersonId

Standing = Literal["none", "open", "underway", "subscribed"]
"""How they stand with the offer: by the checkout that was opened last, or because they have it, or its tier."""


@dataclass(frozen=True, slots=True)
class HearPrepaid:
    """Membership has brought them; with `at_once` they are written to now as well."""

    person_id: PersonId
    offer_id: UUID
    until: datetime
    at_once: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class WritePrepaid:
    occasion: Occasion
    until: datetime


@dataclass(frozen=True, slots=True)
class TellPrepaid:
    """By which link, and the name of the offer: None once it is not sold."""

    occasion: Occasion
    until: datetime
    offer: Label | None
    link: Code
    standing: Standing


@dataclass(frozen=True, slots=True)
class OpenPrepaidCheckout:
    """`last` is the checkout by which they stand like that."""

    checkout_id: UUID
    standing: Standing
    last: UUID | None


@dataclass(frozen=True, slots=True)
class PayPrepaidCheckout:
    """Nothing is recorded here: what was subscribed to meanwhile is not paid for twice."""

    standing: Standing
    last: UUID | None


@dataclass(frozen=True, slots=True)
class LetPrepaidGo:
    person_id: PersonId
    at: datetime


PrepaidCommand = (
    HearPrepaid
    | WritePrepaid
    | TellPrepaid
    | OpenPrepaidCheckout
    | PayPrepaidCheckout
    | LetPrepaidGo
)
