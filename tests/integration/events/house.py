"""One service on a real Postgres, spoken to by HTTP; what others publish is put into its inbox."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from shared import migrations, worker
from shared.auth import HEARD_ROLES, Principal, TokenSigner
from shared.contracts.contract import Contract
from shared.contracts.membership_community import Role
from shared.http import create_app
from shared.service import Blueprint, Service, opened
from shared.settings import Settings
from shared.testing import eventually
from tests.integration.arrivals import arrival_of

Json = dict[str, Any]
C = TypeVar("C", bound=Contract)
S = TypeVar("S", bound=Settings)


def key_pair(kid: str) -> tuple[str, str]:
    """A private JWK and the JWKS that holds its public half."""
    key = Ed25519PrivateKey.generate()
    private = OKPAlgorithm.to_jwk(key, as_dict=True) | {"kid": kid}
    public = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": kid}
    return json.dumps(private), json.dumps({"keys": [public]})


TOKEN_KEY, TOKEN_KEYS = key_pair("tokens")
SIGNER = TokenSigner(TOKEN_KEY)


def settings_of(cls: type[S], database_url: str, **more: Any) -> S:
    told: Json = {
        "database_url": database_url,
        "kafka": "127.0.0.1:1",
        "secret": "s" * 64,
        "kek": base64.urlsafe_b64encode(b"k" * 32).decode(),
        "token_keys": TOKEN_KEYS,
        "clock": "movable",
        "public_rate": 10_000,
    }
    return cls(**(told | more))


@dataclass(frozen=True)
class Who:
    """Somebody who can sign in."""

    account_id: UUID
    community_id: UUID
    person_id: UUID
    principal: Principal

    @property
    def token(self) -> str:
        """Signed now: a run lasts longer than a token."""
        return SIGNER.sign(self.principal)


def somebody(community_id: UUID, *roles: Role, platform: bool = False) -> Who:
    principal = Principal(
        account_id=uuid4(),
        community_id=community_id,
        person_id=uuid4(),
        roles=roles,
        is_platform_staff=platform,
    )
    assert principal.person_id
    return Who(principal.account_id, community_id, principal.person_id, principal)


class House:
    def __init__(self, service: Service, client: httpx.AsyncClient) -> None:
        self.service = service
        self.client = client

    async def answer(
        self, who: Who | None, method: str, path: str, body: Json | None = None, **headers: str
    ) -> httpx.Response:
        sent = {"Idempotency-Key": str(uuid4())} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        if who:
            sent["Authorization"] = f"Bearer {who.token}"
        return await self.client.request(method, path, json=body, headers=sent)

    async def ask(
        self, who: Who | None, method: str, path: str, body: Json | None = None, **headers: str
    ) -> Json:
        answer = await self.answer(who, method, path, body, **headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        told: Json = answer.json()
        return told

    async def refusal(
        self, who: Who | None, method: str, path: str, body: Json | None = None, **headers: str
    ) -> tuple[int, str]:
        """The status and the code of a no."""
        answer = await self.answer(who, method, path, body, **headers)
        assert answer.is_error, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.status_code, answer.json()["errors"][0]["code"]

    async def hear(self, *contracts: Contract, stream_id: UUID | None = None) -> None:
        """Let another service have published these, one after another."""
        await self.service.inbox.store([arrival_of(one, stream_id) for one in contracts])
        self.service.wakeup.ring("inbox")

    async def told(self, contract: type[C]) -> list[C]:
        """What the relay would have sent of this kind."""
        found: list[C] = []
        for row in await self.service.pool.fetch("SELECT * FROM events ORDER BY position"):
            fact = self.service.store.fact(row)
            for publication in self.service.publications:
                if publication.of is type(fact.body) and publication.to is contract:
                    sent = publication.map(fact)
                    if isinstance(sent, contract):
                        found.append(sent)
        return found

    async def until_told(self, contract: type[C], many: int = 1) -> list[C]:
        return await eventually(lambda: self.told(contract), lambda found: len(found) >= many)

    async def until(
        self, who: Who | None, path: str, accept: Callable[[Json], bool] = bool
    ) -> Json:
        """What a read answers once that is acceptable."""
        return await eventually(lambda: self.ask(who, "GET", path), accept)

    async def move_clock(self, to: datetime) -> None:
        await self.service.move_clock(to)

    async def quiet(self) -> None:
        """Until everything has had its effects, but for Kafka, which is not there."""

        async def look() -> bool:
            quiet = await self.service.quiet()
            return not (quiet.readers_behind or quiet.agenda_due or quiet.agenda_parked)

        await eventually(look)


@contextlib.asynccontextmanager
async def running(plan: Blueprint) -> AsyncIterator[House]:
    """The service with all of its loops but those that need Kafka."""
    connection = await asyncpg.connect(plan.settings.database_url)
    await migrations.migrate(connection, plan.name, plan.migrations)
    await connection.close()
    async with opened(plan) as service:
        if plan.on_start:
            await plan.on_start(service)
        loops = worker.loops(service, worker.Health())
        turning = [
            asyncio.ensure_future(loop())
            for name, loop in loops.items()
            if name not in ("relay", "inbox")
        ]
        transport = httpx.ASGITransport(create_app(service))
        base = f"http://tessera.test/api/{plan.name}/v1"
        try:
            async with httpx.AsyncClient(transport=transport, base_url=base) as client:
                await eventually(lambda: _knows_roles(service))
                yield House(service, client)
        finally:
            stopped = [loop.exception() for loop in turning if loop.done()]
            for loop in turning:
                loop.cancel()
            await asyncio.gather(*turning, return_exceptions=True)
            assert not stopped, stopped


async def _knows_roles(service: Service) -> bool:
    return bool(
        await service.pool.fetchval(
            "SELECT count(*) FROM freshness WHERE reader = $1", HEARD_ROLES.reader
        )
    )
