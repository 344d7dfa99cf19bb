from uuid import UUID

from services.membership.announcement.commands import SendMail
from services.membership.announcement.reactions import (
    when_endpoint_disabled_send_mail,
    when_message_requested_send_mail,
)
from services.membership.endpoint.events import EndpointDisabled
from services.membership.writing import kind_of
from shared.contracts.billing_message import MessageRequested
from shared.contracts.contract import MoneyValue
from shared.ids import Code, Label, PersonId, derive
from shared.money import Money
from shared.reaction import Call
from tests.unit.membership.facts import community_id, event_id, fact, noon

ada = PersonId(UUID(int=1))


def test_what_a_service_asks_to_be_told_is_sent_once_per_request() -> None:
    requested = MessageRequested(
        community_id=community_id,
        occurred_at=noon,
        person_id=ada,
        template="receipt",
        values={
            "plan": "Gold",
            "seats": 2,
            "total": MoneyValue(minor=1000, currency="EUR"),
            "at": noon,
        },
        link="/orders/7",
    )
    assert when_message_requested_send_mail(fact(requested)) == [
        Call(
            SendMail(
                message_id=derive(event_id, "message"),
                person_id=ada,
                template=Code("receipt"),
                values=(
                    (Code("plan"), Label("Gold")),
                    (Code("seats"), 2),
                    (Code("total"), Money(1000, "EUR")),
                    (Code("at"), Label(noon.isoformat())),
                ),
                link=Label("/orders/7"),
            )
        )
    ]


def test_every_owner_who_can_be_told_is_told_once_that_an_endpoint_is_off() -> None:
    bea = PersonId(UUID(int=2))
    url = Label("https://crm.example/hook")
    calls = when_endpoint_disabled_send_mail(fact(EndpointDisabled("gone", url, (ada, bea))))
    assert calls == [
        Call(
            SendMail(
                message_id=derive(event_id, "message", str(person)),
                person_id=person,
                template=Code("endpoint_gone"),
                values=((Code("url"), url),),
                link=None,
            )
        )
        for person in (ada, bea)
    ]


def test_staff_are_not_told_what_they_did_themselves() -> None:
    url = Label("https://crm.example/hook")
    assert when_endpoint_disabled_send_mail(fact(EndpointDisabled("staff", url))) == []


def test_what_reminds_can_be_turned_off_and_nothing_else() -> None:
    assert kind_of("exit_asked") == "announcement"
    assert kind_of("gathering_reminder") == "reminder"
    assert kind_of("ticket_bought") == "transactional"
