"""The gateway against real sockets: every way a receiver can misbehave, and that a checked address is held to."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.membership.gateways.gateway import Parcel, Receipt
from services.membership.gateways.webhook_gateway import MOST_EXCERPT, WebhookGateway
from tests.integration.membership.authority import certified
from tests.integration.membership.receiver import HANG, OK, Receiver, answer, listening

SECRETS = ("whsec_" + "c2VjcmV0" * 4,)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with listening() as tool:
        yield tool


def parcel(url: str) -> Parcel:
    return Parcel(url, UUID(int=7), b'{"type":"a"}', SECRETS)


async def sent(url: str, *, within: float = 15.0) -> Receipt:
    gateway = WebhookGateway(to_loopback=True, total_seconds=within)
    async with gateway.round() as trip:
        return await trip.deliver(parcel(url))


async def test_what_is_taken_is_signed_and_timed(receiver: Receiver) -> None:
    receiver.delay = 0.05
    receipt = await sent(receiver.url)
    assert (receipt.failure, receipt.status, receipt.excerpt) == (None, 200, None)
    assert timedelta(milliseconds=50) <= receipt.duration < timedelta(seconds=5)
    (received,) = receiver.seen
    assert received.is_signed_with(SECRETS[0])
    assert received.target == "/hook?tool=crm"
    assert received.headers["host"] == f"127.0.0.1:{receiver.port}"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_yes_is_a_yes(receiver: Receiver, status: int) -> None:
    receiver.says = lambda _: answer(status)
    assert (await sent(receiver.url)).failure is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 418, 422, 429, 500, 502, 503, 600])
async def test_any_no_is_a_no(receiver: Receiver, status: int) -> None:
    receiver.says = lambda _: answer(status, "no")
    receipt = await sent(receiver.url)
    assert (receipt.failure, receipt.status, receipt.excerpt) == ("refused", status, "no")


async def test_gone_is_gone(receiver: Receiver) -> None:
    receiver.says = lambda _: answer(410)
    assert (await sent(receiver.url)).failure == "gone"


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
async def test_nobody_is_followed(receiver: Receiver, status: int) -> None:
    async with listening() as trap:
        receiver.says = lambda _: answer(status, Location=trap.url)
        receipt = await sent(receiver.url)
        assert (receipt.failure, receipt.status) == ("redirected", status)
        assert trap.connections == 0


async def test_who_says_nothing_is_not_waited_for(receiver: Receiver) -> None:
    receiver.says = lambda _: HANG
    began = time.monotonic()
    assert (await sent(receiver.url, within=0.3)).failure == "timeout"
    assert time.monotonic() - began < 3


async def test_who_trickles_is_not_waited_for_either() -> None:
    over = asyncio.Event()

    async def trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while not over.is_set():
            writer.write(b"X-Filler: y\r\n")
            await asyncio.sleep(0.02)
        writer.close()

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert (await sent(f"http://127.0.0.1:{port}/", within=0.5)).failure == "timeout"
    over.set()
    await asyncio.sleep(0.1)
    server.close()


async def test_an_answer_whose_body_never_ends_counts_by_its_status(receiver: Receiver) -> None:
    receiver.says = lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nand so on"
    assert (await sent(receiver.url)).failure is None
    receiver.says = lambda _: b"HTTP/1.1 500 No\r\nContent-Length: 1000000000\r\n\r\nand so on"
    receipt = await sent(receiver.url)
    assert (receipt.failure, receipt.excerpt) == ("refused", "and so on")


async def test_of_a_long_answer_only_the_beginning_is_kept(receiver: Receiver) -> None:
    receiver.says = lambda _: answer(500, "é" * 500_000)
    excerpt = (await sent(receiver.url)).excerpt
    assert excerpt is not None
    assert 0 < len(excerpt.encode()) <= MOST_EXCERPT


async def test_what_a_database_would_choke_on_is_left_out(receiver: Receiver) -> None:
    said = b"a\x00b\x1b[31m\xff\xfe\nc"
    receiver.says = lambda _: b"HTTP/1.1 500 No\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said)
    assert (await sent(receiver.url)).excerpt == "ab[31m\nc"


async def test_a_heading_without_an_end_is_not_read_for_ever(receiver: Receiver) -> None:
    receiver.says = lambda _: b"HTTP/1.1 200 OK\r\n" + b"X-Filler: " + b"x" * 5_000_000
    assert (await sent(receiver.url)).failure == "not_http"


@pytest.mark.parametrize(
    "noise", [b"SSH-2.0-OpenSSH_9\r\n\r\n", b"\x00\x01\x02\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"]
)
async def test_what_is_no_http_is_said_to_be(receiver: Receiver, noise: bytes) -> None:
    receiver.says = lambda _: noise
    assert (await sent(receiver.url)).failure == "not_http"


async def test_who_hangs_up_has_not_taken_it() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert (await sent(f"http://127.0.0.1:{port}/")).failure in ("not_http", "unreachable")
    server.close()
    await server.wait_closed()
    assert (await sent(f"http://127.0.0.1:{port}/")).failure == "unreachable"


@pytest.mark.parametrize(
    ("said", "meant"),
    [("120", 120), ("0", 0), ("soon", None), ("-5", None), ("1" * 40, None), ("", None)],
)
async def test_who_is_busy_may_say_for_how_long(
    receiver: Receiver, said: str, meant: int | None
) -> None:
    receiver.says = lambda _: answer(503, Retry_After=said)
    wanted = None if meant is None else timedelta(seconds=meant)
    assert (await sent(receiver.url)).retry_after == wanted


async def test_one_round_uses_one_connection(receiver: Receiver) -> None:
    async with WebhookGateway(to_loopback=True).round() as trip:
        for _ in range(5):
            assert (await trip.deliver(parcel(receiver.url))).failure is None
    assert (len(receiver.seen), receiver.connections) == (5, 1)


async def test_without_the_setting_this_machine_is_out_of_bounds(receiver: Receiver) -> None:
    async with WebhookGateway().round() as trip:
        for url in (receiver.url, receiver.url.replace("http:", "https:")):
            assert (await trip.deliver(parcel(url))).failure == "address_refused"
    assert receiver.connections == 0


async def test_a_name_nobody_knows_is_said_to_be() -> None:
    assert (await sent("https://nobody.invalid/")).failure == "name_unknown"


@pytest.fixture(scope="module")
def believed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate for crm.example, and a context that believes it."""
    chain = certified("crm.example", tmp_path_factory.mktemp("tls"))
    return chain, ssl.create_default_context(cafile=str(chain))


class Names:
    """A name server that changes its mind: each look-up has the next answer."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, _: int) -> Sequence[str]:
        self.asked.append(host)
        return [self.answers.pop(0)]


async def https(
    believed: tuple[Path, ssl.SSLContext], **settings: object
) -> tuple[asyncio.Server, int]:
    chain, _ = believed
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(chain)

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.read(100)
        writer.write(OK)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=tls)
    return server, server.sockets[0].getsockname()[1]


async def test_the_address_that_was_checked_is_the_one_that_is_called(
    believed: tuple[Path, ssl.SSLContext],
) -> None:
    server, port = await https(believed)
    names = Names("127.0.0.1")
    gateway = WebhookGateway(to_loopback=True, resolve=names, tls=believed[1])
    async with gateway.round() as trip:
        receipt = await trip.deliver(parcel(f"https://crm.example:{port}/hook"))
    assert receipt.failure is None, "the name is looked up once, and the certificate is its own"
    assert names.asked == ["crm.example"]
    server.close()


async def test_a_name_that_changes_its_mind_is_looked_at_each_time(
    believed: tuple[Path, ssl.SSLContext],
) -> None:
    server, port = await https(believed)
    names = Names("127.0.0.1", "10.0.0.1", "169.254.169.254")
    gateway = WebhookGateway(to_loopback=True, resolve=names, tls=believed[1])
    failures = []
    async with gateway.round() as trip:
        for _ in range(3):
            receipt = await trip.deliver(parcel(f"https://crm.example:{port}/hook"))
            failures.append(receipt.failure)
    assert failures == [None, "address_refused", "address_refused"]
    server.close()


async def test_a_certificate_for_another_name_is_not_believed(
    believed: tuple[Path, ssl.SSLContext],
) -> None:
    server, port = await https(believed)
    for tls, host in ((believed[1], "erp.example"), (None, "crm.example")):
        gateway = WebhookGateway(to_loopback=True, resolve=Names("127.0.0.1"), tls=tls)
        async with gateway.round() as trip:
            receipt = await trip.deliver(parcel(f"https://{host}:{port}/hook"))
        assert receipt.failure == "tls"
    server.close()
