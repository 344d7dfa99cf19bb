from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.membership.admission.events import Question
from services.membership.application.commands import (
    AcceptApplication,
    ExpireApplication,
    Given,
    RefuseApplication,
    SendApplication,
    WithdrawApplication,
)
from services.membership.application.decider import (
    APPLICATION,
    PATIENCE,
    UNTIL_AGAIN,
    applicant_of,
    application_stream,
)
from services.membership.application.events import (
    Agreed,
    Answer,
    ApplicationAccepted,
    ApplicationExpired,
    ApplicationRefused,
    ApplicationSent,
    ApplicationWithdrawn,
)
from services.membership.tier.events import TierId
from shared.ids import AccountId, Code, Label, PersonId
from shared.personal_value import Sealed
from shared.testing import given
from tests.unit.membership.documents import agreed, named, silent

noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
olga, ada = (AccountId(UUID(int=number)) for number in (1, 2))
person = PersonId(UUID(int=3))
free = TierId(UUID(int=4))
name, email, words, choice = (
    Sealed(PersonId(UUID(int=5)), "profile", Code(f"sealed-{what}"))
    for what in ("name", "email", "words", "choice")
)
why = Question(Label("Why us?"))
level = Question(Label("How well?"), (Label("well"), Label("not yet")), required=False)

send = SendApplication(
    account_id=ada,
    name=name,
    email=email,
    email_is_own=True,
    language="fr",
    answers=(Given(words), Given(choice, option=1)),
    version=2,
    way="application",
    asked=(why, level),
    asked_version=2,
    member="unknown",
    at=noon,
)
answers = (Answer(why.text, words), Answer(level.text, choice))
sent = ApplicationSent(1, ada, name, email, "fr", answers, noon + PATIENCE)
accept = AcceptApplication(1, olga, person, name, email, answers, (free,), "unknown")
accepted = ApplicationAccepted(1, olga, ada, person, name, email, "fr", answers, (free,))
refused = ApplicationRefused(1, olga, noon + UNTIL_AGAIN)
refuse = RefuseApplication(olga, noon)
withdrawn, expired = ApplicationWithdrawn(1), ApplicationExpired(1)


def test_who_has_answered_waits_for_sixty_days() -> None:
    given(APPLICATION).when(send).then(sent)
    optional = replace(send, answers=(Given(words), Given(None)))
    left_open = replace(sent, answers=(answers[0], Answer(level.text, None)))
    given(APPLICATION).when(optional).then(left_open)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"email_is_own": False}, "not_your_email"),
        ({"member": "joined"}, "already_member"),
        ({"member": "banned"}, "banned"),
        ({"way": "open"}, "nothing_to_apply_for"),
        ({"way": "invitation"}, "by_invitation"),
        ({"version": 1}, "questions_changed"),
        ({"answers": (Given(words),)}, "other_questions"),
        ({"answers": (Given(None), Given(None))}, "answer_missing"),
        ({"answers": (Given(words), Given(choice))}, "not_an_option"),
    ],
)
def test_nobody_applies_who(wrong: dict[str, object], code: str) -> None:
    given(APPLICATION).when(replace(send, **wrong)).then_rejected(code)  # type: ignore[arg-type]  # any one field


def test_who_left_may_apply_again() -> None:
    given(APPLICATION).when(replace(send, member="left")).then(sent)


def test_one_waits_once() -> None:
    given(APPLICATION, sent).when(send).then_rejected("application_waiting")


def test_who_was_refused_may_apply_again_after_thirty_days() -> None:
    early = replace(send, at=noon + UNTIL_AGAIN / 2)
    given(APPLICATION, sent, refused).when(early).then_rejected("refused_lately")
    late = replace(send, at=noon + UNTIL_AGAIN)
    again = replace(sent, number=2, expires_at=late.at + PATIENCE)
    given(APPLICATION, sent, refused).when(late).then(again)


def test_who_withdrew_or_was_not_answered_may_apply_again_at_once() -> None:
    for over in (withdrawn, expired):
        given(APPLICATION, sent, over).when(send).then(replace(sent, number=2))


def test_staff_say_yes_once_to_what_they_have_read() -> None:
    given(APPLICATION, sent).when(accept).then(accepted)
    given(APPLICATION, sent, accepted).when(accept).then_nothing()
    again = (sent, withdrawn, replace(sent, number=2))
    given(APPLICATION, *again).when(accept).then_rejected("another_application")
    given(APPLICATION, sent).when(replace(accept, member="banned")).then_rejected("banned")


def test_staff_say_no_once() -> None:
    given(APPLICATION, sent).when(refuse).then(refused)
    given(APPLICATION, sent, refused).when(refuse).then_nothing()


def test_what_is_over_is_answered_no_more() -> None:
    for over in (withdrawn, expired, refused):
        given(APPLICATION, sent, over).when(accept).then_rejected("not_waiting")
    for closed in (withdrawn, expired, accepted):
        given(APPLICATION, sent, closed).when(refuse).then_rejected("not_waiting")


def test_it_is_withdrawn_while_it_waits() -> None:
    given(APPLICATION, sent).when(WithdrawApplication()).then(withdrawn)
    for over in (withdrawn, expired, accepted):
        given(APPLICATION, sent, over).when(WithdrawApplication()).then_nothing()


def test_what_was_refused_is_withdrawn_too_and_may_be_sent_again_no_sooner() -> None:
    given(APPLICATION, sent, refused).when(WithdrawApplication()).then(withdrawn)
    history = (sent, refused, withdrawn)
    given(APPLICATION, *history).when(WithdrawApplication()).then_nothing()
    given(APPLICATION, *history).when(send).then_rejected("refused_lately")


def test_it_runs_out_while_it_waits_and_not_for_an_earlier_one() -> None:
    given(APPLICATION, sent).when(ExpireApplication(1)).then(expired)
    given(APPLICATION, sent, accepted).when(ExpireApplication(1)).then_nothing()
    again = (sent, withdrawn, replace(sent, number=2))
    given(APPLICATION, *again).when(ExpireApplication(1)).then_nothing()


def test_nothing_is_answered_that_nobody_asked() -> None:
    for command in (accept, refuse, ExpireApplication(1)):
        given(APPLICATION).when(command).then_rejected("application_not_found")


def test_who_never_applied_has_nothing_to_withdraw() -> None:
    given(APPLICATION).when(WithdrawApplication()).then_nothing()


def test_each_application_of_an_account_is_sealed_by_itself() -> None:
    stream = application_stream(UUID(int=9), ada)
    assert stream == application_stream(UUID(int=9), ada) != application_stream(UUID(int=8), ada)
    assert applicant_of(stream, 1) != applicant_of(stream, 2)


def test_who_applies_agrees_to_what_is_asked_and_it_holds_once_they_are_taken_in() -> None:
    without, agreeing = replace(send, agreement=silent), replace(send, agreement=agreed)
    given(APPLICATION).when(without).then_rejected("documents_not_accepted")
    terms = (Agreed("terms", 2),)
    given(APPLICATION).when(agreeing).then(replace(sent, agreed=terms))
    given(APPLICATION, replace(sent, agreed=terms)).when(accept).then(
        replace(accepted, agreed=terms)
    )


def test_what_was_replaced_is_not_agreed_to_by_applying() -> None:
    old = replace(agreed, named=(replace(named, number=1),))
    given(APPLICATION).when(replace(send, agreement=old)).then_rejected("document_replaced")
