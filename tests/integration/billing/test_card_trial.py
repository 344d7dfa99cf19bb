"""One trial for a card, whoever gives it: told before anything is charged, and kept without a name."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID

import pytest

from services.billing.card_trial.decider import CARD_TRIAL
from services.billing.card_trial.events import CardTrialGiven
from shared.contracts.membership_member import PersonErased
from tests.integration.billing import cards
from tests.integration.billing.shop import ORIGIN, Shop, ada, bob, community, olga
from tests.integration.events.house import Json, Who, somebody

OTHER_GOOD = "5555555555554444"


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


async def tries(shop: Shop, offer_id: str, who: Who, number: str = cards.GOOD) -> Json:
    """The checkout, once it is clear whether there is a trial."""
    checkout_id = await shop.checkout({"offer_id": offer_id}, who=who)
    await shop.pays(checkout_id, await shop.card(number), who)
    return await settled(shop, checkout_id, who)


async def settled(shop: Shop, checkout_id: str, who: Who) -> Json:
    path = f"/checkouts/{checkout_id}"
    return await shop.until(who, path, lambda seen: seen["problem"] or seen["state"] == "completed")


async def given_out(shop: Shop) -> list[tuple[UUID, CardTrialGiven, Json]]:
    """Which cards of whom have had a trial: the stream, the event and where it says it came from."""
    await shop.house.quiet()
    rows = await shop.house.service.pool.fetch("SELECT * FROM events ORDER BY position")
    facts = [(shop.house.service.store.fact(row), row) for row in rows]
    return [
        (fact.stream_id, fact.body, json.loads(row["meta"]))
        for fact, row in facts
        if isinstance(fact.body, CardTrialGiven)
    ]


async def test_the_same_card_in_another_hand_has_no_trial_and_is_told_before_it_is_charged(
    shop: Shop,
) -> None:
    offer_id = await shop.offer(1000, trial_days=14)
    assert (await tries(shop, offer_id, ada))["state"] == "completed"
    refused = await tries(shop, offer_id, bob)
    assert (refused["state"], refused["problem"]) == ("open", "card_had_trial")
    assert await shop.charges() == []
    # Another card begins it, in the same checkout.
    await shop.pays(refused["checkout_id"], await shop.card(OTHER_GOOD), bob)
    await shop.state_of(refused["checkout_id"], "completed", bob)
    assert (await shop.subscription(bob))["state"] == "trialing"


async def test_who_is_refused_may_buy_without_a_trial(shop: Shop) -> None:
    offer_id = await shop.offer(1000, trial_days=14)
    await tries(shop, offer_id, ada)
    await tries(shop, offer_id, bob)
    asked = {
        "lines": [{"offer_id": offer_id}],
        "return_url": f"{ORIGIN}/thanks",
        "without_trial": True,
    }
    assert (await shop.house.ask(bob, "POST", "/checkouts/preview", asked))["due"]["minor"] == 1000
    opened = await shop.house.ask(bob, "POST", "/checkouts", asked)
    await shop.pays(opened["checkout_id"], None, bob)
    await shop.state_of(opened["checkout_id"], "completed", bob)
    assert (await shop.subscription(bob))["state"] == "active"
    assert [charge["amount"] for charge in await shop.charges()] == [1000]
    wrong = asked | {"without_trial": "perhaps"}
    assert (await shop.house.refusal(bob, "POST", "/checkouts", wrong))[0] == 422


async def test_of_two_people_with_one_card_at_once_one_has_the_trial(shop: Shop) -> None:
    offer_id = await shop.offer(1000, trial_days=14)
    carol = somebody(community)
    people = [ada, bob, carol]
    opened = [await shop.checkout({"offer_id": offer_id}, who=who) for who in people]
    pairs = list(zip(opened, people, strict=True))
    await asyncio.gather(*(shop.pays(one, None, who) for one, who in pairs))
    seen = [await settled(shop, one, who) for one, who in pairs]
    assert sorted(one["problem"] or "" for one in seen) == ["", "card_had_trial", "card_had_trial"]
    assert len(await given_out(shop)) == 1


async def test_another_offer_has_its_trial_unless_the_policy_gives_one_for_all(shop: Shop) -> None:
    gold, silver = [await shop.offer(1000, trial_days=14) for _ in range(2)]
    await tries(shop, gold, ada)
    assert (await tries(shop, silver, bob))["state"] == "completed"
    await shop.house.ask(olga, "PUT", "/policy", {"trials_per_card": "community"})
    bronze, carol = await shop.offer(500, trial_days=7), somebody(community)
    assert (await tries(shop, bronze, carol))["problem"] == "card_had_trial"
    wrong = {"trials_per_card": "person"}
    assert (await shop.house.refusal(olga, "PUT", "/policy", wrong))[0] == 422


@pytest.mark.parametrize("left", ["cancelled", "expired"])
async def test_a_trial_that_came_to_nothing_is_left_to_the_card(shop: Shop, left: str) -> None:
    offer_id = await shop.trial_with_fee()
    refused = await tries(shop, offer_id, ada, cards.REFUSED_WHEN_CHARGED)
    assert refused["problem"] == "card_declined"
    assert len(await given_out(shop)) == 1
    if left == "cancelled":
        await shop.house.ask(ada, "POST", f"/checkouts/{refused['checkout_id']}/cancel")
    else:
        await shop.at(shop.now + timedelta(minutes=31))
    await shop.state_of(refused["checkout_id"], "expired")
    await shop.house.quiet()
    tried_again = await tries(shop, offer_id, bob, cards.REFUSED_WHEN_CHARGED)
    assert tried_again["problem"] == "card_declined", "its trial was to be had"


async def test_a_card_is_known_in_one_community_only(shop: Shop) -> None:
    vault = shop.house.service.vault
    await tries(shop, await shop.offer(1000, trial_days=14), ada)
    ((stream_id, _, _),) = await given_out(shop)
    elsewhere = UUID(int=7)
    found = await shop.house.service.gateways["processor"].fingerprint(await shop.card(), None)
    assert stream_id == vault.token("card", community, found)
    assert stream_id != vault.token("card", elsewhere, found)


async def test_after_an_erasure_the_card_has_had_its_trial_and_nothing_says_whose_it_was(
    shop: Shop,
) -> None:
    offer_id = await shop.offer(1000, trial_days=14)
    checkout = await tries(shop, offer_id, ada)
    erased = PersonErased(community_id=community, occurred_at=shop.now, person_id=ada.person_id)
    await shop.house.hear(erased, stream_id=ada.person_id)
    await shop.until_subscription("ended")
    assert (await tries(shop, offer_id, bob))["problem"] == "card_had_trial"
    ((stream_id, given, meta),) = await given_out(shop)
    service = shop.house.service
    kept = await service.pool.fetch(
        "SELECT * FROM events WHERE stream_id <> $1 ORDER BY position", stream_id
    )
    others = json.dumps([dict(row) for row in kept], default=str)
    for trace in (stream_id, given.claim, meta["correlation_id"], meta["causation_id"]):
        assert str(trace) not in others
    assert "actor" not in meta
    trials, _ = await service.handler.state(CARD_TRIAL, stream_id, community)
    own = json.dumps([str(stream_id), str(trials), meta], default=str)
    for who in (ada.person_id, ada.account_id, checkout["checkout_id"]):
        assert str(who) not in own
