"""Membership is the one sender, and says what became of every message it was asked for."""

from typing import Any
from uuid import UUID

import pytest

from services.membership.gateways.gateway import Unreachable, Unsendable
from shared.clock import real_now
from shared.contracts import events_message
from shared.contracts.billing_message import StaffMessageRequested
from shared.contracts.contract import MoneyValue
from shared.ids import random_id
from shared.testing import eventually
from tests.integration.membership.house import House


def asked(community_id: str, to: str, **more: Any) -> events_message.MessageRequested:
    told: dict[str, Any] = {
        "community_id": UUID(community_id),
        "occurred_at": real_now(),
        "person_id": UUID(to),
        "template": "ticket_cancelled",
        "values": {"gathering": "Blitz"},
    }
    return events_message.MessageRequested(**(told | more))


async def outcomes(house: House) -> list[tuple[str, str | None]]:
    rows = await house.service.pool.fetch(
        "SELECT template, not_sent FROM messages_v1 ORDER BY at, template"
    )
    return [(row["template"], row["not_sent"]) for row in rows]


@pytest.mark.parametrize(
    ("request_for", "reason"),
    [
        ({"template": "horoscope"}, "unknown_template"),
        ({"values": {}}, "incomplete_values"),
        ({"person_id": random_id()}, "unknown_person"),
    ],
)
async def test_what_cannot_be_said_is_recorded_with_its_reason(
    house: House, request_for: dict[str, Any], reason: str
) -> None:
    community_id, _ = await house.community("olga@example.com")
    ada, _ = await house.join("ada@example.com", community_id)
    letters = len(house.mailbox.letters)
    await house.hear(asked(community_id, ada, **request_for))
    seen = await eventually(lambda: outcomes(house))
    assert [not_sent for _, not_sent in seen] == [reason]
    assert len(house.mailbox.letters) == letters


async def test_nothing_is_sent_to_who_was_erased(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    await house.call("POST", f"/people/{ada}/erasure", {}, token=token, expect=202)

    async def forgotten() -> list[str]:
        erasure = await house.call("GET", f"/erasures/{ada}", token=owner)
        return list(erasure["confirmed_by"])

    await eventually(forgotten)
    letters = len(house.mailbox.letters)
    await house.hear(asked(community_id, ada))
    assert await eventually(lambda: outcomes(house)) == [("ticket_cancelled", "unknown_person")]
    assert len(house.mailbox.letters) == letters


async def test_a_mail_server_that_is_away_is_waited_for(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    ada, _ = await house.join("ada@example.com", community_id)
    house.mailbox.failure = Unreachable("The mail server does not answer.")
    await house.hear(asked(community_id, ada))

    async def tries() -> int:
        count: int = await house.service.pool.fetchval(
            "SELECT coalesce(max(attempts), 0) FROM agenda"
        )
        return count

    await eventually(tries, lambda count: count >= 2)
    assert await outcomes(house) == []
    house.mailbox.failure = None
    assert await eventually(lambda: outcomes(house)) == [("ticket_cancelled", None)]


async def test_nobody_is_unknown_because_the_communitys_page_is_not_there_yet(
    house: House,
) -> None:
    """As while a worker builds a new version of that read model."""
    community_id, _ = await house.community("olga@example.com")
    ada, _ = await house.join("ada@example.com", community_id)
    await house.quiet()
    pool = house.service.pool
    (page,) = await pool.fetch("DELETE FROM communities_v3 RETURNING *")
    await house.hear(asked(community_id, ada))

    async def tries() -> int:
        query = "SELECT coalesce(max(attempts), 0) FROM agenda WHERE state = 'waiting'"
        count: int = await pool.fetchval(query)
        return count

    await eventually(tries, lambda count: count >= 1)
    assert await outcomes(house) == []
    places = ", ".join(f"${number}" for number in range(1, len(page) + 1))
    await pool.execute(f"INSERT INTO communities_v3 VALUES ({places})", *page)
    assert await eventually(lambda: outcomes(house)) == [("ticket_cancelled", None)]


async def test_an_address_that_takes_no_mail_is_recorded(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    ada, _ = await house.join("ada@example.com", community_id)
    house.mailbox.failure = Unsendable("refused_by_mail_server")
    await house.hear(asked(community_id, ada))
    seen = await eventually(lambda: outcomes(house))
    assert seen == [("ticket_cancelled", "refused_by_mail_server")]


async def test_a_message_heard_twice_is_sent_once(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    ada, _ = await house.join("ada@example.com", community_id)
    before = len(house.mailbox.letters)
    await house.hear(asked(community_id, ada))
    await eventually(lambda: outcomes(house))
    await house.service.pool.execute(
        "UPDATE agenda SET state = 'waiting', claimed_until = NULL WHERE kind = 'call'"
    )

    async def waiting() -> int:
        count: int = await house.service.pool.fetchval(
            "SELECT count(*) FROM agenda WHERE state = 'waiting'"
        )
        return count

    await eventually(waiting, lambda count: count == 0)
    assert len(house.mailbox.letters) == before + 1


async def test_the_staff_who_may_act_on_it_are_written_to(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    await house.join("olga@example.com", community_id)
    await house.join("ada@example.com", community_id)
    notice = StaffMessageRequested(
        community_id=UUID(community_id),
        occurred_at=real_now(),
        permission="refunds.write",
        template="dispute_opened",
        values={
            "amount": MoneyValue(minor=1000, currency="EUR"),
            "reason": "fraudulent",
            "respond_by": real_now(),
        },
    )
    letters = len(house.mailbox.letters)
    await house.hear(notice)
    assert await eventually(lambda: outcomes(house)) == [("dispute_opened", None)]
    (letter,) = house.mailbox.letters[letters:]
    assert letter.to == "olga@example.com"
