"""What may be asked of a community's door."""

from dataclasses import dataclass

from services.membership.admission.events import Question, Way


@dataclass(frozen=True, slots=True)
class ChooseAdmission:
    way: Way
    questions: tuple[Question, ...] = ()


AdmissionCommand = ChooseAdmission
