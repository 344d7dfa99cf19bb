"""A process that dies at the worst moments: between an effect and the record of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

import pytest

from tests.e2e.conftest import Cast
from tests.e2e.story import offer, seats
from tests.faults.checker import wrongs
from tests.faults.conftest import Victim

Answer = TypeVar("Answer")

POINTS = [
    ("billing-api", "append.committed"),
    ("billing-worker", "append.committed"),
    ("billing-worker", "gateway.answered:CreateIntent"),
    ("billing-worker", "gateway.answered:ConfirmIntent"),
    ("billing-worker", "relay.sent"),
    ("billing-worker", "inbox.stored"),
    ("membership-worker", "inbox.stored"),
    ("membership-worker", "agenda.asked"),
    ("membership-worker", "gateway.answered:SendMail"),
    ("events-worker", "agenda.asked"),
    ("analytics-worker", "inbox.stored"),
]


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("process", "point"), POINTS)
def test_a_crash_between_an_effect_and_its_record_changes_nothing(
    victim: Victim, cast: Cast, process: str, point: str
) -> None:
    world = cast.world
    bela = cast.member("Bela Nagy")
    evening = cast.organiser.publish_gathering(
        "Open rehearsal", world.now() + timedelta(days=1), capacity=2, minor=500
    )
    world.settle()
    victim.doom(process, point)

    held = None
    if process == "billing-api":
        # The answer is lost with the process; the same request under the same key is sent until it is answered.
        checkout_id = _through_a_crash(victim, process, lambda: bela.check_out(offer(cast.monthly)))
        bela.pay(checkout_id)
    else:
        held = bela.hold(evening)
        checkout_id = bela.check_out(offer(cast.monthly), seats(held))
        bela.pay(checkout_id)
        victim.wait_for_death(process)
        victim.heal()
    bela.until(checkout_id, "completed")
    world.settle()

    assert bela.subscription()["state"] == "active"
    assert cast.singers in {UUID(reason["tier_id"]) for reason in bela.access()["live"]}
    assert len(bela.tickets()) == (1 if held else 0)
    assert cast.organiser.figures().mrr == 1200
    assert wrongs(victim) == []


def _through_a_crash(victim: Victim, process: str, ask: Callable[[], Answer]) -> Answer:
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        victim.wait_for_death(process)
        victim.heal()
        return asking.result()
