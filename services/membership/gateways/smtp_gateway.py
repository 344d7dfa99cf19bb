"""Writes letters from the templates in letters/ and posts them by SMTP."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import formataddr, parseaddr
from html import escape
from pathlib import Path
from typing import assert_never
from zoneinfo import ZoneInfo

import aiosmtplib

from services.membership.gateways.gateway import Language, Letter, Unreachable, Unsendable, Value
from shared.money import Money

TIMEOUT = 10.0
PERMANENT = 500

# Each file: the subject, an empty line, the paragraphs.
TEMPLATES = {
    path.stem: path.read_text()
    for path in sorted((Path(__file__).parent / "letters").glob("*.txt"))
}
MONTHS: dict[Language, str] = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}


class SmtpGateway:
    """One mail server, one connection per letter."""

    def __init__(
        self, address: str, mail_from: str, username: str | None = None, password: str | None = None
    ) -> None:
        host, _, port = address.rpartition(":")
        self._host, self._port = host, int(port)
        self._mail_from = mail_from
        self._username, self._password = username, password

    async def send(self, letter: Letter) -> None:
        """Post the letter, as `gateway.Post` says."""
        message = written(letter, self._mail_from)
        try:
            await aiosmtplib.send(
                message,
                hostname=self._host,
                port=self._port,
                username=self._username,
                password=self._password,
                timeout=TIMEOUT,
            )
        except aiosmtplib.SMTPRecipientsRefused as refusal:
            raise _judged(refusal.recipients[0].code) from refusal
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as refusal:
            raise _judged(refusal.code) from refusal
        except aiosmtplib.SMTPNotSupported as refusal:
            raise Unsendable("refused_by_mail_server") from refusal
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unreachable("The mail server does not answer.") from error


def _judged(code: int) -> Unsendable | Unreachable:
    if code >= PERMANENT:
        return Unsendable("refused_by_mail_server")
    return Unreachable(f"The mail server answered {code}.")


def written(letter: Letter, mail_from: str) -> EmailMessage:
    """The letter as a message of two equal parts, plain and HTML, under its sender's name."""
    template = TEMPLATES.get(f"{letter.template}.{letter.language}")
    if template is None:
        raise Unsendable("unknown_template")
    values = {name: _spoken(value, letter) for name, value in letter.values.items()}
    sender = _spoken(letter.sender, letter)
    try:
        text = template.format_map({**values, "sender": sender})
    except KeyError as missing:
        raise Unsendable("incomplete_values") from missing
    subject, *paragraphs = text.strip().split("\n\n")
    address = parseaddr(mail_from)[1]
    message = EmailMessage()
    message["From"] = formataddr((sender, address))
    message["To"] = letter.to
    message["Subject"] = subject
    message["Message-ID"] = f"<{letter.key}@{address.rpartition('@')[2]}>"
    link = [letter.link] if letter.link else []
    message.set_content("\n\n".join([*paragraphs, *link]) + "\n")
    message.add_alternative(_html(letter, paragraphs), subtype="html")
    return message


def _html(letter: Letter, paragraphs: list[str]) -> str:
    body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    link = (
        f'<p><a href="{escape(letter.link)}">{escape(letter.link)}</a></p>' if letter.link else ""
    )
    return (
        f'<!doctype html><html lang="{letter.language}"><meta charset="utf-8">'
        '<body style="font: 16px/1.5 sans-serif; max-width: 36em; margin: 2em auto">'
        f"<h1>{escape(letter.sender)}</h1>{body}{link}</body></html>"
    )


def _spoken(value: Value, letter: Letter) -> str:
    """A value as people write it, on one line: a label with a line break must not become a header."""
    match value:
        case datetime():
            local = value.astimezone(ZoneInfo(letter.time_zone))
            month = MONTHS[letter.language].split()[local.month - 1]
            return f"{local.day} {month} {local.year}, {local:%H:%M} ({letter.time_zone})"
        case Money():
            return str(value).replace(".", "," if letter.language == "fr" else ".")
        case int():
            return str(value)
        case str():
            return " ".join(value.split())
        case _:
            assert_never(value)
