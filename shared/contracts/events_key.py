"""tessera.events.key.v1: the public keys that quotes are signed with."""

from typing import ClassVar

from shared.contracts.contract import CodeText, Contract


class QuoteKeyPublished(Contract):
    """An Ed25519 public key: `kid` and the JWK's `x` (urlsafe base64). Of no community (the nil id)."""

    topic: ClassVar[str] = "tessera.events.key.v1"

    kid: CodeText
    x: CodeText
