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

PEOPLE = 16
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
    over = threading.Event()

    def murder() -> int:
        dice = random.Random(SEED)
        kills = 0
        while not over.is_set():
            for target in dice.sample(TARGETS, len(TARGETS)):
                if over.is_set():
                    break
                victim.kill(target)
                kills += 1
                over.wait(dice.uniform(0, 0.5))
                victim.heal()
                over.wait(dice.uniform(0.2, 1.0))
        return kills

    def live(number: int) -> tuple[UUID, bool]:
        """Join, subscribe, and try for a seat; whether there was one."""
        person = cast.member(f"Person{number} Load")
        person.buy(offer(cast.monthly))
        try:
            held = person.hold(evening)
        except Refused as refused:
            if refused.code != "sold_out":
                raise
            return person.person_id, False
        person.buy(seats(held))
        return person.person_id, True

    with ThreadPoolExecutor(5) as pool:
        murderer = pool.submit(murder)
        try:
            lives = list(pool.map(live, range(PEOPLE)))
        finally:
            over.set()
        kills = murderer.result()
    victim.heal()
    world.settle()

    assert kills >= 5, "too few kills to prove anything"
    assert len({person for person, _ in lives}) == PEOPLE
    figures = cast.organiser.figures()
    assert (figures.mrr, figures.members) == (PEOPLE * 1200, PEOPLE)
    assert figures.gross["subscription"] == PEOPLE * 1200
    assert figures.gross.get("ticket", 0) == 500 * sum(seated for _, seated in lives)
    assert sum(seated for _, seated in lives) <= CAPACITY
    assert wrongs(victim, rebuilding=True) == []
