"""What may be asked of the question why somebody leaves."""

from dataclasses import dataclass
from uuid import UUID

from services.billing.exit_survey.events import ExitReason
from services.billing.payer.events import PayerStanding
from services.billing.subscription.events import EndReason, Source
from shared.ids import Code, Label, PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class AnswerExit:
    """`payer` is whose subscription it is, None where there is none; `is_leaving`: it ended, or is cancelled."""

    subscription_id: UUID
    by: PersonId
    payer: PersonId | None
    is_leaving: bool
    reason: ExitReason
    comment: Sealed | None
    tell_me: bool = False


@dataclass(frozen=True, slots=True)
class DropExitAnswer:
    pass


@dataclass(frozen=True, slots=True)
class ThinkOfAsking:
    """They had time to say why by themselves."""

    subscription_id: UUID
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class AskWhy:
    """What they leave, as it stands now: `payer` is None once nobody does. `offer` is its name, `link` the letter's."""

    subscription_id: UUID
    payer: PersonId | None
    standing: PayerStanding
    ended_for: EndReason | None
    source: Source
    is_organisation: bool
    offer: Label | None
    link: Code


ExitSurveyCommand = AnswerExit | DropExitAnswer | ThinkOfAsking | AskWhy
