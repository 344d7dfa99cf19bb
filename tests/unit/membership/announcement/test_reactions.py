from uuid import UUID

from services.membership.announcement.commands import SendMail
from services.membership.announcement.reactions import when_message_requested_send_mail
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
