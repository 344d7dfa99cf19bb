"""The development mailbox: takes every mail, delivers none, and shows the last 500."""

import argparse
import asyncio
import email
import email.policy
import itertools
import re
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from html import escape

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from deploy.local.page import page
from deploy.local.settings import HOST

KEPT = 500
LARGEST_MAIL = 1024 * 1024
LINK = re.compile(r"https?://[^\s<>\"']+")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it came in."""

    id: int
    at: str
    sender: str
    to: list[str]
    subject: str
    text: str
    html: str


class Mailbox:
    """The newest mails, in memory only."""

    def __init__(self) -> None:
        self._mails: deque[Mail] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)

    def keep(self, sender: str, to: list[str], content: bytes) -> None:
        """Take in a mail."""
        message = email.message_from_bytes(content, policy=email.policy.default)
        mail = Mail(
            id=next(self._numbers),
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            sender=sender,
            to=to,
            subject=str(message["subject"] or ""),
            text=_body(message, "plain"),
            html=_body(message, "html"),
        )
        self._mails.appendleft(mail)

    def newest_first(self, to: str = "") -> list[Mail]:
        """Every mail kept, or those to one address."""
        wanted = to.casefold()
        return [
            mail
            for mail in self._mails
            if not wanted or wanted in (address.casefold() for address in mail.to)
        ]


def mailbox_page(mails: list[Mail], to: str) -> str:
    """The mails as a person reads them."""
    whose = f"to {to}" if to else "from the whole stack"
    lead = f"{len(mails)} mails {whose}, newest first. Nothing here leaves this machine."
    body = "\n".join(_article(mail) for mail in mails) or '<p class="dim">No mail yet.</p>'
    return page("Mailbox", lead, body)


def _article(mail: Mail) -> str:
    plain = f"<pre>{_with_links(mail.text)}</pre>"
    body = (
        f"{_drawn(mail)}<details><summary>as plain text</summary>{plain}</details>"
        if mail.html
        else plain
    )
    heading = f"<h2>{escape(mail.subject) or '(no subject)'}</h2>"
    people = f"{escape(mail.sender)} to {escape(', '.join(mail.to))}"
    when = f'<time datetime="{mail.at}">{mail.at[:19].replace("T", " ")} UTC</time>'
    return f'<article>{heading}<p class="dim">{people} · {when}</p>{body}</article>'


def _drawn(mail: Mail) -> str:
    """As its reader sees it, in a sandbox: no script runs, no form is sent; a link opens beside it."""
    inside = escape(mail.html.replace("<head>", '<head><base target="_blank">', 1))
    return (
        f'<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="{inside}"'
        f' title="Mail {mail.id}" loading="lazy"></iframe>'
    )


def _with_links(text: str) -> str:
    pieces, end = [], 0
    for link in LINK.finditer(text):
        url = escape(link.group())
        pieces += [escape(text[end : link.start()]), f'<a href="{url}" rel="noreferrer">{url}</a>']
        end = link.end()
    return "".join([*pieces, escape(text[end:])]).strip()


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())


class Sink:
    """What the SMTP server does with a mail."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 - SMTP's verb
        """Keep it."""
        content = envelope.original_content or b""
        self._mailbox.keep(envelope.mail_from or "", list(envelope.rcpt_tos), content)
        return "250 Kept for the page, delivered to nobody"


def create_app(mailbox: Mailbox, smtp_port: int, host: str = HOST) -> Starlette:
    """The page and the JSON; SMTP listens for as long as they are served."""

    @asynccontextmanager
    async def smtp(_: Starlette) -> AsyncIterator[None]:
        def session() -> SMTP:
            return SMTP(Sink(mailbox), data_size_limit=LARGEST_MAIL, enable_SMTPUTF8=True)

        server = await asyncio.get_running_loop().create_server(session, host, smtp_port)
        async with server:
            yield

    async def html(request: Request) -> Response:
        to = request.query_params.get("to", "")
        return HTMLResponse(mailbox_page(mailbox.newest_first(to), to))

    async def json(request: Request) -> Response:
        mails = mailbox.newest_first(request.query_params.get("to", ""))
        return JSONResponse({"items": [asdict(mail) for mail in mails]})

    routes = [Route("/mailbox", html), Route("/mailbox.json", json)]
    return Starlette(routes=routes, lifespan=smtp)


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default=HOST, help="another in a container")
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    app = create_app(Mailbox(), options.smtp_port, options.host)
    uvicorn.run(app, host=options.host, port=options.port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
