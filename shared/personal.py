"""Personal data: sealed under keys that can be destroyed, found by tokens that can be deleted."""

import base64
import secrets
from collections.abc import Sequence
from uuid import UUID

import asyncpg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.event_store import Forget, Keep, Lookup, NewKey
from shared.ids import Code, PersonId, keyed, uuid8
from shared.personal_value import Retention, Sealed
from shared.together import Together

NONCE = 12


class Unreadable(Exception):
    """A key is there but opens nothing: the wrong key-encryption key, or damage. Never taken for an erasure."""


class Vault:
    """The keys of one service. `keks` maps a key-encryption key's id to its 32 bytes; the first wraps new keys.

    There is no cache of keys, so an erasure takes effect at once.
    """

    def __init__(
        self, service: str, pool: asyncpg.Pool, keks: dict[str, bytes], secret: bytes
    ) -> None:
        self._schema = f'"{service}_personal"'
        self._pool = pool
        self._keks = keks
        self._secret = secret
        self._kept = Together(self._read_keys)
        self._found = Together(self._read_lookups)

    def sealer(self) -> "Sealer":
        """For one request: it remembers the keys it made until they are stored with the request's events."""
        return Sealer(self)

    async def open(self, values: Sequence[Sealed | None]) -> list[str | None]:
        """The plaintexts, None where the person was erased. One query for all; Unreadable when a key fails."""
        wanted = {(value.person_id, value.retention) for value in values if value is not None}
        keys = await self.keys(wanted)
        return [
            None
            if value is None or (key := keys.get((value.person_id, value.retention))) is None
            else _open(key, value)
            for value in values
        ]

    async def keys(
        self, wanted: set[tuple[PersonId, Retention]]
    ) -> dict[tuple[PersonId, Retention], bytes]:
        """The unwrapped keys that exist."""
        return {
            (PersonId(row["person_id"]), row["retention"]): self._unwrap(
                row["person_id"], row["retention"], row["kek_id"], row["wrapped"]
            )
            for row in (await self._kept.ask(wanted) if wanted else [])
        }

    async def _read_keys(
        self, asked: Sequence[set[tuple[PersonId, Retention]]]
    ) -> Sequence[list[asyncpg.Record]]:
        rows = await self._pool.fetch(
            f"SELECT person_id, retention, kek_id, wrapped FROM {self._schema}.keys k"
            " WHERE (person_id, retention) IN (SELECT * FROM unnest($1::uuid[], $2::text[]))"
            " AND (keep_until IS NULL OR keep_until > clock_timestamp())",
            *zip(*set().union(*asked), strict=True),
        )
        return [
            [row for row in rows if (row["person_id"], row["retention"]) in wanted]
            for wanted in asked
        ]

    def token(self, kind: str, community_id: UUID, text: str) -> UUID:
        """What `text` is looked up by: an HMAC under the service's secret, bound to kind and community."""
        return uuid8(keyed(self._secret, "lookup", kind, str(community_id), text.strip().lower()))

    def lookup(self, kind: str, community_id: UUID, text: str, person_id: UUID) -> Lookup:
        """The claim that `text` finds `person_id`."""
        return Lookup(community_id, kind, self.token(kind, community_id, text), person_id)

    async def find(self, kind: str, community_id: UUID, text: str) -> UUID | None:
        """Whom `text` finds in the community, None when nobody."""
        return await self._found.ask((community_id, kind, self.token(kind, community_id, text)))

    async def _read_lookups(self, asked: Sequence[tuple[UUID, str, UUID]]) -> Sequence[UUID | None]:
        rows = await self._pool.fetch(
            f"SELECT (SELECT person_id FROM {self._schema}.lookups WHERE (community_id, kind, token) = (c, k, t))"
            " FROM unnest($1::uuid[], $2::text[], $3::uuid[]) WITH ORDINALITY w(c, k, t, number) ORDER BY number",
            *zip(*asked, strict=True),
        )
        return [row[0] for row in rows]

    async def destroy_again(self, erased: Sequence[Forget]) -> None:
        """After a restore of the key store: destroy what the log says was destroyed, and date the rest."""
        persons = [forget.person_id for forget in erased]
        keep_until = [forget.keep_until for forget in erased]
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                f"INSERT INTO {self._schema}.erasures (person_id) SELECT unnest($1::uuid[])"
                " ON CONFLICT DO NOTHING",
                persons,
            )
            await connection.execute(
                f"DELETE FROM {self._schema}.lookups WHERE person_id = ANY ($1)", persons
            )
            await connection.execute(
                f"DELETE FROM {self._schema}.keys WHERE person_id = ANY ($1)"
                " AND retention <> 'accounting'",
                persons,
            )
            await connection.execute(
                f"UPDATE {self._schema}.keys k SET keep_until = f.keep_until"
                " FROM unnest($1::uuid[], $2::timestamptz[]) f(person, keep_until)"
                " WHERE k.person_id = f.person",
                persons,
                keep_until,
            )

    def new_key(self, person_id: PersonId, retention: Retention) -> tuple[bytes, NewKey]:
        """A fresh key, plain and wrapped."""
        key = secrets.token_bytes(32)
        kek_id, kek = next(iter(self._keks.items()))
        nonce = secrets.token_bytes(NONCE)
        wrapped = nonce + AESGCM(kek).encrypt(nonce, key, _bound(person_id, retention))
        return key, NewKey(person_id, retention, kek_id, wrapped)

    def _unwrap(self, person_id: UUID, retention: str, kek_id: str, wrapped: bytes) -> bytes:
        try:
            kek = self._keks[kek_id]
            return AESGCM(kek).decrypt(
                wrapped[:NONCE], wrapped[NONCE:], _bound(person_id, retention)
            )
        except (KeyError, ValueError, InvalidTag) as error:
            raise Unreadable(
                f"The key of {person_id} ({retention}) cannot be unwrapped with {kek_id}."
            ) from error


class Sealer:
    """Seals texts for one request, and says which keys must be stored with its events."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._keys: dict[tuple[PersonId, Retention], bytes] = {}
        self._new: list[NewKey] = []

    async def seal(
        self, person_id: PersonId, text: str, retention: Retention = "profile"
    ) -> Sealed:
        """`text` under the person's key of this class; a first use makes the key."""
        slot = person_id, retention
        if slot not in self._keys:
            known = await self._vault.keys({slot})
            if slot in known:
                self._keys[slot] = known[slot]
            else:
                self._keys[slot], new = self._vault.new_key(person_id, retention)
                self._new.append(new)
        nonce = secrets.token_bytes(NONCE)
        box = nonce + AESGCM(self._keys[slot]).encrypt(
            nonce, text.encode(), _bound(person_id, retention)
        )
        return Sealed(person_id, retention, Code(base64.urlsafe_b64encode(box).decode()))

    def take_keep(self) -> Keep:
        """The new keys, once: they travel with the write that holds what they seal."""
        keys, self._new = tuple(self._new), []
        return Keep(keys=keys)


def _bound(person_id: UUID, retention: str) -> bytes:
    """Associated data: a box opens only for the person and class it was sealed for."""
    return person_id.bytes + retention.encode()


def _open(key: bytes, value: Sealed) -> str:
    try:
        box = base64.urlsafe_b64decode(value.box)
        bound = _bound(value.person_id, value.retention)
        return AESGCM(key).decrypt(box[:NONCE], box[NONCE:], bound).decode()
    except (ValueError, InvalidTag) as error:
        raise Unreadable(f"A sealed value of {value.person_id} does not open.") from error
