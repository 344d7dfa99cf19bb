from uuid import UUID

from services.membership.announcement.commands import (
    DirectMessage,
    PassOn,
    RecordNotSent,
    RecordReturn,
    RecordSent,
)
from services.membership.announcement.decider import ANNOUNCEMENT
from services.membership.announcement.events import (
    NOTHING,
    MessageDirected,
    MessageNotSent,
    MessagePassedOn,
    MessageReturned,
    MessageSent,
)
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


def test_what_was_sent_comes_back_once_for_each_thing_that_is_said_of_it() -> None:
    sent, back = MessageSent(ada, receipt), MessageReturned(ada, receipt, "bounced")
    given(ANNOUNCEMENT, sent).when(RecordReturn("bounced")).then(back)
    given(ANNOUNCEMENT, sent, back).when(RecordReturn("bounced")).then_nothing()
    given(ANNOUNCEMENT, sent, back).when(RecordReturn("complained")).then(
        MessageReturned(ada, receipt, "complained")
    )


def test_what_was_not_sent_does_not_come_back() -> None:
    given(ANNOUNCEMENT).when(RecordReturn("bounced")).then_nothing()
    refused = MessageNotSent(ada, receipt, "address_refused")
    given(ANNOUNCEMENT, refused).when(RecordReturn("bounced")).then_nothing()


def test_what_went_to_an_address_of_before_says_nothing_of_the_one_of_now() -> None:
    sent = MessageSent(ada, Code("address_changed"))
    given(ANNOUNCEMENT, sent).when(RecordReturn("bounced")).then_nothing()


def test_a_copy_says_of_which_broadcast_it_is() -> None:
    broadcast = UUID(int=7)
    given(ANNOUNCEMENT).when(RecordSent(ada, receipt, broadcast)).then(
        MessageSent(ada, receipt, broadcast)
    )
    given(ANNOUNCEMENT).when(RecordNotSent(ada, receipt, "opted_out", broadcast)).then(
        MessageNotSent(ada, receipt, "opted_out", broadcast)
    )


def test_which_ways_a_message_goes_is_said_once() -> None:
    directed = MessageDirected(ada, receipt, ("discord",), "too", NOTHING)
    given(ANNOUNCEMENT).when(DirectMessage(ada, receipt, ("discord",), "too")).then(directed)
    given(ANNOUNCEMENT, directed).when(
        DirectMessage(ada, receipt, ("discord",), "never")
    ).then_nothing()
    given(ANNOUNCEMENT, directed).when(RecordSent(ada, receipt)).then(MessageSent(ada, receipt))


def test_what_is_for_an_organisation_is_passed_on_once() -> None:
    acme, bob = UUID(int=50), PersonId(UUID(int=2))
    passed = MessagePassedOn(acme, receipt, NOTHING, (ada, bob))
    pass_on = PassOn(acme, receipt, NOTHING, (ada, bob))
    given(ANNOUNCEMENT).when(pass_on).then(passed)
    given(ANNOUNCEMENT, passed).when(pass_on).then_nothing()
    given(ANNOUNCEMENT, passed).when(RecordSent(ada, receipt)).then_nothing()
