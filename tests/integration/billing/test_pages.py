"""The processor's own page: opened, paid there once to the cent, left, closed, and looked at again whatever is said."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from shared.contracts import billing_order, billing_payment
from shared.testing import eventually
from tests.doubles.stripe.checkout import Session
from tests.integration.billing import cards
from tests.integration.billing.shop import Shop, ada, bob, olga
from tests.integration.billing.stripe_there import There
from tests.integration.events.house import Json


@pytest.fixture
def shop(witnessed_shop: Shop) -> Shop:
    return witnessed_shop


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


async def chooses(shop: Shop, checkout_id: str) -> Json:
    """The checkout, with the address of the page."""
    await shop.house.ask(ada, "POST", f"/checkouts/{checkout_id}/pay-on-page")
    path = f"/checkouts/{checkout_id}"
    return await shop.until(ada, path, lambda seen: seen["processor"]["page_url"])


async def begins(shop: Shop, minor: int = 1000, interval: str = "month") -> Json:
    offer_id = await shop.offer(minor, interval)
    return await chooses(shop, await shop.checkout({"offer_id": offer_id}))


async def follows(checkout: Json, number: str = cards.GOOD) -> httpx.Response:
    """What the person does on the page."""
    async with httpx.AsyncClient() as browser:
        return await browser.get(checkout["processor"]["page_url"], params={"card": number})


async def returns(shop: Shop, checkout: Json) -> None:
    await shop.house.ask(ada, "POST", f"/payments/{checkout['payment_id']}/return")


async def completed(shop: Shop, checkout: Json) -> Json:
    seen = await shop.state_of(checkout["checkout_id"], "completed")
    await shop.house.quiet()
    return seen


async def test_who_pays_on_the_page_has_bought_to_the_cent(shop: Shop) -> None:
    checkout = await begins(shop, minor=1099, interval="once")
    assert checkout["state"] == "awaiting_payment"
    assert await shop.charges() == []
    went = await follows(checkout)
    assert went.headers["location"] == checkout["return_url"]
    paid = await completed(shop, checkout)
    assert paid["processor"]["page_url"] is None
    (charge,) = await shop.charges()
    assert (charge["amount"], charge["id"]) == (1099, paid["processor"]["payment_intent"])
    assert len(await shop.told(billing_order.OrderPaid)) == 1


async def test_who_comes_back_twice_before_any_report_has_bought_once(
    shop: Shop, there: There
) -> None:
    checkout = await begins(shop, interval="once")
    await returns(shop, checkout)  # Not having paid.
    there.ours.endpoints.clear()  # Stripe never tells us.
    await follows(checkout)
    await returns(shop, checkout)
    await returns(shop, checkout)
    await completed(shop, checkout)
    await returns(shop, checkout)
    assert len(await shop.told(billing_payment.PaymentSucceeded)) == 1
    assert len(await shop.charges()) == 1
    stranger = f"/payments/{checkout['payment_id']}/return"
    assert (await shop.house.refusal(bob, "POST", stranger))[0] == 404


async def test_a_report_is_looked_up_and_never_believed(shop: Shop) -> None:
    checkout = await begins(shop, interval="once")
    page = checkout["processor"]["page_url"].rsplit("/", 1)[1]
    community_id = str(ada.community_id)
    marks = {"community_id": community_id, "payment_id": checkout["payment_id"]}
    lie = {
        "id": f"evt_{uuid4()}",
        "object": "event",
        "type": "checkout.session.completed",
        "data": {"object": {"id": page, "object": "checkout.session", "metadata": marks}},
    }
    assert (await shop.report(lie)).json() == {"new": True}
    assert (await shop.report(lie)).json() == {"new": False}
    await shop.house.quiet()
    assert await shop.told(billing_payment.PaymentSucceeded) == []


async def test_a_declined_card_may_be_followed_by_another_on_the_page(shop: Shop) -> None:
    checkout = await begins(shop, interval="once")
    assert (await follows(checkout, cards.REFUSED_WHEN_CHARGED)).status_code == 402
    await follows(checkout)
    await completed(shop, checkout)
    assert len(await shop.charges()) == 1


async def test_a_page_that_nobody_pays_is_closed_with_its_checkout(shop: Shop) -> None:
    checkout = await begins(shop, interval="once")
    await shop.at(shop.now + timedelta(minutes=31))
    await shop.state_of(checkout["checkout_id"], "expired")
    await shop.house.quiet()

    async def late() -> int:
        return (await follows(checkout)).status_code

    assert await late() == 400
    assert await shop.charges() == []


async def test_a_page_that_was_paid_as_it_was_to_be_closed_is_paid(
    shop: Shop, there: There
) -> None:
    checkout = await begins(shop, interval="once")
    there.ours.endpoints.clear()
    await follows(checkout)
    await shop.house.ask(ada, "POST", f"/checkouts/{checkout['checkout_id']}/cancel")
    await completed(shop, checkout)
    assert len(await shop.charges()) == 1


async def test_who_chooses_their_card_after_all_pays_once(shop: Shop) -> None:
    checkout = await begins(shop, interval="once")
    await shop.pays(checkout["checkout_id"])
    await completed(shop, checkout)
    assert (await follows(checkout)).status_code == 400
    assert len(await shop.charges()) == 1


async def test_who_has_paid_there_is_not_charged_by_the_card_they_choose_meanwhile(
    shop: Shop, there: There
) -> None:
    checkout = await begins(shop, interval="once")
    there.ours.endpoints.clear()
    await follows(checkout)
    await shop.pays(checkout["checkout_id"])
    await completed(shop, checkout)
    assert len(await shop.charges()) == 1


async def test_the_page_stays_the_same_for_who_is_impatient(shop: Shop) -> None:
    checkout = await begins(shop, interval="once")
    again = await chooses(shop, checkout["checkout_id"])
    assert again["processor"] == checkout["processor"]


async def test_other_money_than_was_asked_buys_nothing(shop: Shop, there: There) -> None:
    checkout = await begins(shop, interval="once")
    page = checkout["processor"]["page_url"].rsplit("/", 1)[1]
    there.ours.platform.find(Session, page).total = 999
    await follows(checkout)
    path = f"/checkouts/{checkout['checkout_id']}"
    refused = await shop.until(ada, path, lambda seen: seen["problem"])
    assert refused["problem"] == "amount_differs"
    assert await shop.told(billing_order.OrderPaid) == []


async def test_a_subscription_goes_on_by_the_card_of_the_page(shop: Shop) -> None:
    checkout = await begins(shop)
    await follows(checkout)
    await completed(shop, checkout)
    subscription = await shop.subscription()
    assert subscription["state"] == "active"
    await shop.at(subscription["runs_until"])
    await eventually(shop.charges, lambda made: len(made) == 2)
    assert (await shop.until_subscription("active"))["runs_until"] > subscription["runs_until"]


async def test_what_was_paid_there_goes_back_and_is_disputed_as_any_other(shop: Shop) -> None:
    checkout = await begins(shop)
    await follows(checkout)
    await completed(shop, checkout)
    path = f"/payments/{checkout['payment_id']}/refunds"
    amount = {"amount": {"minor": 400, "currency": "EUR"}}
    await shop.house.ask(olga, "POST", path, amount)
    (refund,) = await shop.until_told(billing_payment.RefundIssued)
    assert refund.amount.minor == 400
    (charge,) = await shop.charges()
    await shop.report_dispute(await shop.dispute(charge["id"]), "created")
    listed = await shop.house.ask(olga, "GET", "/disputes")
    assert [one["payment_id"] for one in listed["items"]] == [checkout["payment_id"]]


async def test_a_trial_is_not_begun_there(shop: Shop) -> None:
    offer_id = await shop.trial_with_fee()
    for offer in (offer_id, await shop.offer(trial_days=7)):
        path = f"/checkouts/{await shop.checkout({'offer_id': offer})}/pay-on-page"
        assert await shop.house.refusal(ada, "POST", path) == (409, "trial_not_hosted")
        assert await shop.house.refusal(bob, "POST", path) == (404, "checkout_not_found")
