"""Our requests have WhatsApp's shape, its refusals become words of ours, and only its own reports are believed."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from openapi_core.datatypes import RequestParameters

from deploy.local.settings import HOST, free_port
from services.membership.gateways.gateway import (
    GroupInvite,
    MessengerRefused,
    NotProved,
    PhoneMessage,
    Unreachable,
    Unsure,
)
from services.membership.gateways.whatsapp_gateway import WhatsappGateway
from tests.doubles import openapi
from tests.doubles.serving import serving
from tests.doubles.whatsapp import (
    IDS,
    MESSAGE_TEMPLATE,
    MESSAGES,
    NUMBER_ID,
    SECRET,
    TEMPLATE,
    TOKEN,
    VERIFY,
    VERSION,
    Whatsapp,
)

Given = tuple[Whatsapp, WhatsappGateway]
INVITE = GroupInvite("+33612345678", "Échecs & Co", "Débutants", "fr", "group/link", "a mark")


@pytest.fixture
async def given() -> AsyncIterator[Given]:
    whatsapp = Whatsapp()
    async with serving(whatsapp) as address:
        gateway = gateway_to(address)
        try:
            yield whatsapp, gateway
        finally:
            await gateway.close()
    assert whatsapp.wrong == []


def gateway_to(
    address: str, token: str = TOKEN, message_template: str | None = MESSAGE_TEMPLATE
) -> WhatsappGateway:
    return WhatsappGateway(
        token,
        NUMBER_ID,
        secret=SECRET,
        verify=VERIFY,
        template=TEMPLATE,
        message_template=message_template,
        url=address + VERSION,
    )


async def test_a_message_is_a_subject_and_a_way_to_the_rest(given: Given) -> None:
    whatsapp, gateway = given
    assert gateway.tells
    message = PhoneMessage("+33612345678", "Échecs", "Demain", "fr", "communities/1", "a mark")
    await gateway.tell(message)
    (taken,) = whatsapp.messages
    assert (taken.words, taken.door) == (["Échecs", "Demain"], "communities/1")
    whatsapp.fail(131026)
    with pytest.raises(MessengerRefused):
        await gateway.tell(message)
    whatsapp.break_down()
    with pytest.raises(Unsure):
        await gateway.tell(message)


async def test_without_a_template_for_messages_there_is_no_telling() -> None:
    gateway = gateway_to("http://127.0.0.1:9", message_template=None)
    assert not gateway.tells
    await gateway.close()


def test_the_double_can_be_judged_by_whatsapps_own_document() -> None:
    if openapi.path_of("whatsapp.v23") is None:
        pytest.skip("TESSERA_VENDOR_SPECS names no folder with whatsapp.v23.openapi.json")
    spec = Whatsapp().spec
    assert spec is not None
    text = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "33612345678",
        "type": "text",
        "text": {"body": "Hello"},
    }

    def wrong(body: Any, token: str = f"Bearer {TOKEN}") -> list[str]:
        told = RequestParameters(path=IDS, header={"Authorization": token})
        raw = json.dumps(body).encode()
        return spec.wrong_request(openapi.Asked("post", MESSAGES, told, raw))

    assert not wrong(text)
    assert wrong({**text, "to": 33612345678})
    assert wrong({**text, "type": "template"})
    assert wrong(text, token=f"Bot {TOKEN}")


async def test_a_door_is_carried_in_the_readers_language(given: Given) -> None:
    whatsapp, gateway = given
    await gateway.invite(INVITE)
    (message,) = whatsapp.to("+33612345678")
    assert message.words == ["Échecs & Co", "Débutants"]
    assert (message.language, message.door, message.mark) == ("fr", "group/link", "a mark")


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        (131026, "number_unreachable"),
        (131009, "number_refused"),
        (131050, "messages_stopped"),
        (131049, "held_back"),
    ],
)
async def test_what_is_said_of_the_number_is_for_its_person(
    given: Given, code: int, problem: str
) -> None:
    whatsapp, gateway = given
    whatsapp.fail(code)
    with pytest.raises(MessengerRefused) as refusal:
        await gateway.invite(INVITE)
    assert refusal.value.problem == problem
    assert not whatsapp.messages


@pytest.mark.parametrize(
    ("code", "status"), [(130429, 429), (131056, 400), (132015, 400), (2, 503)]
)
async def test_what_is_said_of_us_or_of_the_moment_is_tried_again(
    given: Given, code: int, status: int
) -> None:
    whatsapp, gateway = given
    whatsapp.fail(code, status)
    with pytest.raises(Unreachable) as away:
        await gateway.invite(INVITE)
    assert not isinstance(away.value, Unsure)


async def test_a_template_nobody_has_approved_is_waited_for(given: Given) -> None:
    whatsapp, gateway = given
    whatsapp.templates.clear()
    with pytest.raises(Unreachable, match="132001"):
        await gateway.invite(INVITE)


async def test_a_wrong_token_is_no_fault_of_the_person(given: Given) -> None:
    whatsapp, _ = given
    async with serving(whatsapp) as address:
        stranger = gateway_to(address, token="another")
        with pytest.raises(Unreachable, match="190"):
            await stranger.invite(INVITE)
        await stranger.close()


async def test_an_answer_that_is_lost_leaves_us_unsure(given: Given) -> None:
    whatsapp, gateway = given
    whatsapp.break_down()
    with pytest.raises(Unsure):
        await gateway.invite(INVITE)
    assert len(whatsapp.messages) == 1, "it was taken all the same"


async def test_who_does_not_answer_at_all_has_taken_nothing() -> None:
    gateway = gateway_to(f"http://{HOST}:{free_port()}")
    with pytest.raises(Unreachable) as away:
        await gateway.invite(INVITE)
    assert not isinstance(away.value, Unsure)
    await gateway.close()


async def test_only_reports_signed_over_their_very_bytes_are_believed(given: Given) -> None:
    whatsapp, gateway = given
    await gateway.invite(INVITE)
    raw, signature = whatsapp.report(whatsapp.messages[0], "delivered")
    (report,) = gateway.reports(raw, signature)
    assert (report.mark, report.arrived, report.problem) == ("a mark", True, None)
    again = json.dumps(json.loads(raw), indent=1).encode()
    for forged, sign in [(again, signature), (raw + b" ", signature), (raw, ""), (raw, "sha256=é")]:
        with pytest.raises(NotProved):
            gateway.reports(forged, sign)


def test_a_signature_made_by_openssl_is_believed() -> None:
    gateway = gateway_to("http://localhost")
    raw = rb'{"object":"whatsapp_business_account","entry":[],"of":"\u00c9checs"}'
    signature = "sha256=c4a6a6d38b3d061a9f3927bf41e72fae5fd7b9f4cfe8867bea6dd292751c57f1"
    assert gateway.reports(raw, signature) == []
    with pytest.raises(NotProved):
        gateway.reports(raw, signature[:-1] + "0")


async def test_a_report_says_the_same_however_often_it_comes_and_no_number(given: Given) -> None:
    whatsapp, gateway = given
    await gateway.invite(INVITE)
    (message,) = whatsapp.messages
    sent, delivered, read = (
        gateway.reports(*whatsapp.report(message, stage)) for stage in ("sent", "delivered", "read")
    )
    assert sent == [], "that it was sent we know"
    assert delivered == gateway.reports(*whatsapp.report(message, "delivered"))
    assert replace(read[0], report_id="") == replace(delivered[0], report_id="")
    assert "33612345678" not in str(delivered) + str(read)
    (failed,) = gateway.reports(*whatsapp.report(message, "failed", 131026))
    assert (failed.arrived, failed.problem) == (False, "number_unreachable")
    (odd,) = gateway.reports(*whatsapp.report(message, "failed", 999_999))
    assert odd.problem == "held_back"


async def test_what_members_write_to_the_number_is_passed_over(given: Given) -> None:
    whatsapp, gateway = given
    assert gateway.reports(*whatsapp.written_by("33612345678", "Hi")) == []


def test_who_asks_whether_reports_are_wanted_knows_the_word() -> None:
    gateway = gateway_to("http://localhost")
    assert gateway.welcome("subscribe", VERIFY)
    assert not gateway.welcome("subscribe", "guess")
    assert not gateway.welcome("unsubscribe", VERIFY)
