"""A bundle is whole or not there yet: with a service down, and one that dies between its part and the word of it."""

import pytest

from tests.e2e.conftest import Cast
from tests.e2e.story import eventually, offer
from tests.e2e.test_own_data import bundle, fetched
from tests.faults.checker import wrongs
from tests.faults.conftest import Victim


@pytest.mark.timeout(400)
def test_a_service_that_is_down_is_waited_for_and_one_that_dies_packs_again(
    victim: Victim, cast: Cast
) -> None:
    world, ada = cast.world, cast.member("Ada Late")
    ada.buy(offer(cast.monthly))
    world.settle()
    victim.processes.stop("events-worker")
    victim.doom("billing-worker", "gateway.answered:PackPart")
    ada.post("/api/membership/v1/me/bundle")
    victim.wait_for_death("billing-worker")
    told = eventually(
        lambda: bundle(ada), lambda seen: seen["awaited"] == ["billing", "events"], within=60
    )
    assert told["state"] == "awaited"
    victim.heal()
    world.settle()
    assert bundle(ada)["state"] == "ready"
    documents = fetched(ada)
    assert {fact["type"] for fact in documents["billing"]["facts"]} >= {"PaymentSucceeded"}
    assert documents["events"]["service"] == "events"
    assert wrongs(victim) == []
