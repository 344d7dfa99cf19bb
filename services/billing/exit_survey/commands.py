"""What may be asked of the question why somebody leaves."""

from dataclasses import dataclass
from uuid import UUID

from services.billing.exit_survey.events import ExitReason
from shared.ids import PersonId
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


ExitSurveyCommand = AnswerExit | DropExitAnswer
