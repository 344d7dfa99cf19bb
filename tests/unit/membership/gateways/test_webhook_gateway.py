"""What a receiver checks, reckoned by hand; and that no socket is opened for a name that stands for one of ours."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from services.membership.gateways.gateway import Parcel
from services.membership.gateways.webhook_gateway import WebhookGateway, signed

keys = (b"k" * 32, b"o" * 32)
secrets = tuple("whsec_" + base64.b64encode(key).decode() for key in keys)
noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
parcel = Parcel("https://crm.example/hook", UUID(int=7), '{"name":"Fête"}'.encode(), secrets)


def by_hand(key: bytes) -> str:
    said = b"%s.%d." % (str(parcel.message_id).encode(), noon.timestamp()) + parcel.body
    return "v1," + base64.b64encode(hmac.digest(key, said, hashlib.sha256)).decode()


def test_each_secret_that_is_good_signs() -> None:
    headers = dict(signed(parcel, noon))
    assert headers[b"webhook-id"] == str(parcel.message_id).encode()
    assert headers[b"webhook-timestamp"] == b"1772366400"
    assert headers[b"webhook-signature"].decode().split(" ") == [by_hand(key) for key in keys]


def test_a_secret_is_one_that_every_library_takes() -> None:
    for secret, key in zip(secrets, keys, strict=True):
        assert Webhook(secret).sign(str(parcel.message_id), noon, parcel.body.decode()) == by_hand(
            key
        )


def test_a_parcel_shows_no_secret() -> None:
    assert "whsec" not in repr(parcel)


def resolving_to(*addresses: str) -> WebhookGateway:
    async def resolve(_: str, __: int) -> Sequence[str]:
        return addresses

    return WebhookGateway(resolve=resolve)


@pytest.mark.parametrize(
    "addresses",
    [
        (),
        ("127.0.0.1",),
        ("169.254.169.254",),
        ("10.0.0.7", "1.1.1.1"),
        ("1.1.1.1", "10.0.0.7"),
        ("1.1.1.1", "::1"),
        ("::ffff:127.0.0.1",),
        ("fe80::1%eth0",),
        ("64:ff9b::7f00:1",),
        ("0.0.0.0",),  # noqa: S104 - it is what must not be reached
    ],
)
async def test_a_name_with_any_address_of_ours_is_not_called(addresses: tuple[str, ...]) -> None:
    async with resolving_to(*addresses).round() as trip:
        receipt = await trip.deliver(parcel)
    assert (receipt.failure, receipt.status) == ("address_refused", None)


async def test_an_address_that_slipped_into_the_log_is_checked_again() -> None:
    async with resolving_to("1.1.1.1").round() as trip:
        for url in ("http://crm.example/", "https://127.0.0.1/", "https://a@crm.example/"):
            receipt = await trip.deliver(Parcel(url, UUID(int=7), b"{}", secrets))
            assert receipt.failure == "address_refused"
