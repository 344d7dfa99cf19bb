"""Who wants to hears by WhatsApp that there is a message: once, and by mail where it does not arrive."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.membership.gateways.whatsapp_reports import MessageMark
from shared.clock import real_now
from shared.contracts import events_message
from shared.ids import PersonId, random_id
from tests.doubles.whatsapp import MESSAGE_TEMPLATE
from tests.integration.membership.club import Payer
from tests.integration.membership.test_group import PLAIN, Circle, gathered

Given = tuple[Circle, Payer]
EN = {"language": "en", "subject": "We meet on Friday", "text": "At eight, as always."}


@pytest.fixture
async def given(database_url: str) -> AsyncIterator[Given]:
    async with gathered(database_url, whatsapp_message_template=MESSAGE_TEMPLATE) as circle:
        ada = await circle.join()
        await circle.give(ada)
        yield circle, ada


async def choose(ada: Payer, kind: str, *channels: str, **more: Any) -> Any:
    body = {"channels": list(channels)}
    return await ada.house.call("PUT", f"/me/channels/{kind}", body, token=ada.token, **more)


async def ask(ada: Payer) -> None:
    message = events_message.MessageRequested(
        community_id=UUID(ada.community_id),
        occurred_at=real_now(),
        person_id=UUID(ada.person_id),
        template="goal_reminder",
        values={},
        link="/goal",
    )
    await ada.house.hear(message)
    await ada.house.quiet()


async def messages(ada: Payer) -> list[tuple[str, str | None]]:
    told = await ada.house.call("GET", f"/people/{ada.person_id}/messages", token=ada.token)
    return sorted(((one["channel"], one["not_sent"]) for one in told["items"]), key=str)


def mailed(ada: Payer) -> int:
    return len([one for one in ada.house.mailbox.letters if one.template == "goal_reminder"])


async def kept(ada: Payer) -> int:
    return int(await ada.house.service.pool.fetchval("SELECT count(*) FROM events"))


async def draft(circle: Circle) -> str:
    await circle.house.quiet()
    body = {"texts": [EN], "segment": {}}
    drafted = await circle.house.call("POST", "/announcements", body, token=circle.owner)
    return f"/announcements/{drafted['announcement_id']}"


async def test_a_subject_comes_by_whatsapp_and_leads_to_the_message(given: Given) -> None:
    circle, ada = given
    await choose(ada, "reminder", "whatsapp")
    await ask(ada)
    (message,) = circle.whatsapp.to(PLAIN)
    assert message.words[0] == "Chess Club"
    assert "Trois mois" in message.words[1]
    assert message.language == "fr"
    await circle.report(message, "delivered")
    await ada.house.quiet()
    assert await messages(ada) == [("whatsapp", None)]
    assert mailed(ada) == 0
    message_id = message.door.rpartition("/")[2]
    whole = await ada.house.call("GET", f"/me/messages/{message_id}", token=ada.token)
    assert whole["subject"] == message.words[1]
    assert whole["link"].endswith("/goal")
    await ada.house.call("GET", f"/me/messages/{message_id}", token=circle.owner, expect=403)
    bob = await circle.join("bob@example.com")
    await ada.house.call("GET", f"/me/messages/{message_id}", token=bob.token, expect=404)


async def test_what_whatsapp_refuses_at_once_or_later_goes_by_mail(given: Given) -> None:
    circle, ada = given
    await choose(ada, "reminder", "whatsapp")
    circle.whatsapp.fail(131026)
    await ask(ada)
    assert mailed(ada) == 1
    await ask(ada)
    (message,) = circle.whatsapp.to(PLAIN)
    for _ in range(2):
        await circle.report(message, "failed", 131049)
        await ada.house.quiet()
    assert mailed(ada) == 2
    assert await messages(ada) == [
        ("email", None),
        ("email", None),
        ("whatsapp", "held_back"),
        ("whatsapp", "number_unreachable"),
    ]


async def test_what_may_have_gone_is_not_sent_again_and_in_the_end_goes_by_mail(
    given: Given,
) -> None:
    circle, ada = given
    await choose(ada, "reminder", "whatsapp")
    circle.whatsapp.break_down()
    await ask(ada)
    assert await messages(ada) == [("whatsapp", None)]
    assert mailed(ada) == 0
    await ada.house.service.move_clock(real_now() + timedelta(days=2))
    await ada.house.eventually(lambda: messages(ada), [("email", None), ("whatsapp", "no_word")])
    assert len(circle.whatsapp.messages) == 1
    await circle.report(circle.whatsapp.messages[0], "delivered")
    await ada.house.eventually(lambda: messages(ada), [("email", None), ("whatsapp", None)])


async def test_a_report_of_no_message_of_ours_changes_nothing(given: Given) -> None:
    circle, ada = given
    await choose(ada, "reminder", "whatsapp")
    await ask(ada)
    (message,) = circle.whatsapp.messages
    known = MessageMark(UUID(ada.community_id), PersonId(UUID(ada.person_id)), random_id())
    before = await kept(ada)
    for mark in (known, known._replace(community_id=random_id())):
        stray = replace(message, id=f"wamid.{random_id()}", mark=mark.written())
        assert (await circle.report(stray, "delivered"))["new"] == 1
        assert (await circle.report(stray, "failed", 131026))["new"] == 1
    unread = replace(message, id="wamid.unread", mark=f"{known.written()}.more")
    assert (await circle.report(unread, "failed", 131026))["new"] == 0
    await ada.house.quiet()
    assert await kept(ada) == before
    assert await messages(ada) == [("whatsapp", None)]
    assert mailed(ada) == 0


async def test_a_preview_and_an_announcement_count_whatsapp(given: Given) -> None:
    circle, ada = given
    await choose(ada, "announcement", "whatsapp")
    path = await draft(circle)
    seen = await ada.house.call("POST", f"{path}/preview", token=circle.owner)
    assert seen["channels"] == [{"channel": "email", "recipients": 0}]
    assert seen["others"] == [{"channel": "whatsapp", "recipients": 1}]
    await ada.house.call("POST", f"{path}/schedule", {}, token=circle.owner)
    await ada.house.quiet()
    assert [message.words[1] for message in circle.whatsapp.messages] == ["We meet on Friday"]
    told = await ada.house.call("GET", path, token=circle.owner)
    assert told["others"] == [{"channel": "whatsapp", "sent": 1, "not_sent": 0}]


async def test_who_withdrew_and_is_still_in_a_group_is_counted_by_mail(given: Given) -> None:
    circle, ada = given
    await circle.open_group()
    await ada.pay()
    await circle.message()
    await choose(ada, "announcement", "whatsapp")
    await ada.house.call("DELETE", "/me/whatsapp", token=ada.token)
    path = await draft(circle)
    seen = await ada.house.call("POST", f"{path}/preview", token=circle.owner)
    assert seen["channels"] == [{"channel": "email", "recipients": 1}]
    assert seen["others"] == []


async def test_without_a_number_it_is_not_chosen(given: Given) -> None:
    circle, _ = given
    bob = await circle.join("bob@example.com")
    refused = await choose(bob, "reminder", "whatsapp", expect=422)
    assert refused["errors"][0]["code"] == "channel_not_linked"


async def test_without_a_template_for_messages_it_is_not_chosen(database_url: str) -> None:
    async with gathered(database_url) as circle:
        ada = await circle.join()
        await circle.give(ada)
        refused = await choose(ada, "reminder", "whatsapp", expect=422)
        assert refused["errors"][0]["code"] == "channel_not_linked"


async def test_who_withdraws_their_number_is_written_to_by_mail(given: Given) -> None:
    circle, ada = given
    await choose(ada, "reminder", "whatsapp")
    await ada.house.call("DELETE", "/me/whatsapp", token=ada.token)
    await ask(ada)
    assert mailed(ada) == 1
    assert circle.whatsapp.messages == []
