"""Two clocks: the business clock, which a development stack may move, and the real one."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def real_now() -> datetime:
    """The machine's time, for leases, claims, back-off, tokens and traces."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that never go back, for measuring durations."""
    return time.monotonic()


@dataclass
class Clock:
    """Business time: `at` of commands, and what due times are compared with.

    It runs with real time, `ahead` of it by what a development stack has moved it. Production never moves it.
    """

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Aware UTC, in whole microseconds."""
        return real_now() + self.ahead
