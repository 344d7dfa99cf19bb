from uuid import UUID

from services.membership.direct.commands import (
    AskDirect,
    GiveUpDirect,
    RecordDirect,
    RecordDirectReport,
)
from services.membership.direct.decider import DIRECT
from services.membership.direct.events import (
    DirectAsked,
    DirectDelivered,
    DirectNotSent,
    DirectSent,
    MailInsteadAsked,
)
from services.membership.preference.events import Mail
from shared.ids import Code, PersonId
from shared.testing import given

ada, message = PersonId(UUID(int=1)), UUID(int=2)
template = Code("goal_reminder")
sent = DirectSent(ada, message, "discord", template)
closed = DirectNotSent(ada, message, "discord", template, "messages_closed")
asked = MailInsteadAsked(ada, message)


def asked_for(mail: Mail) -> DirectAsked:
    return DirectAsked(ada, message, template, ("discord",), mail)


refuse = RecordDirect("discord", "messages_closed")
take = RecordDirect("discord")


def test_a_message_is_asked_for_once() -> None:
    ask = AskDirect(ada, message, template, ("discord",), "too", None)
    given(DIRECT).when(ask).then(asked_for("too"))
    given(DIRECT, asked_for("too")).when(ask).then_nothing()
    given(DIRECT).when(take).then_nothing()


def test_what_was_taken_is_known() -> None:
    given(DIRECT, asked_for("instead")).when(take).then(sent)


def test_what_nobody_took_goes_by_mail_instead() -> None:
    given(DIRECT, asked_for("instead")).when(refuse).then(closed, asked)


def test_what_goes_by_mail_too_or_must_not_is_not_asked_of_it_again() -> None:
    given(DIRECT, asked_for("too")).when(refuse).then(closed)
    given(DIRECT, asked_for("never")).when(refuse).then(closed)


def test_a_channel_has_one_word() -> None:
    given(DIRECT, asked_for("instead"), sent).when(refuse).then_nothing()
    given(DIRECT, asked_for("instead"), closed, asked).when(take).then_nothing()


def test_what_arrived_has_arrived_whenever_it_is_reported() -> None:
    arrived = RecordDirectReport("discord", arrived=True, reason=None)
    delivered = DirectDelivered(ada, message, "discord")
    given(DIRECT, asked_for("instead"), sent).when(arrived).then(delivered)
    given(DIRECT, asked_for("instead")).when(arrived).then(sent, delivered)
    given(DIRECT, asked_for("instead"), sent, delivered).when(arrived).then_nothing()
    failed = RecordDirectReport("discord", arrived=False, reason="messages_closed")
    given(DIRECT, asked_for("instead"), sent).when(failed).then(closed, asked)
    given(DIRECT, asked_for("instead"), sent, delivered).when(failed).then_nothing()
    given(DIRECT, asked_for("instead"), closed, asked).when(failed).then_nothing()


def test_what_nobody_hears_of_is_given_up_unless_it_was_surely_taken() -> None:
    unsure = DirectSent(ada, message, "discord", template, sure=False)
    no_word = DirectNotSent(ada, message, "discord", template, "no_word")
    give_up = GiveUpDirect("discord")
    given(DIRECT, asked_for("instead")).when(RecordDirect("discord", sure=False)).then(unsure)
    given(DIRECT, asked_for("instead"), unsure).when(give_up).then(no_word, asked)
    given(DIRECT, asked_for("instead"), sent).when(give_up).then_nothing()


def test_mail_waits_until_the_last_channel_has_refused() -> None:
    both = DirectAsked(ada, message, template, ("discord", "whatsapp"), "instead")
    other = DirectNotSent(ada, message, "whatsapp", template, "number_refused")
    given(DIRECT, both).when(refuse).then(closed)
    given(DIRECT, both, other).when(refuse).then(closed, asked)


def test_a_report_of_what_was_never_asked_is_of_nothing() -> None:
    arrived = RecordDirectReport("discord", arrived=True, reason=None)
    failed = RecordDirectReport("discord", arrived=False, reason="refused")
    given(DIRECT).when(arrived).then_nothing()
    given(DIRECT).when(failed).then_nothing()
    given(DIRECT).when(GiveUpDirect("discord")).then_nothing()
