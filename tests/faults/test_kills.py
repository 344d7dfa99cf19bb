"""Everything is killed, one after the other and again, while people join, pay and hold seats."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest

from tests.e2e.conftest import Cast
from tests.e2e.story import Refused, offer, seats
from tests.faults.checker import wrongs
from tests.faults.conftest import Victim

DOORS = 4
KILLS = 8
CAPACITY = 6
SEED = 20_261_122

TARGETS = [
    "billing-worker", "membership-api", "kafka", "events-worker", "billing-api", "postgres",
    "membership-worker", "analytics-worker", "events-api", "analytics-api", "billing-worker", "kafka", "postgres",
]  # fmt: skip


@pytest.mark.timeout(600)
def test_whatever_is_killed_under_load_nothing_is_lost_and_nothing_happens_twice(
    victim: Victim, cast: Cast
) -> None:
    world = cast.world
    evening = cast.organiser.publish_gathering(
        "Summer concert", world.now() + timedelta(days=2), capacity=CAPACITY, minor=500
    )
    world.settle()
    killed: list[str] = []
    over = threading.Event()

    def murder() -> None:
        dice = random.Random(SEED)
        while not over.is_set():
            target = dice.choice(TARGETS)
            victim.kill(target)
            killed.append(target)
            over.wait(dice.uniform(0, 0.5))
            victim.heal()

    def live(name: str) -> tuple[UUID, bool]:
        """Join, subscribe, and try for a seat; whether there was one."""
        person = cast.member(name)
        person.buy(offer(cast.monthly))
        try:
            held = person.hold(evening)
        except Refused as refused:
            if refused.code != "sold_out":
                raise
            return person.person_id, False
        person.buy(seats(held))
        return person.person_id, True

    def live_on(door: int) -> list[tuple[UUID, bool]]:
        """One person after the other, as long as there has not been killing enough."""
        found: list[tuple[UUID, bool]] = []
        while len(killed) < KILLS:
            found.append(live(f"Person{door}x{len(found)} Load"))
        return found

    with ThreadPoolExecutor(DOORS + 1) as pool:
        murderer = pool.submit(murder)
        try:
            lives = [one for some in pool.map(live_on, range(DOORS)) for one in some]
        finally:
            over.set()
        murderer.result()
    victim.heal()
    world.settle()

    people = len(lives)
    assert len({person for person, _ in lives}) == people >= DOORS
    figures = cast.organiser.figures()
    assert (figures.mrr, figures.members) == (people * 1200, people)
    assert figures.gross["subscription"] == people * 1200
    assert figures.gross.get("ticket", 0) == 500 * sum(seated for _, seated in lives)
    assert sum(seated for _, seated in lives) <= CAPACITY
    assert wrongs(victim, rebuilding=True) == []
