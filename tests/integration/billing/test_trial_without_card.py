"""A trial without a card: asked for one by letter, charged by the one that is given, over without."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.billing.card_trial.events import CardTrialGiven
from shared.contracts import billing_offer, billing_payment, billing_subscription
from shared.contracts.billing_message import MessageRequested
from tests.integration.billing import cards
from tests.integration.billing.shop import ORIGIN, Shop, ada, bob, community, gold, olga
from tests.integration.events.house import Json, Who


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


async def offered(shop: Shop, **more: Any) -> str:
    """Something that is tried without a card."""
    price = {"minor": 1000, "currency": "EUR"}
    body: Json = {"name": "Gold", "price": price, "interval": "month", "tier_id": str(gold)}
    body |= {"trial_days": 14, "trial_needs_card": False, **more}
    published = await shop.house.ask(olga, "POST", "/offers", body)
    await shop.house.quiet()
    return str(published["offer_id"])


async def begins(shop: Shop, offer_id: str, who: Who = ada) -> str:
    checkout_id = await shop.checkout({"offer_id": offer_id}, who=who)
    await shop.house.ask(who, "POST", f"/checkouts/{checkout_id}/begin-without-card")
    await shop.state_of(checkout_id, "completed", who)
    await shop.house.quiet()
    return checkout_id


async def tried(shop: Shop) -> Json:
    await begins(shop, await offered(shop))
    return await shop.subscription()


async def near_the_end(shop: Shop, trial: Json) -> str:
    """Where the letter leads that asks for a card."""
    await shop.at(datetime.fromisoformat(trial["runs_until"]) - timedelta(days=3))
    (letter,) = await shop.until_told(MessageRequested)
    assert (letter.template, letter.person_id) == ("trial_ends_without_card", ada.person_id)
    return door(letter)


def door(letter: MessageRequested) -> str:
    assert letter.link
    assert letter.link.startswith("/pay/")
    return "/public/payment-links/" + letter.link.removeprefix("/pay/")


async def letters(shop: Shop) -> list[str]:
    return [letter.template for letter in await shop.told(MessageRequested)]


async def given_trials(shop: Shop) -> list[CardTrialGiven]:
    await shop.house.quiet()
    rows = await shop.house.service.pool.fetch("SELECT * FROM events ORDER BY position")
    bodies = [shop.house.service.store.fact(row).body for row in rows]
    return [body for body in bodies if isinstance(body, CardTrialGiven)]


async def test_it_is_shown_and_begun_without_a_card_and_is_a_trial_like_any_other(
    shop: Shop,
) -> None:
    offer_id = await offered(shop)
    page = await shop.house.ask(None, "GET", f"/public/communities/{community}/offers")
    assert [one["trial_needs_card"] for one in page["items"]] == [False]
    (told,) = await shop.told(billing_offer.OfferPublished)
    assert not told.trial_needs_card
    asked = {"lines": [{"offer_id": offer_id}], "return_url": f"{ORIGIN}/thanks"}
    shown = await shop.house.ask(ada, "POST", "/checkouts/preview", asked)
    assert (shown["card_needed"], shown["due"]["minor"]) == (False, 0)
    assert [payment["due"]["minor"] for payment in shown["payments"][:2]] == [0, 1000]
    checkout_id = await shop.checkout({"offer_id": offer_id})
    assert not (await shop.house.ask(ada, "GET", f"/checkouts/{checkout_id}"))["card_needed"]
    path = f"/checkouts/{checkout_id}/begin-without-card"
    missing = (404, "checkout_not_found")
    assert await shop.house.refusal(bob, "POST", path) == missing
    await shop.house.ask(ada, "POST", path)
    await shop.state_of(checkout_id, "completed")
    trial = await shop.subscription()
    assert (trial["state"], trial["next_due"]["minor"]) == ("trialing", 1000)
    assert len(await shop.told(billing_subscription.TrialStarted)) == 1
    assert await shop.charges() == []


async def test_what_is_due_or_tried_by_a_card_alone_is_not_begun_without_one(shop: Shop) -> None:
    for offer_id in (await shop.offer(), await shop.offer(trial_days=14)):
        checkout_id = await shop.checkout({"offer_id": offer_id})
        path = f"/checkouts/{checkout_id}/begin-without-card"
        assert (await shop.house.ask(ada, "GET", f"/checkouts/{checkout_id}"))["card_needed"]
        assert await shop.house.refusal(ada, "POST", path) == (409, "card_needed")
    price = {"minor": 1000, "currency": "EUR"}
    body = {"name": "Gold", "price": price, "interval": "month", "trial_needs_card": False}
    assert await shop.house.refusal(olga, "POST", "/offers", body) == (422, "no_card_without_trial")


async def test_a_person_has_one_trial_with_or_without_a_card(shop: Shop) -> None:
    first, second = await offered(shop), await offered(shop)
    waiting = await shop.checkout({"offer_id": second})
    await begins(shop, first)
    path = f"/checkouts/{waiting}/begin-without-card"
    assert await shop.house.refusal(ada, "POST", path) == (409, "trial_taken")
    later = await shop.checkout({"offer_id": second})
    shown = await shop.house.ask(ada, "GET", f"/checkouts/{later}")
    assert (shown["card_needed"], shown["due"]["minor"]) == (True, 1000)


async def test_a_card_given_by_the_letters_link_is_charged_when_the_trial_ends(shop: Shop) -> None:
    trial = await tried(shop)
    link = await near_the_end(shop, trial)
    shown = await shop.house.ask(None, "GET", link)
    assert (shown["state"], shown["amount"]["minor"]) == ("trial", 1000)
    ends_at = datetime.fromisoformat(trial["runs_until"])
    assert datetime.fromisoformat(shown["due_at"]) == ends_at
    body = {"payment_method": await shop.card()}
    await shop.house.ask(None, "POST", link, body)
    await shop.until(None, link, lambda seen: seen["state"] == "paid")
    await shop.house.quiet()
    assert await shop.house.refusal(None, "POST", link, body) == (409, "nothing_due")
    assert await shop.charges() == []
    await shop.at(trial["runs_until"])
    await shop.until_subscription("active")
    assert [charge["amount"] for charge in await shop.charges()] == [1000]
    assert await letters(shop) == ["trial_ends_without_card"]


async def test_a_card_given_at_once_makes_it_an_ordinary_trial_and_no_letter_asks(
    shop: Shop,
) -> None:
    trial = await tried(shop)
    await shop.gives(cards.GOOD)
    await shop.at(trial["runs_until"])
    await shop.until_subscription("active")
    assert len(await shop.charges()) == 1
    assert await letters(shop) == []


async def test_who_gives_none_is_asked_again_at_the_end_and_pays_by_that_link(shop: Shop) -> None:
    trial = await tried(shop)
    await near_the_end(shop, trial)
    await shop.at(trial["runs_until"])
    await shop.until_subscription("past_due")
    last = (await shop.told(MessageRequested))[-1]
    assert last.template == "trial_over_without_card"
    shown = await shop.house.ask(None, "GET", door(last))
    assert (shown["state"], shown["amount"]["minor"]) == ("due", 1000)
    await shop.house.ask(None, "POST", door(last), {"payment_method": await shop.card()})
    await shop.until_subscription("active")
    assert [charge["amount"] for charge in await shop.charges()] == [1000]


async def test_without_a_card_it_ends_when_the_policy_waits_no_longer(shop: Shop) -> None:
    await shop.house.ask(olga, "PUT", "/policy", {"dunning": {"retries": [], "grace_days": 0}})
    trial = await tried(shop)
    await near_the_end(shop, trial)
    await shop.at(trial["runs_until"])
    ended = await shop.until_subscription("ended")
    assert ended["ended_for"] == "payment_failed"
    (told,) = await shop.told(billing_subscription.SubscriptionEnded)
    assert not told.was_paying
    assert await shop.charges() == []
    templates = ["trial_ends_without_card", "trial_over_without_card", "subscription_ended_unpaid"]
    assert await letters(shop) == templates
    (failed,) = await shop.told(billing_payment.PaymentFailed)
    assert failed.reason == "no_payment_method"


async def test_who_cancels_is_asked_for_nothing(shop: Shop) -> None:
    trial = await tried(shop)
    path = f"/subscriptions/{trial['subscription_id']}/cancellation"
    await shop.house.ask(ada, "POST", path)
    await shop.at(trial["runs_until"])
    assert (await shop.until_subscription("ended"))["ended_for"] == "voluntary"
    assert await letters(shop) == ["exit_asked"], "but why"


async def test_a_card_given_later_has_had_its_trial_and_one_that_had_pays_all_the_same(
    shop: Shop,
) -> None:
    offer_id = await offered(shop)
    await begins(shop, offer_id)
    await shop.gives(cards.GOOD)
    (trial,) = await given_trials(shop)
    assert [str(one) for one in trial.offers] == [offer_id]
    # Bob has the same card: it begins no trial of its own, but what was begun without it goes on.
    checkout_id = await shop.checkout({"offer_id": offer_id}, who=bob)
    await shop.pays(checkout_id, await shop.card(), bob)
    path = f"/checkouts/{checkout_id}"
    refused = await shop.until(bob, path, lambda seen: seen["problem"])
    assert refused["problem"] == "card_had_trial"
    await shop.house.ask(bob, "POST", f"{path}/begin-without-card")
    await shop.state_of(checkout_id, "completed", bob)
    await shop.house.quiet()
    body = {"payment_method": await shop.card()}
    await shop.house.ask(bob, "POST", "/payer/payment-method", body)
    await shop.house.quiet()
    await shop.until(bob, "/payer/payment-method", lambda seen: seen["state"] == "saved")
    his = await shop.subscription(bob)
    assert his["state"] == "trialing"
    await shop.at(his["runs_until"])
    assert (await shop.subscription(bob))["state"] == "active"
    assert len(await shop.charges()) == 2


async def test_who_has_a_card_here_already_is_charged_by_it(shop: Shop) -> None:
    await shop.gives(cards.GOOD)
    trial = await tried(shop)
    await shop.at(trial["runs_until"])
    await shop.until_subscription("active")
    assert await letters(shop) == []
