"""Membership on a real Postgres, spoken to by HTTP; mail is kept, and what others publish is put into its inbox."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from services.membership.app import blueprint_of
from services.membership.gateways.gateway import Letter, Unreachable
from services.membership.gateways.smtp_gateway import written
from services.membership.settings import Settings
from shared import migrations, worker
from shared.contracts.contract import Contract
from shared.http import create_app
from shared.service import Service, opened
from shared.testing import eventually
from tests.integration.arrivals import arrival_of

BASE = "http://tessera.test/api/membership/v1"
MAIL_FROM = "Tessera <hello@tessera.test>"

Json = dict[str, Any]


@dataclass
class Mailbox:
    """A post that keeps what it is given, as a mail server would see it; it does not reach who is `away`."""

    letters: list[Letter] = field(default_factory=list)
    failure: Exception | None = None
    away: set[str] = field(default_factory=set)

    async def send(self, letter: Letter) -> None:
        if letter.to in self.away:
            message = f"{letter.to} is away."
            raise Unreachable(message)
        if self.failure is not None:
            raise self.failure
        written(letter, MAIL_FROM)
        self.letters.append(letter)

    def to(self, email: str) -> list[Letter]:
        return [letter for letter in self.letters if letter.to == email]

    def code_for(self, email: str) -> str:
        codes = [one for one in self.to(email.lower()) if one.template == "sign_in_code"]
        return str(codes[-1].values["code"])


def code_of(problem: Json) -> str:
    """Why something was refused."""
    return str(problem["errors"][0]["code"])


def link_in(letter: Letter) -> str:
    """The last part of where a letter leads."""
    assert letter.link is not None
    return letter.link.rpartition("/")[2]


class House:
    """One running membership service and those who call it."""

    def __init__(self, service: Service, mailbox: Mailbox, client: httpx.AsyncClient) -> None:
        self.service = service
        self.mailbox = mailbox
        self.client = client
        self._written: str | None = None

    async def call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        token: str | None = None,
        expect: int | None = None,
        **headers: str,
    ) -> Json:
        """The answer, which is of the 2xx kind unless another status is expected; it knows what was written before."""
        sent = {"Idempotency-Key": str(uuid4())} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        if method == "GET" and self._written is not None:
            sent.setdefault("Tessera-Wait-For", self._written)
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        answer = await self.client.request(method, BASE + path, json=body, headers=sent)
        right = answer.is_success if expect is None else answer.status_code == expect
        assert right, f"{method} {path}: {answer.status_code} {answer.text}"
        self._written = answer.headers.get("Tessera-Position", self._written)
        told: Json = answer.json() if answer.content else {}
        return told

    async def sign_in(self, email: str, community_id: str | None = None) -> Json:
        """The tokens of whoever reads this address's mail."""
        await self.call("POST", "/sign-in", {"email": email})
        body = {"grant": "code", "email": email, "code": self.mailbox.code_for(email)}
        return await self.call("POST", "/tokens", body | {"community_id": community_id})

    async def token(self, email: str, community_id: str | None = None) -> str:
        return str((await self.sign_in(email, community_id))["access_token"])

    async def community(self, owner: str, slug: str = "chess", **more: Any) -> tuple[str, str]:
        """A new community, and its owner's token for it."""
        signed_in = await self.sign_in(owner)
        body = {
            "kind": "association",
            "name": "Chess Club",
            "slug": slug,
            "currency": "EUR",
            "time_zone": "Europe/Paris",
        }
        created = await self.call(
            "POST", "/communities", body | more, token=signed_in["access_token"]
        )
        refresh = {
            "grant": "refresh",
            "refresh_token": signed_in["refresh_token"],
            "community_id": created["community_id"],
        }
        renewed = await self.call("POST", "/tokens", refresh)
        return str(created["community_id"]), str(renewed["access_token"])

    async def proof(self, email: str) -> Json:
        """What whoever reads this address's mail can show."""
        await self.call("POST", "/sign-in", {"email": email})
        return {"email": email, "code": self.mailbox.code_for(email)}

    async def tier(self, token: str, name: str, *, paid: bool) -> str:
        """A new tier, which the read models know."""
        defined = await self.call("POST", "/tiers", {"name": name, "paid": paid}, token=token)
        await self.call("GET", "/tiers", token=token, Tessera_Wait_For=defined["position"])
        return str(defined["tier_id"])

    async def join(self, email: str, community_id: str, name: str = "Ada") -> tuple[str, str]:
        """The person, and their token for the community."""
        path = f"/communities/{community_id}/members"
        body = {"name": name, "email": email, "language": "fr"}
        joined = await self.call("POST", path, body, token=await self.token(email))
        return str(joined["person_id"]), await self.token(email, community_id)

    async def hear(self, contract: Contract, stream_id: UUID | None = None) -> None:
        """Let another service have published this."""
        await self.service.inbox.store([arrival_of(contract, stream_id)])
        self.service.wakeup.ring("inbox")

    async def live(self, person_id: str, token: str) -> list[tuple[str, str]]:
        """The reasons for which the person may enter now, as (tier, kind)."""
        access = await self.call("GET", f"/people/{person_id}/access", token=token)
        return [(reason["tier"], reason["kind"]) for reason in access["live"]]

    async def eventually(self, look: Callable[[], Awaitable[object]], wanted: object) -> None:
        await eventually(look, lambda seen: seen == wanted)

    async def quiet(self) -> None:
        """Until everything has had its effects, but for Kafka, which is not there."""

        async def look() -> bool:
            quiet = await self.service.quiet()
            return not (quiet.readers_behind or quiet.agenda_due or quiet.agenda_parked)

        await eventually(look)

    async def eventually_live(self, person_id: str, token: str, *wanted: tuple[str, str]) -> None:
        """Whichever reason came first: they are given by different streams."""
        await eventually(
            lambda: self.live(person_id, token), lambda seen: sorted(seen) == sorted(wanted)
        )


def settings(database_url: str, **more: Any) -> Settings:
    key = Ed25519PrivateKey.generate()
    private = OKPAlgorithm.to_jwk(key, as_dict=True) | {"kid": "test"}
    public = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": "test"}
    told: Json = {
        "database_url": database_url,
        "kafka": "127.0.0.1:1",
        "secret": "s" * 64,
        "kek": base64.urlsafe_b64encode(b"k" * 32).decode(),
        "token_key": json.dumps(private),
        "token_keys": json.dumps({"keys": [public]}),
        "smtp": "127.0.0.1:1",
        "mail_from": MAIL_FROM,
        "clock": "movable",
        "public_rate": 10_000,
    }
    return Settings(**(told | more))


@contextlib.asynccontextmanager
async def running(
    database_url: str, *, turning: bool = True, by_smtp: bool = False, **more: Any
) -> AsyncIterator[House]:
    """The service with all of its loops but those that need Kafka, or with none but the staff's roles."""
    mailbox = Mailbox()
    plan = blueprint_of(settings(database_url, **more))
    if not by_smtp:
        plan = replace(plan, gateways={**plan.gateways, "post": mailbox})
    connection = await asyncpg.connect(database_url)
    await migrations.migrate(connection, plan.name, plan.migrations)
    await connection.close()
    async with opened(plan) as service:
        loops = worker.loops(service, worker.Health())
        staff = [reader for reader in service.readers() if reader.name.startswith("staff_roles")]
        if turning:
            started = [loop() for name, loop in loops.items() if name not in ("relay", "inbox")]
        else:
            started = [worker.follow(service, staff, service.log, worker.Health())]
        loops_here = [asyncio.ensure_future(loop) for loop in started]
        transport = httpx.ASGITransport(create_app(service))
        try:
            async with httpx.AsyncClient(transport=transport) as client:
                yield House(service, mailbox, client)
        finally:
            stopped = [loop.exception() for loop in loops_here if loop.done()]
            for loop in loops_here:
                loop.cancel()
            await asyncio.gather(*loops_here, return_exceptions=True)
            assert not stopped, stopped
