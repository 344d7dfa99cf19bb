"""A sealed value: what events and read models hold in place of a person's words."""

import json
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import orjson

from shared.ids import Code, PersonId

Retention = Literal["profile", "accounting"]
"""Which key seals it: `profile` goes at erasure, `accounting` when the law lets it go."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Ciphertext under one person's key of one retention class; `box` is urlsafe base64 of nonce + AES-256-GCM."""

    person_id: PersonId
    retention: Retention
    box: Code

    def to_json(self) -> str:
        """One line of JSON, for a column of a read model."""
        return json.dumps({"p": str(self.person_id), "r": self.retention, "b": self.box})

    @staticmethod
    def from_json(text: str) -> "Sealed":
        """The reverse of `to_json`."""
        raw = orjson.loads(text)
        return Sealed(PersonId(UUID(raw["p"])), raw["r"], Code(raw["b"]))
