"""What happened to the keys that quotes are signed with."""

from dataclasses import dataclass

from shared.ids import Code


@dataclass(frozen=True, slots=True)
class KeyAnnounced:
    """Quotes may be signed with the Ed25519 key whose public half is `x` (urlsafe base64)."""

    kid: Code
    x: Code


KeyEvent = KeyAnnounced
