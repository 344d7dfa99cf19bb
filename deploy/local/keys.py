"""The secrets of one local stack: made once, kept in its state folder for its owner's eyes only, printed nowhere."""

import base64
import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

from deploy.local.settings import SERVICES

KEY_BYTES = 32

Jwk = dict[str, str]


@dataclass(frozen=True, slots=True)
class Keys:
    """Every secret of the stack."""

    database_password: str
    webhook_secret: str
    paypal_secret: str
    paypal_authority: str
    service_secrets: dict[str, str]
    key_encryption_keys: dict[str, str]
    token_key: Jwk
    quote_key: Jwk

    @classmethod
    def of(cls, state: Path) -> Self:
        """The keys of this stack, made now if it has none, or not yet all."""
        path = state / "keys.json"
        known = json.loads(path.read_text()) if path.exists() else {}
        if {one.name for one in fields(cls)} - set(known):
            fresh = path.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_text(json.dumps(asdict(cls.made()) | known))
            fresh.rename(path)
        return cls(**json.loads(path.read_text()))

    @classmethod
    def made(cls) -> Self:
        """New ones, which nobody else knows."""
        return cls(
            database_password=secrets.token_hex(16),
            webhook_secret=f"whsec_{secrets.token_hex(24)}",
            paypal_secret=secrets.token_hex(KEY_BYTES),
            paypal_authority=_authority(),
            service_secrets={service: secrets.token_hex(KEY_BYTES) for service in SERVICES},
            key_encryption_keys={service: _base64(os.urandom(KEY_BYTES)) for service in SERVICES},
            token_key=_ed25519(),
            quote_key=_ed25519(),
        )


def public(*keys: Jwk) -> str:
    """The key set that others verify with: the private part left out."""
    return json.dumps({"keys": [{name: key[name] for name in key if name != "d"} for key in keys]})


def _ed25519() -> Jwk:
    """A private JWK whose `kid` is its thumbprint (RFC 7638)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - once a stack

    private = Ed25519PrivateKey.generate()
    named = {
        "crv": "Ed25519",
        "kty": "OKP",
        "x": _unpadded(private.public_key().public_bytes_raw()),
    }
    canonical = json.dumps(named, separators=(",", ":"), sort_keys=True)
    thumbprint = _unpadded(hashlib.sha256(canonical.encode()).digest())
    secret = _unpadded(private.private_bytes_raw())
    return named | {"alg": "EdDSA", "use": "sig", "kid": thumbprint, "d": secret}


def _authority() -> str:
    """The key of who vouches for what the PayPal double signs."""
    from deploy.local.paypal_authority import Authority  # noqa: PLC0415 - once a stack

    return Authority().kept()


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def _unpadded(raw: bytes) -> str:
    return _base64(raw).rstrip("=")
