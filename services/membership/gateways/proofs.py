"""Keeps sign-in codes and sessions in Postgres, as HMACs that are worth nothing without the service's secret."""

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from shared.clock import real_now
from shared.http import Caller
from shared.ids import AccountId, keyed, random_id

CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
SESSION_LIFE = timedelta(days=30)


class TooMany(Exception):
    """Asked too often; `retry_after` says in how many seconds it is worth another try."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class Proofs:
    """`per_email` and `per_address` are how many codes may be asked for within an hour."""

    def __init__(
        self, pool: asyncpg.Pool, secret: bytes, *, per_email: int, per_address: int
    ) -> None:
        self._pool = pool
        self._secret = secret
        self._per_email, self._per_address = per_email, per_address

    @classmethod
    def of(cls, caller: Caller) -> "Proofs":
        """Those of the caller's service, with its limits."""
        service, settings = caller.service, caller.service.settings
        return cls(
            service.pool,
            service.secret,
            per_email=settings.codes_per_email,
            per_address=settings.codes_per_address,
        )

    async def count(self, email: str, address: str) -> None:
        """One more request by a stranger; TooMany over a limit."""
        await self._count("address", address, self._per_address)
        await self._count("email", email, self._per_email)

    async def issue_code(self, email: str, address: str) -> str:
        """A new code in place of an older one; TooMany over a limit."""
        await self.count(email, address)
        code = f"{secrets.randbelow(1_000_000):06}"
        await self._pool.execute(
            "INSERT INTO sign_in_codes VALUES ($1, $2, $3, clock_timestamp() + $4)"
            " ON CONFLICT (email) DO UPDATE SET (code, tries_left, expires_at)"
            " = (excluded.code, excluded.tries_left, excluded.expires_at)",
            self._hash("email", email),
            self._hash("code", email, code),
            CODE_TRIES,
            CODE_LIFE,
        )
        return code

    async def _count(self, kind: str, who: str, limit: int) -> None:
        """Every request pays for the removal of what is out of date."""
        now = real_now()
        hour = now.replace(minute=0, second=0, microsecond=0)
        await self._pool.execute("DELETE FROM sign_in_requests WHERE hour < $1", hour)
        await self._pool.execute("DELETE FROM sign_in_codes WHERE expires_at < clock_timestamp()")
        count = await self._pool.fetchval(
            "INSERT INTO sign_in_requests AS seen VALUES ($1, $2, 1)"
            " ON CONFLICT (who) DO UPDATE SET count = seen.count + 1 RETURNING count",
            self._hash(kind, who),
            hour,
        )
        if count > limit:
            raise TooMany(int((hour + timedelta(hours=1) - now).total_seconds()) + 1)

    async def redeem_code(self, email: str, code: str) -> bool:
        """Count the try first, so that tries at the same time are counted too."""
        tried = await self._pool.execute(
            "UPDATE sign_in_codes SET tries_left = tries_left - 1"
            " WHERE email = $1 AND tries_left > 0 AND expires_at > clock_timestamp()",
            self._hash("email", email),
        )
        if tried == "UPDATE 0":
            return False
        used = await self._pool.execute(
            "DELETE FROM sign_in_codes WHERE email = $1 AND code = $2",
            self._hash("email", email),
            self._hash("code", email, code),
        )
        return bool(used == "DELETE 1")

    async def open_session(self, account_id: AccountId) -> str:
        """The first refresh token of a new session; sessions that ran out are removed."""
        session_id, secret = random_id(), secrets.token_urlsafe(32)
        await self._pool.execute("DELETE FROM sessions WHERE expires_at < clock_timestamp()")
        await self._pool.execute(
            "INSERT INTO sessions VALUES ($1, $2, $3, clock_timestamp() + $4)",
            session_id,
            account_id,
            self._hash("session", secret),
            SESSION_LIFE,
        )
        return f"{session_id.hex}.{secret}"

    async def holder(self, refresh_token: str) -> AccountId | None:
        """Whose newest token it is, which stays good."""
        session_id, secret = _parts(refresh_token)
        account_id = await self._pool.fetchval(
            "SELECT account_id FROM sessions"
            " WHERE session_id = $1 AND token = $2 AND expires_at > clock_timestamp()",
            session_id,
            self._hash("session", secret),
        )
        return AccountId(account_id) if account_id else None

    async def rotate_session(self, refresh_token: str) -> tuple[AccountId, str] | None:
        """A token that is not the session's newest was stolen, or its thief came first: nobody goes on."""
        session_id, secret = _parts(refresh_token)
        following = secrets.token_urlsafe(32)
        account_id = await self._pool.fetchval(
            "UPDATE sessions SET token = $3, expires_at = clock_timestamp() + $4"
            " WHERE session_id = $1 AND token = $2 AND expires_at > clock_timestamp()"
            " RETURNING account_id",
            session_id,
            self._hash("session", secret),
            self._hash("session", following),
            SESSION_LIFE,
        )
        if account_id is None:
            await self._pool.execute("DELETE FROM sessions WHERE session_id = $1", session_id)
            return None
        return AccountId(account_id), f"{session_id.hex}.{following}"

    async def close_session(self, refresh_token: str) -> None:
        """Sign out."""
        session_id, _ = _parts(refresh_token)
        await self._pool.execute("DELETE FROM sessions WHERE session_id = $1", session_id)

    async def close_sessions_beside(self, refresh_token: str) -> None:
        """Every other session of whoever has this one, wherever they are signed in."""
        session_id, _ = _parts(refresh_token)
        await self._pool.execute(
            "DELETE FROM sessions WHERE session_id <> $1 AND account_id ="
            " (SELECT account_id FROM sessions WHERE session_id = $1 AND expires_at > clock_timestamp())",
            session_id,
        )

    def _hash(self, *parts: str) -> bytes:
        return keyed(self._secret, "proof", *parts)


async def sessions_of(caller: Caller) -> dict[str, Any]:
    """Until when the account stays signed in where it is; nothing is known of where that is."""
    rows = await caller.service.pool.fetch(
        "SELECT session_id, expires_at FROM sessions WHERE account_id = $1"
        " AND expires_at > clock_timestamp() ORDER BY expires_at",
        caller.account_id,
    )
    return {"sessions": [dict(row) for row in rows]}


def _parts(refresh_token: str) -> tuple[UUID, str]:
    """The nil session for what is no token of ours: nobody has it."""
    session_id, _, secret = refresh_token.partition(".")
    try:
        return UUID(hex=session_id), secret
    except ValueError:
        return UUID(int=0), secret
