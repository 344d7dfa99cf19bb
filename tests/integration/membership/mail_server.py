"""A real mail server on loopback, willing or not."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.settings import HOST, free_port
from services.membership.gateways.smtp_gateway import SmtpGateway


@dataclass
class MailServer:
    """Takes or refuses what it is given, as told."""

    port: int
    recipient: str = "250 OK"
    message: str = "250 OK"
    hangs_up: bool = False
    seconds: float = 0.0
    taken: list[bytes] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - SMTP's verb
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(  # noqa: N802
        self, protocol: SMTP, _: Session, envelope: Envelope
    ) -> str:
        self.taken.append(envelope.original_content or b"")
        await asyncio.sleep(self.seconds)
        if self.hangs_up and protocol.transport is not None:
            protocol.transport.close()
        return self.message

    def gateway(self) -> SmtpGateway:
        return SmtpGateway(f"{HOST}:{self.port}", "Tessera <hello@tessera.example>")


@contextlib.asynccontextmanager
async def listening(tls: ssl.SSLContext | None = None) -> AsyncIterator[MailServer]:
    """With `tls` it speaks nothing else, from the first byte on."""
    double, loop = MailServer(free_port()), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(double), HOST, double.port, ssl=tls)
    async with server:
        yield double
