"""Whether a report is PayPal's: its certificate from PayPal's own door, under a root we trust, and its signature."""

import asyncio
import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from services.billing.gateways.gateway import ProcessorUnavailable

ALGORITHM = "SHA256withRSA"
DOOR = "/v1/notifications/certs/"
SIGNERS = {
    "api.paypal.com": "messageverificationcerts.paypal.com",
    "api-m.paypal.com": "messageverificationcerts.paypal.com",
    "api.sandbox.paypal.com": "messageverificationcerts.sandbox.paypal.com",
    "api-m.sandbox.paypal.com": "messageverificationcerts.sandbox.paypal.com",
}
"""By the door of a certificate, the name that must be on it."""
AUTHORITY = b"DigiCert"
"""Whose roots PayPal's certificates are under; of all the others that browsers trust, none is needed."""
TIMEOUT = 10.0
MOST_CERTIFICATES = 16


class NotSigned(Exception):
    """Nothing says that it comes from PayPal."""


class PaypalSignature:
    """Checks offline, but for certificates not seen before. `roots` is a PEM file, None the usual ones."""

    def __init__(self, webhook_id: str, url: str, roots: Path | None = None) -> None:
        self._webhook_id = webhook_id
        self._home = urlsplit(url)
        self._store = Store(_roots(roots))
        self._http = httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False)
        self._chains: dict[str, Sequence[x509.Certificate]] = {}
        self._lock = asyncio.Lock()

    async def close(self) -> None:
        await self._http.aclose()

    async def check(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> None:
        """NotSigned when these very bytes are not PayPal's; ProcessorUnavailable when that cannot be known now."""
        if headers.get("paypal-auth-algo") != ALGORITHM:
            raise NotSigned("Another algorithm.")
        address = headers.get("paypal-cert-url", "")
        name = self._signer_at(address)
        leaf, *between = await self._chain(address)
        said = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if [attribute.value for attribute in said] != [name]:
            raise NotSigned("The certificate has another name.")
        verifier = PolicyBuilder().store(self._store).time(now)
        try:
            verifier.build_server_verifier(x509.DNSName(name)).verify(leaf, between)
            key = leaf.public_key()
            if not isinstance(key, RSAPublicKey):
                raise NotSigned("Another kind of key.")
            signature = b64decode(headers.get("paypal-transmission-sig", ""), validate=True)
            key.verify(signature, self._signed(raw, headers), PKCS1v15(), SHA256())
        except (VerificationError, InvalidSignature, ValueError) as error:
            raise NotSigned(str(error)) from error

    def _signed(self, raw: bytes, headers: Mapping[str, str]) -> bytes:
        told = (headers.get(f"paypal-transmission-{part}", "") for part in ("id", "time"))
        return "|".join((*told, self._webhook_id, str(binascii.crc32(raw)))).encode()

    def _signer_at(self, address: str) -> str:
        """The name that a certificate from there must have. Nothing else is ever fetched: who sends it names it."""
        try:
            there = urlsplit(address)
            bare = not (there.query or there.fragment or there.username or there.port)
        except ValueError as error:
            raise NotSigned("No address of a certificate.") from error
        at_door = there.path.startswith(DOOR) and ".." not in there.path
        if at_door and there.scheme == "https" and bare and there.netloc in SIGNERS:
            # A report of the sandbox says nothing of real money.
            if SIGNERS[there.netloc] == SIGNERS.get(self._home.netloc):
                return SIGNERS[there.netloc]
        elif at_door and (there.scheme, there.netloc) == (self._home.scheme, self._home.netloc):
            return SIGNERS["api.paypal.com"]
        raise NotSigned("The certificate is not at PayPal's door.")

    async def _chain(self, address: str) -> Sequence[x509.Certificate]:
        async with self._lock:
            if address not in self._chains:
                if len(self._chains) >= MOST_CERTIFICATES:
                    self._chains.clear()
                self._chains[address] = await self._fetched(address)
            return self._chains[address]

    async def _fetched(self, address: str) -> Sequence[x509.Certificate]:
        try:
            answer = await self._http.get(address)
        except httpx.HTTPError as error:
            raise ProcessorUnavailable(f"PayPal: {error!r}", retry_after=5) from error
        if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise ProcessorUnavailable(f"PayPal answered {answer.status_code}", retry_after=5)
        try:
            return x509.load_pem_x509_certificates(answer.content)
        except ValueError as error:
            raise NotSigned("There is no certificate there.") from error


def _roots(path: Path | None) -> list[x509.Certificate]:
    if path is not None:
        return x509.load_pem_x509_certificates(path.read_bytes())
    usual = httpx.create_ssl_context().get_ca_certs(binary_form=True)
    return [x509.load_der_x509_certificate(root) for root in usual if AUTHORITY in root]
