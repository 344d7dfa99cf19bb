"""Letters against a real mail server on loopback, willing or not."""

import email
import email.policy
import ssl
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from deploy.local.settings import free_port
from services.membership.gateways import smtp_gateway
from services.membership.gateways.gateway import (
    Letter,
    Unreachable,
    Unsendable,
    Unsure,
    WayOut,
    Words,
)
from tests.integration.membership.authority import certified
from tests.integration.membership.mail_server import MailServer, listening

letter = Letter(
    key=UUID(int=1),
    to="ada@example.com",
    sender="Café Échecs",
    template="sign_in_code",
    language="fr",
    values={"code": "012345"},
)


async def test_a_letter_arrives_with_all_its_letters(server: MailServer) -> None:
    await server.gateway().send(letter)
    (taken,) = server.taken
    message = email.message_from_bytes(taken, policy=email.policy.default)
    assert message["From"] == "Café Échecs <hello@tessera.example>"
    assert message["Subject"] == "012345 est votre code de connexion"
    part = message.get_body(("plain",))
    assert part is not None
    assert "Votre code est 012345. Il est valable dix minutes" in part.get_content()


async def test_on_the_port_for_it_tls_is_spoken_from_the_first_byte_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = certified("mail.example", tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(chain)
    async with listening(tls) as server:
        monkeypatch.setattr(smtp_gateway, "IMPLICIT_TLS", server.port)
        with pytest.raises(Unreachable):
            await server.gateway().send(letter)  # Nobody vouches for it.
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        await server.gateway().send(letter)
        assert len(server.taken) == 1


async def test_an_address_the_server_refuses_for_good_is_not_tried_again(
    server: MailServer,
) -> None:
    server.recipient = "550 No such mailbox"
    with pytest.raises(Unsendable) as refusal:
        await server.gateway().send(letter)
    assert refusal.value.reason == "address_refused"


async def test_an_address_that_no_line_of_smtp_says_is_not_tried_again(server: MailServer) -> None:
    with pytest.raises(Unsendable) as refusal:
        await server.gateway().send(replace(letter, to="a\x01da@example.com"))
    assert (refusal.value.reason, server.taken) == ("address_refused", [])


async def test_a_server_that_refuses_us_says_nothing_about_the_address(server: MailServer) -> None:
    server.recipient = "550 5.7.1 Your network is not welcome here"
    with pytest.raises(Unsendable) as refusal:
        await server.gateway().send(letter)
    assert refusal.value.reason == "refused_by_mail_server"


async def test_a_mail_program_finds_the_way_out_in_one_piece(server: MailServer) -> None:
    """Folded or encoded, the address would be no address."""
    way_out = WayOut("announcement", f"https://tessera.example/{'x' * 400}", "https://t.example/u")
    words = Words("Échecs : " + "é" * 200, "Bonjour **à** <b>toutes</b>")
    await server.gateway().send(replace(letter, words=words, way_out=way_out))
    (taken,) = server.taken
    assert f"\r\nList-Unsubscribe: <{way_out.one_click}>\r\n".encode() in taken
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in taken
    message = email.message_from_bytes(taken, policy=email.policy.default)
    assert message["Subject"] == words.subject
    plain, html = message.iter_parts()
    assert "https://t.example/u" in plain.get_content()
    assert "Bonjour <strong>à</strong> &lt;b&gt;toutes&lt;/b&gt;" in html.get_content()


async def test_a_letter_the_server_may_have_taken_is_not_known_to_be_lost(
    server: MailServer,
) -> None:
    """It hangs up when it has everything: who must not send twice is told so."""
    server.hangs_up = True
    with pytest.raises(Unsure):
        await server.gateway().send(letter)
    assert len(server.taken) == 1


async def test_a_letter_the_server_refuses_for_good_is_not_tried_again(
    server: MailServer,
) -> None:
    server.message = "554 Spam"
    with pytest.raises(Unsendable):
        await server.gateway().send(letter)


async def test_a_server_that_is_busy_is_tried_again(server: MailServer) -> None:
    server.recipient = "450 Try again later"
    with pytest.raises(Unreachable):
        await server.gateway().send(letter)
    server.recipient, server.message = "250 OK", "451 Try again later"
    with pytest.raises(Unreachable):
        await server.gateway().send(letter)


async def test_a_server_that_is_away_is_tried_again() -> None:
    with pytest.raises(Unreachable):
        await MailServer(free_port()).gateway().send(letter)
