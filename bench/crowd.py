"""People who want to join a community, each with an account, a token and a key of their own; and who sends them."""

import asyncio
import json
import shutil
import signal
import sys
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from bench.measure import verify
from bench.stack import Stack
from deploy.local.settings import HOST
from services.membership.account.projections import EMAIL
from shared.auth import Principal, TokenSigner
from shared.contracts.membership_community import Role
from shared.ids import PLATFORM, random_id
from shared.personal import Vault

ROOT = "/api/membership/v1"
COMMUNITY = {"kind": "creator", "name": "Bench", "slug": "bench", "currency": "EUR"}
SCRIPT = Path(__file__).with_name("requests.lua")


class Crowd:
    """Newcomers of one community. Their accounts are made in the database: signing in is another question."""

    def __init__(self, stack: Stack) -> None:
        self._url = stack.database_url
        self._port = stack.settings.ports["membership"]
        self._signer = TokenSigner(json.dumps(stack.keys.token_key))
        nowhere: Any = None
        secret = stack.keys.service_secrets["membership"].encode()
        self._vault = Vault("membership", nowhere, {}, secret)
        self._known = 0
        self.owner = random_id()
        self.community_id = UUID(int=0)

    async def open_community(self) -> None:
        """Somebody has to."""
        headers = {"Authorization": f"Bearer {self.token(self.owner)}", "Idempotency-Key": "bench"}
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{self._port}{ROOT}") as client:
            answer = await client.post("/communities", json=COMMUNITY, headers=headers)
        verify("opening a community", answer.status_code, 201)
        self.community_id = UUID(answer.json()["community_id"])

    def token(self, account_id: UUID, *roles: Role) -> str:
        """What an account signs its requests with; with roles, those of its community."""
        community_id = self.community_id if roles else None
        return self.sign(Principal(account_id, community_id, roles=roles))

    def sign(self, principal: Principal) -> str:
        """A token of anybody's."""
        return self._signer.sign(principal, life=timedelta(hours=2))  # longer than any load

    async def newcomers(self, number: int, port: int) -> list[str]:
        """Their requests to join, as lines for a generator of load."""
        path = f"{ROOT}/communities/{self.community_id}/members"
        return [
            line(port, "POST", path, self.token(account_id), {"name": "Ada", "email": email})
            for email, account_id in (await self.accounts(number)).items()
        ]

    async def accounts(self, number: int) -> dict[str, UUID]:
        """So many more, by their addresses."""
        accounts = {f"p{self._known + n}@example.org": random_id() for n in range(number)}
        self._known += number
        lookups = [
            self._vault.lookup(EMAIL, PLATFORM, email, account_id)
            for email, account_id in accounts.items()
        ]
        connection = await asyncpg.connect(self._url)
        await connection.copy_records_to_table(
            "lookups",
            schema_name="membership_personal",
            records=[
                (seen.community_id, seen.kind, seen.token, seen.person_id) for seen in lookups
            ],
        )
        await connection.close()
        return accounts

    def reading(self, port: int, path: str) -> str:
        """A request of the owner to read something."""
        return line(port, "GET", path, self.token(self.owner, "owner"), None)


def line(port: int, method: str, path: str, token: str, body: object) -> str:
    """One request, for a generator of load."""
    key = random_id() if method == "POST" else ""
    text = json.dumps(body) if body else ""
    return f"{port}\t{method}\t{path}\t{token}\t{key}\t{text}"


class Generator:
    """Sends lines from a process of its own: wrk where it is installed, else a slower one in Python."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "requests.txt"
        self._wrk = shutil.which("wrk")

    @property
    def name(self) -> str:
        """What the load comes from, for the conditions of a result."""
        return (
            "wrk" if self._wrk else "Python, slower (`apt-get install wrk` brings a compiled one)"
        )

    async def send(self, lines: list[str], port: int, connections: int) -> float:
        """Send each line once, all to one port; the seconds it took. Every answer has to be a success."""
        if not self._wrk:
            return await self._sent(lines, self._python(connections))
        command = [self._wrk, "-t1", f"-c{connections}", "-d1h", f"-s{SCRIPT}"]
        return await self._sent(lines, [*command, f"http://{HOST}:{port}", "--", str(self._file)])

    async def send_at(
        self, rate: int, lines: list[str], connections: int, patience: float
    ) -> float:
        """The same, so many a second at most, each to its own port."""
        return await self._sent(lines, [*self._python(connections), str(rate)], patience)

    def _python(self, connections: int) -> list[str]:
        return [sys.executable, "-m", "bench.load", str(self._file), str(connections)]

    async def _sent(self, lines: list[str], command: list[str], patience: float = 300) -> float:
        self._file.write_text("\n".join(lines) + "\n")
        started = perf_counter()
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        assert process.stderr is not None
        try:
            async with asyncio.timeout(patience):
                said = (await process.stderr.readline()).decode()
                if not said.startswith("answered"):
                    said += (await process.stderr.read()).decode()
        except TimeoutError:
            said = f"not all lines in {patience:.0f} s"
        elapsed = perf_counter() - started
        if process.returncode is None:
            process.send_signal(signal.SIGINT)  # wrk sleeps on when its work is done
        await process.wait()
        verify("answers", said.strip(), f"answered {len(lines)} refused 0")
        return elapsed
