from uuid import UUID

from services.membership.announcement.commands import RecordNotSent, RecordSent
from services.membership.announcement.decider import ANNOUNCEMENT
from services.membership.announcement.events import MessageNotSent, MessageSent
from shared.ids import Code, PersonId
from shared.testing import given

ada = PersonId(UUID(int=1))
receipt = Code("receipt")


def test_what_was_sent_is_known() -> None:
    given(ANNOUNCEMENT).when(RecordSent(ada, receipt)).then(MessageSent(ada, receipt))


def test_what_was_not_sent_is_known_with_its_reason() -> None:
    given(ANNOUNCEMENT).when(RecordNotSent(ada, receipt, "unknown_person")).then(
        MessageNotSent(ada, receipt, "unknown_person")
    )


def test_a_message_has_one_outcome() -> None:
    given(ANNOUNCEMENT, MessageSent(ada, receipt)).when(
        RecordNotSent(ada, receipt, "refused_by_mail_server")
    ).then_nothing()
    given(ANNOUNCEMENT, MessageNotSent(ada, receipt, "unknown_person")).when(
        RecordSent(ada, receipt)
    ).then_nothing()


def test_a_copy_says_of_which_broadcast_it_is() -> None:
    broadcast = UUID(int=7)
    given(ANNOUNCEMENT).when(RecordSent(ada, receipt, broadcast)).then(
        MessageSent(ada, receipt, broadcast)
    )
    given(ANNOUNCEMENT).when(RecordNotSent(ada, receipt, "opted_out", broadcast)).then(
        MessageNotSent(ada, receipt, "opted_out", broadcast)
    )
