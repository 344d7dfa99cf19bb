"""Webhooks: signed by the SDK's own function when they are sent, in time or late, once or more, in order or not."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx
import stripe

from tests.doubles.stripe.world import Event

TRIES = 5
PAUSE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Report:
    """An event as it is sent: the bytes and their headers."""

    kind: str
    raw: bytes
    headers: dict[str, str]


def signed(event: Event, secret: str, at: int | None = None) -> Report:
    """Signed now, or as if it were `at` then (seconds since 1970)."""
    raw = json.dumps(event.shown(), ensure_ascii=False)
    signature = stripe.WebhookSignature.generate_signature_header(raw, secret, at)
    headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature}
    return Report(event.type, raw.encode(), headers)


@dataclass
class Endpoint:
    """Somebody who is told. `late`: so many seconds after it happened; `disorder`: what waited comes backwards."""

    url: str
    secret: str
    events: Sequence[str] | None = None
    late: float = 0.0
    times: int = 1
    disorder: bool = False
    refused: list[str] = field(default_factory=list)
    _waiting: list[Event] = field(default_factory=list)
    _running: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether something is still to be told."""
        return self._running is not None

    def hear(self, event: Event) -> None:
        """Tell them soon: what happens meanwhile goes with it."""
        if self.events is not None and event.type not in self.events:
            return
        self._waiting.append(event)
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._deliver())

    async def _deliver(self) -> None:
        async with httpx.AsyncClient() as client:
            while self._waiting:
                await asyncio.sleep(self.late)
                events, self._waiting = self._waiting, []
                for event in reversed(events) if self.disorder else events:
                    for _ in range(self.times):
                        await self._send(client, event)
        self._running = None

    async def _send(self, client: httpx.AsyncClient, event: Event) -> None:
        """Until it is taken, a few times; Stripe tries for three days."""
        for turn in range(TRIES):
            report = signed(event, self.secret)
            try:
                answer = await client.post(self.url, content=report.raw, headers=report.headers)
            except httpx.HTTPError:
                await asyncio.sleep(PAUSE_SECONDS * (turn + 1))
            else:
                if answer.is_success:
                    return
                await asyncio.sleep(PAUSE_SECONDS * (turn + 1))
        self.refused.append(event.id)

    async def close(self) -> None:
        """Tell nothing more."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
