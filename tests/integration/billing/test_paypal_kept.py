"""A wallet that was kept with a first payment: it renews, is declined, gives back, and goes when its owner does."""

from datetime import timedelta

import pytest

from deploy.local.paypal_double import CAPTURE, TOKENS, Wallet
from shared.contracts import billing_payment, billing_subscription
from shared.contracts.billing_message import MessageRequested
from shared.contracts.billing_privacy import PersonForgotten
from shared.contracts.membership_member import PersonErased
from tests.integration.billing import cards
from tests.integration.billing.shop import Shop, ada, community, olga
from tests.integration.billing.till import Till
from tests.integration.events.house import Json


def becomes(till: Till, wallet: Wallet) -> None:
    """Something happens to the wallet that PayPal keeps."""
    (token,) = till.paypal.tokens.values()
    token.wallet = wallet


async def erase(shop: Shop) -> None:
    erased = PersonErased(community_id=community, occurred_at=shop.now, person_id=ada.person_id)
    await shop.house.hear(erased, stream_id=ada.person_id)
    await shop.until_told(PersonForgotten)


async def refund(till: Till, checkout: Json, minor: int | None = None) -> Json:
    amount = {"amount": {"minor": minor, "currency": "EUR"}} if minor else {}
    path = f"/payments/{checkout['payment_id']}/refunds"
    return await till.shop.house.ask(olga, "POST", path, amount)


async def test_a_subscription_renews_from_the_wallet_without_its_owner(till: Till) -> None:
    shop = till.shop
    subscription = await till.subscribes()
    assert len(till.paypal.tokens) == 1
    for times in (2, 3):
        await shop.at((await shop.subscription())["runs_until"])
        await shop.until_told(billing_subscription.SubscriptionRenewed, times - 1)
        assert till.collected() == [1000] * times
    later = await shop.subscription()
    assert (later["state"], later["runs_until"] > subscription["runs_until"]) == ("active", True)
    assert await shop.charges() == [], "Stripe had no part in it"


async def test_a_wallet_short_of_money_is_tried_on_the_days_of_the_policy(till: Till) -> None:
    shop = till.shop
    subscription = await till.subscribes()
    becomes(till, "declines")
    await shop.at(subscription["runs_until"])
    await shop.until_subscription("past_due")
    (failed,) = await shop.told(billing_payment.PaymentFailed)
    assert failed.reason == "instrument_declined"
    becomes(till, "good")
    await shop.at(shop.now + timedelta(days=1))
    await shop.until_subscription("active")
    assert till.collected() == [1000, 1000]


async def test_a_wallet_that_is_closed_is_not_tried_again_and_a_card_pays(till: Till) -> None:
    shop = till.shop
    subscription = await till.subscribes()
    becomes(till, "closed")
    await shop.at(subscription["runs_until"])
    await shop.until_subscription("past_due")
    tried = till.paypal.asked[f"POST {CAPTURE}"]
    await shop.at(shop.now + timedelta(days=3))
    assert till.paypal.asked[f"POST {CAPTURE}"] == tried
    (letter,) = await shop.told(MessageRequested)
    assert letter.link is not None
    door = "/public/payment-links/" + letter.link.removeprefix("/pay/")
    shown = await shop.house.ask(None, "GET", door)
    assert (shown["state"], shown["account"]) == ("due", None), "the form is Stripe's"
    await shop.house.ask(None, "POST", door, {"payment_method": await shop.card()})
    await shop.until_subscription("active")
    assert (till.collected(), len(await shop.charges())) == ([1000], 1)


async def test_what_paypal_did_not_keep_is_asked_for_when_it_is_due(till: Till) -> None:
    shop = till.shop
    checkout = await till.buys(await shop.offer(), "forgetful")
    await shop.state_of(checkout["checkout_id"], "completed")
    await shop.at((await shop.subscription())["runs_until"])
    await shop.until_subscription("past_due")
    (failed,) = await shop.told(billing_payment.PaymentFailed)
    assert failed.reason == "not_kept"
    await shop.gives(cards.GOOD)
    await shop.until_subscription("active")


async def test_a_card_that_was_there_before_does_not_pay_for_what_paypal_pays(till: Till) -> None:
    shop = till.shop
    await shop.gives(cards.GOOD)
    subscription = await till.subscribes()
    await shop.at(subscription["runs_until"])
    await shop.until_told(billing_subscription.SubscriptionRenewed)
    assert (till.collected(), await shop.charges()) == ([1000, 1000], [])


async def test_a_card_given_later_pays_instead(till: Till) -> None:
    shop = till.shop
    subscription = await till.subscribes()
    await shop.gives(cards.GOOD)
    await shop.at(subscription["runs_until"])
    await shop.until_told(billing_subscription.SubscriptionRenewed)
    assert (till.collected(), len(await shop.charges())) == ([1000], 1)


async def test_more_of_the_same_is_paid_from_the_wallet(till: Till) -> None:
    shop = till.shop
    subscription = await till.subscribes()
    path = f"/subscriptions/{subscription['subscription_id']}/change"
    await shop.house.ask(ada, "POST", path, {"quantity": 2})
    await shop.until_told(billing_subscription.SubscriptionChanged)
    first, change = till.collected()
    assert (first, 0 < change <= 1000) == (1000, True)


async def test_a_trial_has_no_payment_to_keep_a_wallet_with(till: Till) -> None:
    checkout_id = await till.shop.checkout({"offer_id": await till.shop.offer(trial_days=7)})
    path = f"/checkouts/{checkout_id}/pay-by-paypal"
    assert await till.shop.house.refusal(ada, "POST", path, {}) == (409, "nothing_due_now")
    await till.shop.pays(checkout_id)
    await till.shop.state_of(checkout_id, "completed")


async def test_money_goes_back_in_parts_and_never_more_than_came(till: Till) -> None:
    shop = till.shop
    checkout = await till.buys(await shop.offer(interval="once"))
    await shop.state_of(checkout["checkout_id"], "completed")
    await shop.house.quiet()
    too_much = {"amount": {"minor": 1001, "currency": "EUR"}}
    path = f"/payments/{checkout['payment_id']}/refunds"
    refused = await shop.house.refusal(olga, "POST", path, too_much)
    assert refused == (409, "refund_exceeds_payment")
    await refund(till, checkout, 400)
    await refund(till, checkout)
    await shop.until_told(billing_payment.RefundIssued, 2)
    (order,) = till.paypal.orders.values()
    assert [one["amount"]["value"] for one in order.refunds] == ["4.00", "6.00"]
    again = await shop.house.refusal(olga, "POST", path, {})
    assert again == (409, "refund_exceeds_payment")


async def test_what_paypal_will_not_give_back_is_somebodys_to_look_at(till: Till) -> None:
    shop = till.shop
    checkout = await till.buys(await shop.offer(interval="once"))
    await shop.state_of(checkout["checkout_id"], "completed")
    await shop.house.quiet()
    operation = "POST /v2/payments/captures/{capture_id}/refund"
    till.paypal.fail(operation, 422, "REFUND_FAILED_INSUFFICIENT_FUNDS")
    await refund(till, checkout)
    await shop.house.quiet()
    assert await shop.told(billing_payment.RefundIssued) == []
    await refund(till, checkout)
    (issued,) = await shop.until_told(billing_payment.RefundIssued)
    assert issued.amount.minor == 1000


@pytest.mark.parametrize("dying_till", ["refund", "find_refund"], indirect=True)
async def test_a_refund_is_made_once(dying_till: Till) -> None:
    shop = dying_till.shop
    checkout = await dying_till.buys(await shop.offer(interval="once"))
    await shop.state_of(checkout["checkout_id"], "completed")
    await refund(dying_till, checkout, 400)
    await shop.until_told(billing_payment.RefundIssued)
    (order,) = dying_till.paypal.orders.values()
    assert [one["amount"]["value"] for one in order.refunds] == ["4.00"]


async def test_who_is_erased_leaves_nothing_at_any_processor(till: Till) -> None:
    shop = till.shop
    await till.subscribes()
    await shop.gives(cards.GOOD)
    other = await till.buys(await shop.offer())
    await shop.state_of(other["checkout_id"], "completed")
    await shop.house.quiet()
    assert len(till.paypal.tokens) == 2
    await erase(shop)
    assert till.paypal.tokens == {}
    rows = await shop.house.service.pool.fetch(
        "SELECT count(*) FROM events WHERE type = 'CustomerDeleted'"
    )
    assert rows[0]["count"] == 3, "two wallets, and the customer who keeps cards"


@pytest.mark.parametrize("dying_till", ["delete_customer"], indirect=True)
async def test_erasure_goes_on_where_a_process_died(dying_till: Till) -> None:
    await dying_till.subscribes()
    dying_till.paypal.fail(f"GET {TOKENS}", 503)
    await erase(dying_till.shop)
    assert dying_till.paypal.tokens == {}


async def test_a_wallet_that_is_kept_after_its_owner_was_erased_goes_too(till: Till) -> None:
    shop = till.shop
    checkout = await till.begins(await shop.offer())
    await till.agrees(checkout)
    erased = PersonErased(community_id=community, occurred_at=shop.now, person_id=ada.person_id)
    await shop.house.hear(erased, stream_id=ada.person_id)
    await shop.house.quiet()
    await till.deliver(*till.paypal.reports)
    await shop.until_told(billing_payment.PaymentSucceeded)
    await shop.house.quiet()
    assert till.paypal.tokens == {}
