"""Posts letters by SMTP, as messages of two equal parts."""

import contextlib
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import Policy, default
from email.utils import formataddr, parseaddr

import aiosmtplib

from services.membership.gateways.gateway import ABOUT_US, Letter, Unreachable, Unsendable, Unsure
from services.membership.gateways.pages import drawn

TIMEOUT = 10.0
IMPLICIT_TLS = 465
"""On this port a mail server speaks TLS from the first byte on (RFC 8314); elsewhere it may offer it."""

PERMANENT = 500


class _OneLine(UnstructuredHeader, BaseHeader):
    """The library folds and encodes a long address within <>, and no program can follow what comes out."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


HEADERS = HeaderRegistry()
HEADERS.map_to_type("list-unsubscribe", _OneLine)
POLICY = default.clone(header_factory=HEADERS)


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
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._username,
            password=self._password,
            timeout=TIMEOUT,
            use_tls=self._port == IMPLICIT_TLS,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unreachable("The mail server does not answer.") from error
        try:
            await _hand_over(client, message)
        finally:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await client.quit()


async def _hand_over(client: aiosmtplib.SMTP, message: EmailMessage) -> None:
    try:
        await client.send_message(message)
    except aiosmtplib.SMTPRecipientsRefused as refusal:
        raise _judged_address(refusal.recipients[0]) from refusal
    except aiosmtplib.SMTPResponseException as refusal:
        raise _judged(refusal.code) from refusal
    except ValueError as malformed:  # No line of SMTP says such an address.
        raise Unsendable("address_refused") from malformed
    except aiosmtplib.SMTPNotSupported as refusal:
        raise Unsendable("refused_by_mail_server") from refusal
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Unsure("The mail server stopped answering.") from error


def _judged_address(refusal: aiosmtplib.SMTPRecipientRefused) -> Unsendable | Unreachable:
    """A server that does not like us says nothing about the address."""
    if refusal.code >= PERMANENT and not refusal.message.startswith(ABOUT_US):
        return Unsendable("address_refused")
    return _judged(refusal.code)


def _judged(code: int) -> Unsendable | Unreachable:
    if code >= PERMANENT:
        return Unsendable("refused_by_mail_server")
    return Unreachable(f"The mail server answered {code}.")


def written(letter: Letter, mail_from: str) -> EmailMessage:
    """The letter as a message under its sender's name; with a way out of it, where it has one (RFC 8058)."""
    page = drawn(letter)
    address = parseaddr(mail_from)[1]
    message = EmailMessage(policy=POLICY)
    message["From"] = formataddr((" ".join(letter.sender.split()), address))
    message["To"] = letter.to
    message["Subject"] = page.subject
    message["Message-ID"] = f"<{letter.mark or letter.key}@{address.rpartition('@')[2]}>"
    if letter.way_out:
        message["List-Unsubscribe"] = f"<{letter.way_out.one_click}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(page.plain)
    message.add_alternative(page.html, subtype="html")
    return message
