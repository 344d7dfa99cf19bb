"""A resolver on loopback: TXT records as a test sets them, and every way in which there is no answer."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from deploy.local.settings import HOST

Texts = tuple[str, ...]


class Zone(asyncio.DatagramProtocol):
    """`texts` by name in lower case; a name that is not there is NXDOMAIN, one in `silent` is never answered."""

    def __init__(self) -> None:
        self.texts: dict[str, Texts] = {}
        self.failing: set[str] = set()
        self.silent: set[str] = set()
        self.asked: list[str] = []
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        try:
            query = dns.message.from_wire(data)
        except dns.exception.DNSException:
            return
        (question,) = query.question
        name = question.name.to_text(omit_final_dot=True).lower()
        self.asked.append(name)
        if name in self.silent or self._transport is None:
            return
        self._transport.sendto(self._answer(query, question, name).to_wire(), addr)

    def _answer(
        self, query: dns.message.Message, question: dns.rrset.RRset, name: str
    ) -> dns.message.Message:
        answer = dns.message.make_response(query)
        if name in self.failing:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self.texts:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif question.rdtype == dns.rdatatype.TXT and self.texts[name]:
            quoted = [_quoted(text) for text in self.texts[name]]
            answer.answer.append(dns.rrset.from_text(question.name, 0, "IN", "TXT", *quoted))
        return answer


def _quoted(text: str) -> str:
    """A character string of DNS holds 255 bytes: a longer text is several."""
    return " ".join(f'"{text[start : start + 255]}"' for start in range(0, len(text), 255))


@contextlib.asynccontextmanager
async def zone() -> AsyncIterator[tuple[Zone, str]]:
    """The zone, and the host:port where it is asked."""
    # Not `free_port`, which holds the port by a socket of this very kind.
    transport, served = await asyncio.get_running_loop().create_datagram_endpoint(
        Zone, local_addr=(HOST, 0)
    )
    try:
        yield served, f"{HOST}:{transport.get_extra_info('sockname')[1]}"
    finally:
        transport.close()
