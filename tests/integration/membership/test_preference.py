"""What people do not want they are not sent, however they said so; what they need they are sent all the same."""

from typing import Any
from uuid import UUID

import pytest

from services.membership.gateways.gateway import Unsendable
from shared.clock import real_now
from shared.contracts import events_message
from shared.ids import random_id
from shared.testing import eventually
from tests.integration.membership.house import BASE, House, Json

OUT = {"preferences": [{"channel": "email", "kind": "reminder", "wanted": False}]}
IN = {"preferences": [{"channel": "email", "kind": "reminder", "wanted": True}]}


def requested(community_id: str, to: str, template: str) -> events_message.MessageRequested:
    return events_message.MessageRequested(
        community_id=UUID(community_id),
        occurred_at=real_now(),
        person_id=UUID(to),
        template=template,
        values={"gathering": "Blitz"},
    )


async def outcomes(house: House) -> list[tuple[str, str | None]]:
    rows = await house.service.pool.fetch(
        "SELECT template, not_sent FROM messages_v1 ORDER BY at, template"
    )
    return [(row["template"], row["not_sent"]) for row in rows]


async def wanted(house: House, person: str, token: str) -> dict[str, bool]:
    told = await house.call("GET", f"/people/{person}/preferences", token=token)
    return {each["kind"]: each["wanted"] for each in told["preferences"]}


async def link_for(house: House, community_id: str, person: str) -> str:
    """What a reminder's letter carries, as its path."""
    token = house.service.links.make(
        "unsubscribe", UUID(person), UUID(community_id), real_now().replace(year=2099)
    )
    return f"/public/unsubscriptions/reminder/{token}"


async def test_what_a_person_turned_off_is_recorded_and_not_sent(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    await house.call("PUT", f"/people/{ada}/preferences", OUT, token=token)
    letters = len(house.mailbox.letters)
    await house.hear(requested(community_id, ada, "gathering_reminder"))
    await eventually(lambda: outcomes(house))
    assert await outcomes(house) == [("gathering_reminder", "opted_out")]
    assert len(house.mailbox.letters) == letters
    told = await house.call("GET", f"/people/{ada}/messages", token=owner)
    assert told["items"][0]["not_sent"] == "opted_out"
    await house.hear(requested(community_id, ada, "ticket_cancelled"))
    await eventually(lambda: outcomes(house), lambda seen: len(seen) == 2)
    assert ("ticket_cancelled", None) in await outcomes(house)
    assert house.mailbox.to("ada@example.com")[-1].way_out is None


async def test_a_person_sees_what_is_sent_to_them_and_what_is_fixed(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    told = await house.call("GET", f"/people/{ada}/preferences", token=token)
    assert told["bounced_since"] is None
    assert [(each["kind"], each["wanted"], each["fixed"]) for each in told["preferences"]] == [
        ("transactional", True, True),
        ("announcement", True, False),
        ("reminder", True, False),
    ]


async def test_staff_turn_off_for_somebody_and_only_they_turn_on_again(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    path = f"/people/{ada}/preferences"
    await house.call("PUT", path, OUT, token=owner)
    await house.call("PUT", path, OUT, token=owner)
    refused = await house.call("PUT", path, IN, token=owner, expect=409)
    assert refused["type"] == "urn:tessera:problem:own_word_only"
    assert not (await wanted(house, ada, owner))["reminder"]
    await house.call("PUT", path, IN, token=token)
    assert (await wanted(house, ada, owner))["reminder"]


@pytest.mark.parametrize(
    "body",
    [
        {"preferences": []},
        {"preferences": [{"channel": "pigeon", "kind": "reminder", "wanted": False}]},
        {"preferences": [{"channel": "email", "kind": "horoscope", "wanted": False}]},
        {"preferences": [{"channel": "email", "kind": "transactional", "wanted": False}]},
        {"preferences": [{"channel": "email", "kind": "reminder"}]},
    ],
)
async def test_preferences_that_make_no_sense_are_refused(house: House, body: Json) -> None:
    community_id, _ = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    await house.call("PUT", f"/people/{ada}/preferences", body, token=token, expect=422)
    assert all((await wanted(house, ada, token)).values())


async def test_preferences_are_the_persons_and_their_staffs_alone(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    ada, _ = await house.join("ada@example.com", community_id)
    _, bob = await house.join("bob@example.com", community_id, "Bob")
    _, elsewhere = await house.community("eve@example.com", "go")
    path = f"/people/{ada}/preferences"
    await house.call("GET", path, token=bob, expect=403)
    await house.call("PUT", path, OUT, token=bob, expect=403)
    await house.call("GET", path, expect=401)
    await house.call("GET", path, token=elsewhere, expect=404)
    await house.call("PUT", path, OUT, token=elsewhere, expect=404)


async def test_a_mail_program_opts_out_with_one_click(house: House) -> None:
    community_id, owner = await house.community(
        "olga@example.com", brand={"colour": "#aa3355", "logo": "https://chess.example/logo.png"}
    )
    ada, _ = await house.join("ada@example.com", community_id)
    link = await link_for(house, community_id, ada)
    told = await house.call("GET", link)
    assert told == {
        "community_id": community_id,
        "community": "Chess Club",
        "colour": "#aa3355",
        "logo": "https://chess.example/logo.png",
        "brand": {
            "colour": "#aa3355",
            "accent": None,
            "logo": "https://chess.example/logo.png",
            "text_on_colour": "#ffffff",
            "text_on_accent": "#ffffff",
        },
        "channel": "email",
        "kind": "reminder",
        "wanted": True,
    }
    assert (await wanted(house, ada, owner))["reminder"], "looking changes nothing"
    for _ in range(2):
        answer = await house.client.post(BASE + link, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200, answer.text
    assert not (await wanted(house, ada, owner))["reminder"]
    assert not (await house.call("GET", link))["wanted"]
    as_parts = await house.client.post(BASE + link, files={"List-Unsubscribe": (None, "One-Click")})
    assert as_parts.status_code == 200


async def test_a_link_opts_out_of_what_can_be_turned_off_and_nobody_else(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, _ = await house.join("ada@example.com", community_id)
    link = await link_for(house, community_id, ada)
    fixed = link.replace("/reminder/", "/transactional/")
    await house.call("POST", fixed, expect=422)
    await house.call("POST", f"{link[:-4]}abcd", expect=403)
    await house.call("GET", "/public/unsubscriptions/reminder/x", expect=403)
    other = house.service.links.make(
        "invitation", UUID(ada), UUID(community_id), real_now().replace(year=2099)
    )
    await house.call("POST", f"/public/unsubscriptions/reminder/{other}", expect=403)
    stranger = await link_for(house, str(random_id()), ada)
    await house.call("POST", stranger, expect=404)
    assert all((await wanted(house, ada, owner)).values())


async def test_an_address_that_is_refused_is_shown_until_it_takes_a_letter(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    house.mailbox.failure = Unsendable("address_refused")
    await house.hear(requested(community_id, ada, "ticket_cancelled"))

    async def bounces() -> list[str]:
        told = await house.call("GET", "/bounces?limit=1", token=owner)
        return [bounce["person_id"] for bounce in told["items"]]

    await house.eventually(bounces, [ada])
    told = await house.call("GET", f"/people/{ada}/preferences", token=token)
    assert told["bounced_since"]
    await house.call("GET", "/bounces", token=token, expect=403)
    house.mailbox.failure = None
    await house.hear(requested(community_id, ada, "ticket_cancelled"))
    await house.eventually(bounces, [])
    assert [not_sent for _, not_sent in await outcomes(house)] == ["address_refused", None]


async def test_a_refused_letter_says_nothing_about_the_address(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, _ = await house.join("ada@example.com", community_id)
    house.mailbox.failure = Unsendable("refused_by_mail_server")
    await house.hear(requested(community_id, ada, "ticket_cancelled"))
    await eventually(lambda: outcomes(house))
    told: dict[str, Any] = await house.call("GET", "/bounces", token=owner)
    assert told["items"] == []
