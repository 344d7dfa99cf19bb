from services.membership.admission.commands import ChooseAdmission
from services.membership.admission.decider import ADMISSION
from services.membership.admission.events import AdmissionChosen, Question
from shared.ids import Label
from shared.testing import given

why = Question(Label("Why us?"))
level = Question(Label("How well do you play?"), (Label("well"), Label("not yet")), required=False)


def test_everybody_may_join_until_it_is_said_otherwise() -> None:
    given(ADMISSION).when(ChooseAdmission("open")).then_nothing()
    chosen = AdmissionChosen(1, "application", (why, level))
    given(ADMISSION).when(ChooseAdmission("application", (why, level))).then(chosen)
    given(ADMISSION, chosen).when(ChooseAdmission("open")).then(AdmissionChosen(2, "open"))


def test_the_same_choice_again_keeps_its_version() -> None:
    chosen = AdmissionChosen(1, "application", (why,))
    given(ADMISSION, chosen).when(ChooseAdmission("application", (why,))).then_nothing()
    changed = AdmissionChosen(2, "application", (level,))
    given(ADMISSION, chosen).when(ChooseAdmission("application", (level,))).then(changed)


def test_questions_are_asked_of_those_who_apply() -> None:
    given(ADMISSION).when(ChooseAdmission("open", (why,))).then_rejected("nobody_to_ask")
    given(ADMISSION).when(ChooseAdmission("invitation", (why,))).then_rejected("nobody_to_ask")


def test_a_choice_is_between_different_options() -> None:
    for options in (("yes",), ("yes", "yes")):
        one = Question(Label("Well?"), tuple(map(Label, options)))
        given(ADMISSION).when(ChooseAdmission("application", (why, one))).then_rejected("no_choice")
