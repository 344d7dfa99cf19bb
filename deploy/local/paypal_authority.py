"""Certificates made here as an authority would: PayPal's own keys sign nothing of ours."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

WEBHOOK_ID = "8PT597110X687430LKGECATA"
SIGNER = "messageverificationcerts.paypal.com"
CERTS = "/v1/notifications/certs/"
YEARS = timedelta(days=3650)


@dataclass
class Signer:
    """A key with a certificate, at PayPal's door."""

    name: str
    key: RSAPrivateKey
    pem: bytes

    def headers(self, raw: bytes, address: str, transmission: str, at: datetime) -> dict[str, str]:
        """What PayPal sends beside these bytes."""
        time = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        text = f"{transmission}|{time}|{WEBHOOK_ID}|{binascii.crc32(raw) & 0xFFFFFFFF}"
        signature = self.key.sign(text.encode(), PKCS1v15(), SHA256())
        return {
            "PayPal-Transmission-Id": transmission,
            "PayPal-Transmission-Time": time,
            "PayPal-Transmission-Sig": base64.b64encode(signature).decode(),
            "PayPal-Cert-Url": f"{address}{CERTS}{self.name}",
            "PayPal-Auth-Algo": "SHA256withRSA",
        }


class Authority:
    """One of its own, and the certificates under it; `above` it there may be another."""

    def __init__(self, above: "Authority | None" = None) -> None:
        self._key = _new_key()
        said = "One in between" if above else "A root of ours"
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, said)])
        self.issued: dict[str, Signer] = {}
        self._usual: Signer | None = None
        self._changes_at = datetime.now(UTC)
        usage = _usage(signs_certificates=True)
        signer = above or self
        own = (
            signer._draft(self._name, self._key, YEARS)  # noqa: SLF001  Another of its kind.
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(signer._key, SHA256())  # noqa: SLF001
        )
        self.pem = own.public_bytes(Encoding.PEM)

    @classmethod
    def read(cls, kept: str) -> Self:
        """The one that was kept."""
        key = load_pem_private_key(kept.encode(), password=None)
        if not isinstance(key, RSAPrivateKey):
            raise TypeError("An authority of ours has a key of RSA.")
        authority = cls()
        authority._key = key
        authority.pem = kept[kept.index("-----BEGIN CERTIFICATE") :].encode()
        return authority

    def kept(self) -> str:
        """Its key and its certificate, to be one again after a restart."""
        form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return (self._key.private_bytes(*form) + self.pem).decode()

    def signer(self) -> Signer:
        """The one that PayPal uses now, which is changed while it is still good."""
        now = datetime.now(UTC)
        if self._usual is None or now >= self._changes_at:
            self._usual, self._changes_at = self.issue(), now + timedelta(days=10)
        return self._usual

    def issue(self, common_name: str = SIGNER, good_for: timedelta = timedelta(days=20)) -> Signer:
        """Another certificate; with a negative time, one that has expired."""
        key = _new_key()
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        leaf = (
            self._draft(subject, key, good_for)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(usage, critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(common_name)]), critical=False)
            .sign(self._key, SHA256())
        )
        name = f"CERT-{leaf.serial_number:x}"  # Another after a restart: whoever has seen one keeps it.
        pem = leaf.public_bytes(Encoding.PEM)
        self.issued[name] = Signer(name, key, pem)
        return self.issued[name]

    def write(self, folder: Path) -> Path:
        """The root, where settings can name it."""
        path = folder / "root.pem"
        path.write_bytes(self.pem)
        return path

    def _draft(
        self, subject: x509.Name, key: RSAPrivateKey, good_for: timedelta
    ) -> x509.CertificateBuilder:
        today = datetime.now(UTC)
        own, issuer = key.public_key(), self._key.public_key()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(own)
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - timedelta(days=40))
            .not_valid_after(today + good_for)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(own), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False
            )
        )


def _new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
