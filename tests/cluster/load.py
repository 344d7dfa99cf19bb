"""A small load that keeps count of every call, and looks up again afterwards what was answered."""

import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import httpx

from tests.e2e.story import Json, Organiser, World

CALLERS = 4
PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class Call:
    """A write that was answered, so that it can be sent again: the answer must be the same."""

    path: str
    key: str
    body: Json
    answer: Json


@dataclass
class Load:
    """Writes to three services and reads from the fourth, until it is left."""

    world: World
    organiser: Organiser
    retry: bool = False
    """Whether a caller sends again, with the same key, what was not answered: as every client of ours should."""
    answered: list[Call] = field(default_factory=list)
    reads: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    sent_again: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    _signing_in: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        for number in range(CALLERS):
            thread = threading.Thread(target=self._run, args=(number,))
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        limits = httpx.Limits(keepalive_expiry=2)
        with httpx.Client(
            base_url=self.world.origin, timeout=30, limits=limits, trust_env=False
        ) as client:
            turn = number
            while not self._over.is_set():
                ask = (self._tier, self._offer, self._gathering, self._figures)[turn % 4]
                client.headers["Authorization"] = f"Bearer {self._token()}"
                ask(client)
                turn += 1
                time.sleep(PAUSE_SECONDS)

    def _token(self) -> str:
        with self._signing_in:  # a refresh token is good once
            return self.organiser.token

    def _tier(self, client: httpx.Client) -> None:
        self._write(
            client,
            "/api/membership/v1/tiers",
            {"name": f"Tier {secrets.token_hex(4)}", "paid": False},
        )

    def _offer(self, client: httpx.Client) -> None:
        price = {"minor": 1000, "currency": "EUR"}
        body = {
            "name": f"Offer {secrets.token_hex(4)}",
            "price": price,
            "interval": "month",
            "trial_days": 0,
        }
        self._write(client, "/api/billing/v1/offers", body)

    def _gathering(self, client: httpx.Client) -> None:
        starts = datetime.now(UTC) + timedelta(days=4000)
        body = {
            "name": f"Gathering {secrets.token_hex(4)}",
            "place": "The boat house",
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=3)).isoformat(),
            "capacity": 10,
            "price": {"minor": 0, "currency": "EUR"},
        }
        self._write(client, "/api/events/v1/gatherings", body)

    def _figures(self, client: httpx.Client) -> None:
        path = f"/api/analytics/v1/communities/{self.organiser.community_id}/revenue"
        if self._sent(lambda: client.get(path), path) is not None:
            self.reads += 1

    def _write(self, client: httpx.Client, path: str, body: Json) -> None:
        key, content = secrets.token_hex(16), json.dumps(body).encode()  # to the byte as sent again
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        answer = self._sent(lambda: client.post(path, content=content, headers=headers), path)
        if answer is not None:
            self.answered.append(Call(path, key, body, answer.json()))

    def _sent(self, send: Callable[[], httpx.Response], path: str) -> httpx.Response | None:
        began = time.monotonic()
        while True:
            why = "?"
            try:
                answer = send()
                if answer.is_success:
                    self.seconds.append(time.monotonic() - began)
                    return answer
                why = f"{answer.status_code} {path} {answer.text[:200]}"
            except httpx.HTTPError as error:
                why = f"{type(error).__name__} {path}"
            if not self.retry or time.monotonic() > began + 60:
                self.lost[why] += 1
                return None
            self.sent_again[why] += 1
            time.sleep(0.5)

    @property
    def calls(self) -> int:
        """Every call that was made."""
        return len(self.answered) + self.reads + sum(self.lost.values())

    def slowest(self) -> float:
        """How long the slowest answered call took."""
        return max(self.seconds, default=0.0)

    def check(self) -> None:
        """Every answer still holds, and everything published has arrived everywhere."""
        headers = {"Authorization": f"Bearer {self.organiser.token}"}

        def holds(call: Call) -> None:
            again = self.world.send(
                "POST", call.path, call.body, headers | {"Idempotency-Key": call.key}
            )
            assert again.is_success, again.text
            assert _identity(again.json()) == _identity(call.answer), call.path

        with ThreadPoolExecutor(CALLERS) as callers:
            list(callers.map(holds, self.answered))
        self.world.settle()


def _identity(answer: Json) -> dict[str, Any]:
    return {
        name: value for name, value in answer.items() if name.endswith("_id") or name == "version"
    }
