"""What Discord's headers allow, bucket by bucket: what they forbid is not asked, so that it need not be refused."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from math import inf

import httpx

from services.membership.gateways.gateway import Unreachable
from shared.clock import monotonic

PATIENCE = 2.0
EARLY = 0.5

Route = tuple[str, str]
"""What is done, and the server or channel that it is done to."""


@dataclass
class Bucket:
    """What is left of a window: what the last answer told, less what was asked since. One of nothing known is tried."""

    most: float = 1
    left: float = 1
    resets: float = inf
    window: float = 0.0
    flying: int = 0
    put_off: int = 0
    landed: asyncio.Event = field(default_factory=asyncio.Event)

    def opens(self, now: float) -> float:
        """When the next may be asked; `inf` where only the answer to another will tell."""
        if now >= self.resets:
            self.left, self.resets, self.put_off = self.most - self.flying, inf, 0
        if self.resets == inf and not self.flying:
            self.left = max(self.left, 1)
        return now if self.left >= 1 else self.resets

    def take(self) -> None:
        self.left -= 1
        self.flying += 1

    def give_back(self) -> None:
        """An answer is there, or never will be."""
        self.flying -= 1
        self.landed.set()

    def count(self, most: float, left: float, after: float, now: float) -> None:
        """Answers overtake each other: of one window the least counts, and a later window begins anew."""
        resets, is_known = now + after, self.resets < inf
        is_later = is_known and resets > self.resets + self.window / 2
        # What is left of a window when a later answer tells of it is not how long it is.
        self.window = max(self.window, after) if is_known and not is_later else after
        if is_later or self.most == inf:
            self.left, self.put_off = left - self.flying, 0
        else:
            self.left = min(self.left + most - self.most, left)
        self.most, self.resets = most, resets

    def close(self, until: float) -> None:
        self.left, self.resets = 0, until

    def turn_away(self, now: float) -> float:
        """In how many seconds to come back: so many for each window as it lets in, all a moment before it opens."""
        windows = self.put_off // max(1, self.most)
        self.put_off += 1
        return self.resets - now + windows * self.window - EARLY


class Limits:
    """An answer teaches which bucket a route is in; nothing is asked of a bucket that is used up."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._buckets: dict[Route, Bucket] = {}
        self._shut = 0.0

    async def enter(self, route: Route) -> Bucket:
        """Take one of what is left; wait a moment for it, or say how much longer it will take."""
        while True:
            bucket, now = self._bucket(route), monotonic()
            opens = bucket.opens(now)
            wait = max(self._shut, opens) - now
            if wait <= 0:
                bucket.take()
                return bucket
            if wait == inf:
                bucket.landed.clear()
                await bucket.landed.wait()
            elif wait <= PATIENCE:
                await asyncio.sleep(wait)
            else:
                after = wait if self._shut >= opens else bucket.turn_away(now)
                message = f"Discord asked not to be asked for another {wait:.0f} s."
                raise Unreachable(message, after=after)

    def learn(self, route: Route, answer: httpx.Response) -> None:
        """Whoever tells of no limit has none until they do."""
        told, now = answer.headers, monotonic()
        if "x-ratelimit-bucket" in told:
            self._rename(route, told["x-ratelimit-bucket"])
        bucket = self._bucket(route)
        if "x-ratelimit-remaining" in told:
            names = ("limit", "remaining", "reset-after")
            most, left, after = (seconds(told, f"x-ratelimit-{name}") or 0.0 for name in names)
            bucket.count(most, left, after, now)
        elif answer.is_success:
            bucket.most = bucket.left = inf
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            until = now + (seconds(told, "retry-after") or PATIENCE)
            if told.get("x-ratelimit-global") == "true":
                self._shut = until
            else:
                bucket.close(until)

    def shut(self, for_seconds: float) -> None:
        """Ask nothing at all for so long."""
        self._shut = monotonic() + for_seconds

    def _bucket(self, route: Route) -> Bucket:
        what, where = route
        key = self._names.get(what, what), where
        if key not in self._buckets:
            now = monotonic()
            self._buckets = {
                key: bucket
                for key, bucket in self._buckets.items()
                if bucket.flying or now < bucket.resets < inf
            }
            self._buckets[key] = Bucket()
        return self._buckets[key]

    def _rename(self, route: Route, name: str) -> None:
        """Whatever is known of a route is known of its bucket, for every server and channel."""
        what = route[0]
        was, self._names[what] = self._names.get(what, what), name
        if was != name:
            for key in [key for key in self._buckets if key[0] == was]:
                self._buckets.setdefault((name, key[1]), self._buckets.pop(key))


def seconds(told: Mapping[str, str], name: str) -> float | None:
    """A header that is a number; None where there is none, or another than a number."""
    try:
        return float(told[name])
    except (KeyError, ValueError):
        return None
