"""The environment events reads, beside what every service reads."""

import json

from pydantic import Field, SecretStr, field_validator

from shared.takeout.store import StoreSettings


class Settings(StoreSettings):
    quote_key: SecretStr = Field(description="private Ed25519 JWK, with a kid, that signs quotes")

    @field_validator("quote_key")
    @classmethod
    def _is_private_ed25519(cls, value: SecretStr) -> SecretStr:
        jwk = json.loads(value.get_secret_value())
        if jwk.get("crv") != "Ed25519" or not {"kid", "x", "d"} <= jwk.keys():
            message = "must be a private Ed25519 JWK with a kid"
            raise ValueError(message)
        return value
