"""Only what PayPal signed is believed, and nothing is fetched from where it says but PayPal's own door."""

import os
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.local.paypal_authority import WEBHOOK_ID, Authority, Signer
from deploy.local.paypal_double import Report
from deploy.local.settings import HOST, free_port
from services.billing.gateways.gateway import ProcessorUnavailable
from services.billing.gateways.paypal_gateway import LIVE
from services.billing.gateways.paypal_signature import NotSigned, PaypalSignature
from tests.doubles.paypal import Paypal
from tests.doubles.serving import serving

CERTIFICATES = "GET certificate"


@dataclass
class Given:
    paypal: Paypal
    signature: PaypalSignature
    address: str

    def report(self, signed_by: Signer | None = None) -> Report:
        report = self.paypal.report("CHECKOUT.ORDER.APPROVED", {"id": "O-1"})
        signer = signed_by or self.paypal.authority.signer()
        headers = signer.headers(report.raw, self.address, "a-transmission", datetime.now(UTC))
        return replace(report, headers=headers)

    async def check(self, report: Report, **headers: str) -> None:
        told = report.headers | {name.replace("_", "-"): text for name, text in headers.items()}
        by_name = {name.lower(): text for name, text in told.items()}
        await self.signature.check(report.raw, by_name, datetime.now(UTC))


@pytest.fixture
async def given(tmp_path: Path) -> AsyncIterator[Given]:
    paypal = Paypal()
    async with serving(paypal) as address:
        signature = PaypalSignature(WEBHOOK_ID, address, paypal.authority.write(tmp_path))
        try:
            yield Given(paypal, signature, address)
        finally:
            await signature.close()


async def test_what_paypal_signed_is_believed_and_its_certificate_is_fetched_once(
    given: Given,
) -> None:
    for _ in range(3):
        await given.check(given.report())
    assert given.paypal.asked[CERTIFICATES] == 1


async def test_one_byte_more_is_not(given: Given) -> None:
    report = given.report()
    with pytest.raises(NotSigned):
        await given.check(replace(report, raw=report.raw + b" "))


@pytest.mark.parametrize(
    "header",
    [
        {"PayPal_Transmission_Id": "another"},
        {"PayPal_Transmission_Time": "2026-01-01T00:00:00Z"},
        {"PayPal_Transmission_Sig": "AAAA"},
        {"PayPal_Transmission_Sig": "é"},
        {"PayPal_Transmission_Sig": ""},
        {"PayPal_Auth_Algo": "none"},
    ],
)
async def test_nor_are_other_words_beside_it(given: Given, header: dict[str, str]) -> None:
    with pytest.raises(NotSigned):
        await given.check(given.report(), **header)


async def test_a_signature_for_another_receiver_is_not_one_for_us(
    given: Given, tmp_path: Path
) -> None:
    roots = given.paypal.authority.write(tmp_path)
    another = PaypalSignature("another-webhook", given.address, roots)
    headers = {name.lower(): text for name, text in given.report().headers.items()}
    with pytest.raises(NotSigned):
        await another.check(given.report().raw, headers, datetime.now(UTC))
    await another.close()


async def test_a_certificate_under_another_root_is_refused(given: Given) -> None:
    stranger = Authority().issue()
    given.paypal.authority.issued["CERT-stranger"] = stranger
    with pytest.raises(NotSigned):
        await given.check(given.report(replace(stranger, name="CERT-stranger")))


@pytest.mark.parametrize("way", ["sent along", "named", "neither"])
async def test_what_stands_between_is_sent_along_or_named(
    given: Given, tmp_path: Path, way: str
) -> None:
    root = given.paypal.authority
    between = Authority(above=root)
    signer = between.issue()
    sent = signer.pem + between.pem if way == "sent along" else signer.pem
    root.issued["CERT-chain"] = signer = replace(signer, name="CERT-chain", pem=sent)
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(between.pem if way == "named" else root.pem)
    signature = PaypalSignature(WEBHOOK_ID, given.address, trusted)
    under = replace(given, signature=signature)
    if way == "neither":
        with pytest.raises(NotSigned):
            await under.check(under.report(signer))
    else:
        await under.check(under.report(signer))
    await signature.close()


async def test_a_certificate_that_has_expired_is_refused(given: Given) -> None:
    with pytest.raises(NotSigned):
        await given.check(given.report(given.paypal.authority.issue(good_for=timedelta(days=-1))))


async def test_a_certificate_of_somebody_else_under_the_same_root_is_refused(given: Given) -> None:
    with pytest.raises(NotSigned):
        await given.check(given.report(given.paypal.authority.issue("www.example.org")))


async def test_what_is_no_certificate_is_refused(given: Given) -> None:
    with pytest.raises(NotSigned):
        await given.check(
            given.report(), PayPal_Cert_Url=f"{given.address}/v1/notifications/certs/CERT-none"
        )


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://[",
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.evil.test/v1/notifications/certs/CERT-1",
        "https://evil.test/v1/notifications/certs/CERT-1",
        "https://api.paypal.com@evil.test/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/../../oauth2/token",
        "https://api.paypal.com/v1/notifications/certs/CERT-1?next=https://evil.test",
        "https://api.paypal.com/somewhere",
        "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1",
        "file:///etc/passwd",
    ],
)
async def test_nothing_is_fetched_from_elsewhere(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    signature = PaypalSignature(WEBHOOK_ID, LIVE)

    async def fetched(*_: object) -> None:
        pytest.fail("It was fetched.")

    monkeypatch.setattr(PaypalSignature, "_fetched", fetched)
    headers = {"paypal-auth-algo": "SHA256withRSA", "paypal-cert-url": address}
    with pytest.raises(NotSigned):
        await signature.check(b"{}", headers, datetime.now(UTC))
    await signature.close()


async def test_while_paypal_does_not_answer_nobody_knows(tmp_path: Path) -> None:
    address = f"http://{HOST}:{free_port()}"
    signature = PaypalSignature(WEBHOOK_ID, address, Authority().write(tmp_path))
    signer = Authority().issue()
    headers = signer.headers(b"{}", address, "a-transmission", datetime.now(UTC))
    with pytest.raises(ProcessorUnavailable):
        await signature.check(
            b"{}", {name.lower(): text for name, text in headers.items()}, datetime.now(UTC)
        )
    await signature.close()


ORACLE = """
import sys
from OpenSSL import crypto
from paypalrestsdk.notifications import WebhookEvent
transmission, time, webhook, raw, certificate, signature = sys.argv[1:]
body = bytes.fromhex(raw).decode()
certificate = crypto.load_certificate(crypto.FILETYPE_PEM, certificate)
good = WebhookEvent._verify_signature(
    transmission, time, webhook, body, certificate, signature, "sha256"
)
print(good)
"""


def test_paypals_own_library_agrees() -> None:
    """paypalrestsdk is given up by PayPal and needs an old pyOpenSSL, so it lives in an environment of its own."""
    python = os.environ.get("TESSERA_PAYPAL_SDK")
    if not python:
        pytest.skip('TESSERA_PAYPAL_SDK names no python with paypalrestsdk and "pyopenssl<23.3"')
    paypal = Paypal()
    report = paypal.report("CHECKOUT.ORDER.APPROVED", {"id": "O-1"})
    told = report.headers
    certificate = paypal.authority.signer().pem.decode()
    for raw, verdict in ((report.raw, "True"), (report.raw + b" ", "False")):
        said = (
            told["PayPal-Transmission-Id"],
            told["PayPal-Transmission-Time"],
            WEBHOOK_ID,
            raw.hex(),
            certificate,
            told["PayPal-Transmission-Sig"],
        )
        answer = subprocess.run(
            [python, "-c", ORACLE, *said], capture_output=True, text=True, check=True, timeout=60
        )
        assert answer.stdout.split()[-1] == verdict
