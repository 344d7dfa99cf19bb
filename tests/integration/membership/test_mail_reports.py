"""A letter that comes back later, as RFC 3464 and 5965 write it: what is kept of it, and what follows."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from services.membership.gateways.gateway import Letter
from services.membership.gateways.mail_reports import LetterMark
from services.membership.gateways.smtp_gateway import written
from shared.ids import random_id
from shared.testing import eventually
from tests.integration.membership.house import BASE, House, running
from tests.integration.membership.test_preference import outcomes, requested, wanted

SECRET = "handed-on-by-the-mail-server"
PATH = f"{BASE}/webhooks/mail"
ADA = "ada@example.com"


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with running(database_url, mail_reports=SECRET) as service:
        yield service


def bounce(
    letter: Letter, *, status: str = "5.1.1", action: str = "failed", whole: bool = False
) -> bytes:
    """What a mail server sends back, with the letter or with its headers alone."""
    sent = written(letter, "Tessera <hello@tessera.example>").as_bytes()
    kind = "message/rfc822" if whole else "text/rfc822-headers"
    back = sent if whole else sent.partition(b"\n\n")[0] + b"\n"
    return (
        b"From: MAILER-DAEMON@mx.example\nTo: hello@tessera.example\nSubject: Undelivered Mail\n"
        b"Message-ID: <20261130.1@mx.example>\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        b"--b\nContent-Type: text/plain\n\nI'm sorry to have to inform you.\n\n"
        b"--b\nContent-Type: message/delivery-status\n\n"
        b"Reporting-MTA: dns; mx.example\n\n"
        + f"Final-Recipient: rfc822; {letter.to}\nAction: {action}\nStatus: {status}\n\n".encode()
        + f"--b\nContent-Type: {kind}\n\n".encode()
        + back
        + b"\n--b--\n"
    )


def complaint(letter: Letter, kind: str = "abuse") -> bytes:
    sent = written(letter, "Tessera <hello@tessera.example>").as_bytes()
    return (
        b"From: abuse@mail.example\nTo: hello@tessera.example\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n'
        b"--b\nContent-Type: text/plain\n\nThis is an email abuse report.\n\n"
        b"--b\nContent-Type: message/feedback-report\n\n"
        + f"Feedback-Type: {kind}\nUser-Agent: Mail/1\nVersion: 1\n\n".encode()
        + b"--b\nContent-Type: message/rfc822\n\n"
        + sent
        + b"\n--b--\n"
    )


async def reported(house: House, raw: bytes, secret: str = SECRET, status: int = 200) -> int:
    headers = {"X-Report-Secret": secret, "Content-Type": "message/rfc822"}
    answer = await house.client.post(PATH, content=raw, headers=headers)
    assert answer.status_code == status, answer.text
    return int(answer.json().get("new", 0))


async def written_to(house: House, template: str) -> tuple[str, str, str, Letter]:
    """A member who has had a letter: the community, its owner's token, who they are, and the letter."""
    community_id, owner = await house.community("olga@example.com")
    ada, _ = await house.join(ADA, community_id)
    await house.hear(requested(community_id, ada, template))
    await eventually(lambda: outcomes(house))
    (letter,) = [one for one in house.mailbox.to(ADA) if one.template == template]
    return community_id, owner, ada, letter


async def bounces(house: House, owner: str) -> list[str]:
    told = await house.call("GET", "/bounces", token=owner)
    return [one["person_id"] for one in told["items"]]


@pytest.mark.parametrize("whole", [True, False])
async def test_a_letter_that_comes_back_later_bounced_until_another_address_is_said(
    house: House,
    whole: bool,  # noqa: FBT001
) -> None:
    community_id, owner, ada, letter = await written_to(house, "ticket_cancelled")
    assert await reported(house, bounce(letter, whole=whole)) == 1
    assert await reported(house, bounce(letter, whole=whole)) == 0
    await house.eventually(lambda: bounces(house, owner), [ada])
    assert await outcomes(house) == [("ticket_cancelled", "address_refused")]
    # The next server on the way takes every letter: that says nothing.
    await house.hear(requested(community_id, ada, "ticket_cancelled"))
    await eventually(lambda: outcomes(house), lambda seen: len(seen) == 2)
    assert await bounces(house, owner) == [ada]


@pytest.mark.parametrize(
    ("status", "action"), [("4.2.2", "delayed"), ("5.7.1", "failed"), ("2.0.0", "delivered")]
)
async def test_what_says_nothing_final_of_an_address_is_passed_over(
    house: House, status: str, action: str
) -> None:
    _, owner, _, letter = await written_to(house, "ticket_cancelled")
    assert await reported(house, bounce(letter, status=status, action=action)) == 0
    assert await bounces(house, owner) == []


async def test_who_calls_it_unwanted_gets_what_they_need_and_nothing_else(house: House) -> None:
    _, owner, ada, letter = await written_to(house, "goal_reminder")
    assert await reported(house, complaint(letter, "fraud")) == 0
    assert await reported(house, complaint(letter)) == 1
    await house.eventually(
        lambda: wanted(house, ada, owner),
        {"transactional": True, "announcement": False, "reminder": False},
    )
    assert await bounces(house, owner) == []


async def test_nothing_is_kept_of_a_report_but_which_letter_it_is_about(house: House) -> None:
    _, _, _, letter = await written_to(house, "ticket_cancelled")
    await reported(house, bounce(letter, whole=True))
    (kept,) = await house.service.pool.fetch("SELECT value FROM inbox WHERE source = 'mail'")
    assert ADA not in kept["value"]
    assert "Blitz" not in kept["value"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00 no mail at all",
        b"Subject: I am on holiday\n\nUntil Monday.",
        b'Content-Type: multipart/report; boundary="b"\n\n--b\nContent-Type: message/delivery-status\n\n',
        b'Content-Type: multipart/report; boundary="b"\n\n--b\nContent-Type: message/rfc822\n\n--b--',
    ],
)
async def test_what_is_no_report_is_passed_over(house: House, raw: bytes) -> None:
    assert await reported(house, raw) == 0


async def test_reports_of_letters_that_are_not_ours_change_nothing(house: House) -> None:
    _, owner, _, letter = await written_to(house, "ticket_cancelled")
    (code,) = [one for one in house.mailbox.to(ADA) if one.template == "sign_in_code"][:1]
    assert await reported(house, bounce(code)) == 0
    unknown = LetterMark(random_id(), random_id()).written()
    assert await reported(house, bounce(replace(letter, mark=unknown))) == 1
    await house.quiet()
    assert await bounces(house, owner) == []
    assert await outcomes(house) == [("ticket_cancelled", None)]


async def test_only_who_knows_the_secret_reports(house: House) -> None:
    _, owner, _, letter = await written_to(house, "ticket_cancelled")
    await reported(house, bounce(letter), "guessed", 403)
    await reported(house, bounce(letter), "", 403)
    assert await bounces(house, owner) == []


async def test_without_a_secret_no_reports_are_taken(database_url: str) -> None:
    async with running(database_url) as house:
        await reported(house, b"", "", 404)
