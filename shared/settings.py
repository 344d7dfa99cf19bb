"""The environment every service reads, under the prefix TESSERA_. Each service's settings.py adds its own."""

import base64
import json
import ssl
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

KEY_BYTES = 32
# Where an orchestrator mounts one file for each secret.
SECRETS = place if (place := Path("/run/secrets")).is_dir() else None


def _keks(texts: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in texts.split(","):
        kek_id, _, text = part.strip().rpartition(":")
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if len(key) != KEY_BYTES:
            message = "must hold keys of 32 bytes"
            raise ValueError(message)
        found[kek_id or "1"] = key
    return found


def _readable(kek: SecretStr) -> SecretStr:
    _keks(kek.get_secret_value())
    return kek


class Settings(BaseSettings):
    """Read once at start; a missing or wrong variable stops the process with its name."""

    model_config = SettingsConfigDict(
        env_prefix="TESSERA_", extra="ignore", frozen=True, secrets_dir=SECRETS
    )

    database_url: str = Field(description="postgresql:// URL, of where the service's schema is")
    kafka: str = Field(description="host:port, or scram://user:password@host:port?ca=file")
    kafka_replication: int = Field(default=3, ge=1, description="of topics this service creates")
    secret: SecretStr = Field(min_length=32, description="the service's HMAC secret, never changed")
    kek: Annotated[SecretStr, AfterValidator(_readable)] = Field(
        description="id:urlsafe-base64 key-encryption keys, comma separated; the first wraps new keys"
    )
    token_keys: str = Field(description="JWKS with the public keys access tokens are verified with")
    port: int = Field(default=8100, description="the API's port")
    admin_port: int = Field(default=9100, description="health, metrics and documentation")
    host: str = Field(default="127.0.0.1", description="the address to bind to")
    origin: str = Field(default="http://127.0.0.1:8080", description="where people reach the whole")
    clock: Literal["real", "movable"] = Field(
        default="real", description="movable only in development"
    )
    otlp_endpoint: str | None = Field(default=None, description="OTLP/HTTP collector for traces")
    drain_seconds: float = Field(
        default=0, ge=0, le=30, description="how long the API still takes calls after SIGTERM"
    )
    pool_size: int = Field(default=10, ge=2)
    public_rate: float = Field(default=50, gt=0, description="public calls of an address a second")

    @field_validator("token_keys")
    @classmethod
    def _is_jwks(cls, value: str) -> str:
        if not isinstance(json.loads(value).get("keys"), list):
            message = "must be a JWKS document"
            raise ValueError(message)
        return value

    def keks(self) -> dict[str, bytes]:
        """The key-encryption keys by id; a bare key has the id `1`."""
        return _keks(self.kek.get_secret_value())

    def secret_bytes(self) -> bytes:
        """The HMAC secret."""
        return self.secret.get_secret_value().encode()

    def jwks(self) -> dict[str, Any]:
        """The parsed JWKS."""
        keys: dict[str, Any] = json.loads(self.token_keys)
        return keys


def kafka_client(address: str) -> dict[str, Any]:
    """What every client of Kafka is made with. `scram:` is SCRAM-SHA-512 over TLS; `ca` is who signed the brokers."""
    url = urlsplit(address)
    if url.scheme != "scram":
        return {"bootstrap_servers": address}
    who, _, servers = url.netloc.rpartition("@")
    user, password = map(unquote, who.split(":"))
    trusted = ssl.create_default_context(cafile=dict(parse_qsl(url.query)).get("ca"))
    return {
        "bootstrap_servers": servers, "security_protocol": "SASL_SSL", "ssl_context": trusted,
        "sasl_mechanism": "SCRAM-SHA-512", "sasl_plain_username": user, "sasl_plain_password": password,
    }  # fmt: skip
