"""What may be asked of the offers to stay."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.billing.exit_survey.events import ExitReason
from services.billing.stay.events import StayRule, StayRulesSet
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class SetStayRules:
    rules: tuple[StayRule, ...]
    once_in_months: int


StayRulesCommand = SetStayRules


@dataclass(frozen=True, slots=True)
class ShowStay:
    """Of their own subscription, whose `payer` they are."""

    person_id: PersonId
    subscription_id: UUID
    payer: PersonId | None


@dataclass(frozen=True, slots=True)
class AcceptStay:
    """The rule of this `number`, from 1; a pause for so many `days`, or as long as it may be."""

    person_id: PersonId
    subscription_id: UUID
    payer: PersonId | None
    began_at: datetime
    rules: StayRulesSet
    number: int
    reason: ExitReason | None
    days: int | None
    at: datetime


StayCommand = ShowStay | AcceptStay
