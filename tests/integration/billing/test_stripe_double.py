"""What our double of Stripe does that no other does: keys, trouble, banks that take their time, and its reports."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import stripe
from stripe import Webhook

from services.billing.gateways import stripe_gateway
from services.billing.gateways.gateway import Declined, Outcome, ProcessorUnavailable
from services.billing.gateways.stripe_gateway import StripeGateway
from shared.contracts.billing_message import MessageRequested
from shared.contracts.billing_payment import PaymentSucceeded
from shared.contracts.contract import MoneyValue
from shared.ids import Code, random_id
from shared.money import Money
from shared.testing import eventually
from tests.doubles.stripe.double import Stripe
from tests.doubles.stripe.payments import Charge
from tests.doubles.stripe.reports import signed
from tests.integration.billing import cards, stripe_there
from tests.integration.billing.shop import (
    WEBHOOK_SECRET,
    Shop,
    ada,
)
from tests.integration.billing.stripe_there import (
    CLUB,
    COMMUNITY,
    KEY,
    NO_CARD,
    There,
    order,
    ten_euros,
)

CREATE, CONFIRM = "POST /v1/payment_intents", "POST /v1/payment_intents/{intent}/confirm"
INTENTS = "/v1/payment_intents"
ON_THE_CLUB: Any = {"stripe_account": CLUB}
TEN: dict[str, str] = {"amount": "1000", "currency": "eur"}


@pytest.fixture
async def browser(there: There) -> AsyncIterator[httpx.AsyncClient]:
    """Whoever speaks to it without the SDK, and wrongly where a test wants that: nobody else is shown it."""
    there.ours.is_asked_rightly = False
    async with httpx.AsyncClient(base_url=there.url, auth=(KEY, "")) as client:
        yield client


@pytest.fixture
def shop(witnessed_shop: Shop) -> Shop:
    return witnessed_shop


def error_of(answer: httpx.Response) -> tuple[int, str, str | None]:
    error = answer.json()["error"]
    return answer.status_code, error["type"], error.get("code")


async def test_it_is_told_to_from_another_process(double_url: str) -> None:
    async with stripe_there.theirs(double_url) as there, httpx.AsyncClient() as outside:

        async def told(path: str, **body: Any) -> Any:
            answer = await outside.post(f"{double_url}/_config/{path}", json=body)
            assert answer.is_success, answer.text
            return answer.json()

        await told(f"accounts/{CLUB}")
        await told("faults", operation=CREATE, status=500, times=2)
        with pytest.raises(ProcessorUnavailable):
            await there.paid()
        intent = await there.paid(None)
        assert await told("charges") == {"charges": 1}
        opened = await told("disputes", payment_intent=intent, reason="fraudulent")
        await told(f"disputes/{opened['id']}", status="won")
        found = await there.gateway.fetch_dispute(Code(opened["id"]), None)
        assert found is not None
        assert found.standing == "won"


# Who judges it.


async def test_an_answer_that_stripe_would_not_give_is_told(there: There) -> None:
    if stripe_there.spec() is None:
        pytest.skip("there is no description of Stripe's answers: python -m tools.validators")
    intent = await there.paid()
    kept: Any = there.ours.books[CLUB].get(intent)
    kept.status = "paid"
    await there.gateway.fetch_intent(intent, CLUB)
    wrong = there.ours.wrong.pop()
    assert "GET /v1/payment_intents/{intent}: $.status: 'paid' is not one of" in wrong


@pytest.mark.parametrize(
    ("method", "asked", "reason"),
    [
        ("POST", TEN | {"favourite_colour": "blue"}, "$: Additional properties are not allowed"),
        ("POST", TEN | {"amount": "ten"}, "$.amount: 'ten' is not of type 'integer'"),
        ("POST", {"amount": "1000"}, "$: 'currency' is a required property"),
        (
            "POST",
            TEN | {"automatic_payment_methods[enabled]": "perhaps"},
            "$.automatic_payment_methods.enabled: 'perhaps' is not of type 'boolean'",
        ),
        ("GET", {"limit": "ten"}, "$.limit: 'ten' is not of type 'integer'"),
        ("GET", {"creatd[gte]": "1"}, "$: Additional properties are not allowed"),
    ],
)
async def test_a_request_that_its_document_does_not_know_is_told(
    there: There, method: str, asked: dict[str, str], reason: str
) -> None:
    if stripe_there.spec() is None:
        pytest.skip("there is no description of Stripe's API: python -m tools.validators")
    there.ours.witness = None
    async with httpx.AsyncClient(base_url=there.url, auth=(KEY, "")) as client:
        told: Any = {"params": asked} if method == "GET" else {"data": asked}
        await client.request(method, INTENTS, **told)
    assert f"{method} {INTENTS}: {reason}" in there.ours.wrong.pop()


async def test_a_request_that_stripe_would_not_take_is_told(stripe_mock: str | None) -> None:
    if stripe_mock is None:
        pytest.skip("there is no stripe-mock: python -m tools.validators, which needs Go")
    async with stripe_there.ours(stripe_mock) as there:
        unknown: Any = {"metadata": {}, "favourite_colour": "blue"}
        with pytest.raises(stripe.InvalidRequestError, match="Received unknown parameter"):
            await there.gateway.client.v1.customers.create_async(unknown)
        told = "\n".join(there.ours.wrong)
        assert "POST /v1/customers: Request validation error" in told  # By stripe-mock.
        assert "'favourite_colour' was unexpected" in told  # By Stripe's document.
        there.ours.wrong.clear()


# Keys.


async def test_what_is_repeated_under_its_key_is_answered_from_memory(
    browser: httpx.AsyncClient,
) -> None:
    key = {"Idempotency-Key": "k"}
    first, second = [await browser.post(INTENTS, data=TEN, headers=key) for _ in range(2)]
    assert first.json() == second.json()
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"


async def test_another_request_under_the_same_key_is_refused(browser: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "k"}
    await browser.post(INTENTS, data=TEN, headers=key)
    other = await browser.post(INTENTS, data=TEN | {"amount": "2000"}, headers=key)
    assert error_of(other) == (400, "idempotency_error", None)
    elsewhere = await browser.post("/v1/customers", data={}, headers=key)
    assert error_of(elsewhere) == (400, "idempotency_error", None)


async def test_a_key_that_is_being_worked_on_is_in_use(
    there: There, browser: httpx.AsyncClient
) -> None:
    there.ours.slow_down(CREATE, seconds=1)
    key = {"Idempotency-Key": "k"}
    asked = (browser.post(INTENTS, data=TEN, headers=key) for _ in range(2))
    first, second = await asyncio.gather(*asked)
    statuses = sorted([first.status_code, second.status_code])
    assert statuses == [200, 409]
    late = next(one for one in (first, second) if one.status_code == 409)
    assert error_of(late)[2] == "idempotency_key_in_use"


async def test_a_decline_is_remembered_and_a_mistake_is_not(
    there: There, browser: httpx.AsyncClient
) -> None:
    card = await there.card("4000000000009995", account=None)
    confirmed = TEN | {"payment_method": card, "confirm": "true"}
    key = {"Idempotency-Key": "declined"}
    for _ in range(2):
        answer = await browser.post(INTENTS, data=confirmed, headers=key)
        assert error_of(answer) == (402, "card_error", "card_declined")
    assert len(there.ours.platform.every(Charge)) == 1
    key = {"Idempotency-Key": "mistaken"}
    wrong = await browser.post(INTENTS, data=TEN | {"amount": "ten"}, headers=key)
    assert error_of(wrong)[2] == "parameter_invalid_integer"
    assert (await browser.post(INTENTS, data=TEN, headers=key)).is_success


async def test_a_key_is_forgotten_after_a_day(there: There, browser: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "k"}
    first = await browser.post(INTENTS, data=TEN, headers=key)
    there.ours.pass_by(timedelta(hours=25))
    second = await browser.post(INTENTS, data=TEN, headers=key)
    assert first.json()["id"] != second.json()["id"]


# Trouble.


@pytest.mark.parametrize("status", [500, 503])
async def test_one_failure_is_not_noticed_and_two_are(there: There, status: int) -> None:
    there.ours.fail(CREATE, status)
    await there.announced()
    there.ours.fail(CREATE, status, times=2)
    with pytest.raises(ProcessorUnavailable):
        await there.announced()


async def test_too_many_requests_are_tried_again_later(there: There) -> None:
    there.ours.fail(CREATE, 429)
    with pytest.raises(ProcessorUnavailable):
        await there.announced()
    await there.announced()


async def test_a_charge_whose_answer_was_lost_is_made_once(there: There) -> None:
    intent = await there.announced()
    there.ours.break_down(CONFIRM, times=2)
    assert await there.gateway.confirm_intent(intent, NO_CARD, CLUB) == Outcome("succeeded")
    assert len(there.ours.charges(CLUB)) == 1


async def test_a_charge_that_takes_longer_than_we_wait_is_made_once(
    there: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    intent = await there.announced()
    monkeypatch.setattr(stripe_gateway, "PATIENCE_SECONDS", 0.2)
    hasty = StripeGateway(KEY, there.url)
    there.ours.slow_down(CONFIRM, seconds=4)
    try:
        with pytest.raises(ProcessorUnavailable):
            await hasty.confirm_intent(intent, NO_CARD, CLUB)
    finally:
        await hasty.close()
    assert there.ours.charges(CLUB) == []

    async def outcome() -> Outcome:
        return await there.gateway.fetch_intent(intent, CLUB)

    await eventually(outcome, Outcome("succeeded").__eq__)
    assert await there.gateway.confirm_intent(intent, NO_CARD, CLUB) == Outcome("succeeded")
    assert len(there.ours.charges(CLUB)) == 1


# Payers and banks.


async def _charged(there: There, card: Code, **more: Any) -> Any:
    told = {"amount": 1000, "currency": "eur", "payment_method": card, "confirm": True} | more
    asked: Any = told
    return await there.gateway.client.v1.payment_intents.create_async(asked, ON_THE_CLUB)


async def test_who_is_not_there_cannot_authenticate(there: There) -> None:
    customer = await there.gateway.create_customer(random_id(), CLUB)
    card = await there.card("4000002760003184")
    await there.gateway.keep(card, customer, CLUB, random_id())
    with pytest.raises(stripe.CardError) as refusal:
        await _charged(there, card, customer=customer, off_session=True)
    assert refusal.value.code == "authentication_required"
    intent = await _charged(there, card, customer=customer)
    assert intent.status == "requires_action"


async def test_whose_bank_was_asked_for_later_charges_is_charged_while_they_are_away(
    there: There,
) -> None:
    customer = await there.gateway.create_customer(random_id(), CLUB)
    card = await there.card(cards.AUTHENTICATED)
    await there.gateway.keep(card, customer, CLUB, random_id())
    first = replace(order(card, customer=customer), keep=True)
    intent = await there.gateway.create_intent(first)
    assert await there.gateway.confirm_intent(intent, NO_CARD, CLUB) == Outcome("requires_action")
    there.ours.authenticate(intent, CLUB)
    renewal = await there.gateway.create_intent(order(card, customer=customer))
    paid = await there.gateway.confirm_intent(renewal, NO_CARD, CLUB, away=True)
    assert paid == Outcome("succeeded")


async def test_whose_bank_wants_them_while_they_are_away_may_come_back_to_the_same_charge(
    there: There,
) -> None:
    customer = await there.gateway.create_customer(random_id(), CLUB)
    card = await there.card(cards.AUTHENTICATED)
    await there.gateway.keep(card, customer, CLUB, random_id())
    intent = await there.gateway.create_intent(order(card, customer=customer))
    waits = Outcome("requires_action")
    for _ in range(2):
        assert await there.gateway.confirm_intent(intent, NO_CARD, CLUB, away=True) == waits
    assert await there.gateway.fetch_intent(intent, CLUB) == waits
    step = await there.gateway.payer_step(intent, CLUB)
    assert step.client_secret
    by_form: Any = {"payment_method": card}  # Which the refusal names.
    await there.gateway.client.v1.payment_intents.confirm_async(intent, by_form, ON_THE_CLUB)
    there.ours.authenticate(intent, CLUB)
    assert await there.gateway.fetch_intent(intent, CLUB) == Outcome("succeeded")


async def test_who_authenticates_may_still_be_declined(there: There) -> None:
    intent = await there.announced("4000008260003178")
    await there.gateway.confirm_intent(intent, NO_CARD, CLUB)
    there.ours.authenticate(intent, CLUB)
    found = await there.gateway.fetch_intent(intent, CLUB)
    assert found == Outcome("failed", Code("insufficient_funds"))


@pytest.mark.parametrize(
    ("iban", "status"),
    [("DE89370400440532013000", "succeeded"), ("DE62370400440532013001", "failed")],
)
async def test_a_debit_takes_its_time(there: There, iban: str, status: str) -> None:
    made = await there.gateway.client.v1.payment_methods.create_async(
        {"type": "sepa_debit", "sepa_debit": {"iban": iban}}, ON_THE_CLUB
    )
    intent = await _charged(there, Code(made.id), payment_method_types=["sepa_debit"])
    assert intent.status == "processing"
    (arrives,) = there.ours.waiting
    arrives()
    assert (await there.gateway.fetch_intent(Code(intent.id), CLUB)).status == status


async def test_the_same_card_is_known_again_on_its_account_alone(there: There) -> None:
    methods = there.gateway.client.v1.payment_methods
    prints = []
    for account in (CLUB, CLUB, None):
        card = await there.card(account=account)
        found = await methods.retrieve_async(card, {}, stripe_gateway.options(account))
        assert found.card is not None
        prints.append(found.card.fingerprint)
    assert prints[0] == prints[1] != prints[2]


async def test_a_refund_may_fail_days_later(there: There) -> None:
    intent = await there.announced("4000000000005126")
    await there.gateway.confirm_intent(intent, NO_CARD, CLUB)
    refund_id = random_id()
    refund = await there.gateway.refund(intent, CLUB, refund_id, ten_euros)
    assert await there.gateway.find_refund(intent, CLUB, refund_id) == refund
    there.ours.waiting.pop()()
    assert await there.gateway.find_refund(intent, CLUB, refund_id) is None


async def test_a_bank_may_want_the_money_back_at_once(there: There) -> None:
    intent = await there.announced("4000000000000259")
    await there.gateway.confirm_intent(intent, NO_CARD, CLUB)
    with pytest.raises(Declined, match="charge_disputed"):
        await there.gateway.refund(intent, CLUB, random_id(), ten_euros)


# Balances and fees.


async def test_the_balance_moves_with_charges_refunds_and_disputes(there: There) -> None:
    intent = await there.paid()
    await there.gateway.refund(intent, CLUB, random_id(), Money(400, "EUR"))
    dispute = there.ours.dispute(intent, CLUB)
    there.ours.decide(dispute.id, "won", CLUB)
    moves = there.gateway.client.v1.balance_transactions
    listed = await moves.list_async({}, ON_THE_CLUB)
    told = [(one.type, one.amount, one.fee) for one in listed.data]
    assert told[::-1] == [
        ("charge", 1000, 40),
        ("refund", -400, 0),
        ("adjustment", -600, 2000),
        ("adjustment", 600, -2000),
    ]


async def test_the_platforms_fee_is_in_its_own_book_and_goes_back_in_part(there: There) -> None:
    client = there.gateway.client.v1
    intent = await _charged(there, await there.card(), application_fee_amount=100)
    asked: Any = {"payment_intent": intent.id, "amount": 500, "refund_application_fee": True}
    await client.refunds.create_async(asked, ON_THE_CLUB)
    (fee,) = (await client.application_fees.list_async({})).data
    assert (fee.account, fee.amount, fee.amount_refunded) == (CLUB, 100, 50)
    (kept,) = (await client.balance_transactions.list_async({"type": "charge"}, ON_THE_CLUB)).data
    assert kept.net == 1000 - 40 - 100


# Parameters and lists.


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"currency": "eur"}, "parameter_missing"),
        (TEN | {"amount": "10.5"}, "parameter_invalid_integer"),
        (TEN | {"colour": "blue"}, "parameter_unknown"),
        (TEN | {"amount": "49"}, "amount_too_small"),
        (TEN | {"payment_method": "pm_of_nobody"}, "resource_missing"),
        (TEN | {"metadata": "text"}, None),
        (TEN | {"metadata[a][b]": "deep"}, None),
        (TEN | {"confirm": "yes"}, None),
        (TEN | {"expand[0]": "colour"}, None),
        (TEN | {"application_fee_amount": "10"}, None),
    ],
)
async def test_what_is_not_asked_for_rightly_is_refused(
    browser: httpx.AsyncClient, told: dict[str, str], code: str | None
) -> None:
    answer = await browser.post(INTENTS, data=told)
    assert error_of(answer) == (400, "invalid_request_error", code)


async def test_who_has_no_key_is_nobody(there: There, browser: httpx.AsyncClient) -> None:
    async with httpx.AsyncClient(base_url=there.url) as stranger:
        assert (await stranger.get(INTENTS)).status_code == 401


async def test_lists_can_be_walked_both_ways(there: There) -> None:
    made = [await there.gateway.create_customer(random_id(), CLUB) for _ in range(5)]
    customers = there.gateway.client.v1.customers
    down = await customers.list_async({"limit": 2}, ON_THE_CLUB)
    assert [one.id async for one in down.auto_paging_iter()] == made[::-1]
    up = await customers.list_async({"limit": 2, "ending_before": made[1]}, ON_THE_CLUB)
    assert [one.id for one in up.data] == [made[3], made[2]]
    assert up.has_more
    with pytest.raises(stripe.InvalidRequestError, match="between 1 and 100"):
        await customers.list_async({"limit": 101}, ON_THE_CLUB)


# The hosted page.


async def _visited(there: There, url: str | None, number: str = cards.GOOD) -> httpx.Response:
    assert url is not None
    async with httpx.AsyncClient() as payer:
        return await payer.get(url, params={"card": number})


async def test_a_payer_pays_on_the_hosted_page_and_is_led_back(there: There) -> None:
    sessions = there.gateway.client.v1.checkout.sessions
    told: Any = {
        "mode": "payment",
        "success_url": "http://club.test/thanks?session={CHECKOUT_SESSION_ID}",
        "line_items": [
            {
                "quantity": 2,
                "price_data": {
                    "currency": "eur",
                    "unit_amount": 500,
                    "product_data": {"name": "Gold"},
                },
            }
        ],
        "payment_intent_data": {"metadata": {"community_id": str(COMMUNITY)}},
    }
    session = await sessions.create_async(told, ON_THE_CLUB)
    assert (session.amount_total, session.payment_status) == (1000, "unpaid")
    declined = await _visited(there, session.url, "4000000000009995")
    assert error_of(declined) == (402, "card_error", "card_declined")
    back = await _visited(there, session.url)
    assert back.headers["location"] == f"http://club.test/thanks?session={session.id}"
    found = await sessions.retrieve_async(session.id, {}, ON_THE_CLUB)
    assert (found.status, found.payment_status, found.url) == ("complete", "paid", None)
    (charge,) = there.ours.charges(CLUB)
    assert charge["payment_intent"] == found.payment_intent
    assert charge["metadata"] == {"community_id": str(COMMUNITY)}
    assert (await _visited(there, session.url)).status_code == 400
    assert there.ours.events[-1].type == "checkout.session.completed"


async def test_a_card_is_given_on_the_hosted_page_and_nothing_is_charged(there: There) -> None:
    customer = await there.gateway.create_customer(random_id(), CLUB)
    told: Any = {
        "mode": "setup",
        "customer": customer,
        "currency": "eur",
        "success_url": "http://club.test/thanks",
    }
    sessions = there.gateway.client.v1.checkout.sessions
    session = await sessions.create_async(told, ON_THE_CLUB)
    await _visited(there, session.url, cards.AUTHENTICATED)
    found = await sessions.retrieve_async(session.id, {"expand": ["setup_intent"]}, ON_THE_CLUB)
    setup: Any = found.setup_intent
    assert there.ours.charges(CLUB) == []
    later = await _charged(there, setup.payment_method, customer=customer, off_session=True)
    assert later.status == "succeeded"


async def test_a_session_that_has_expired_takes_nothing(there: There) -> None:
    told: Any = {"mode": "setup", "currency": "eur", "success_url": "http://club.test/thanks"}
    sessions = there.gateway.client.v1.checkout.sessions
    session = await sessions.create_async(told, ON_THE_CLUB)
    await sessions.expire_async(session.id, {}, ON_THE_CLUB)
    assert (await _visited(there, session.url)).status_code == 400


# Reports.


async def test_reports_that_come_late_twice_and_backwards_count_once(
    there: There, shop: Shop
) -> None:
    await shop.opens()
    endpoint = there.ours.endpoints["shop"]
    endpoint.late, endpoint.times, endpoint.disorder = 0.2, 2, True
    offer_id = await shop.offer()
    checkout_id = await shop.checkout({"offer_id": offer_id})
    await shop.pays(checkout_id, await shop.card(cards.AUTHENTICATED))
    path = f"/checkouts/{checkout_id}"
    waits = await shop.until(ada, path, lambda seen: seen["processor"]["client_secret"])
    there.ours.authenticate(waits["processor"]["payment_intent"])
    await shop.state_of(checkout_id, "completed")
    await eventually(_all_told(there.ours))
    await shop.house.quiet()
    assert endpoint.refused == []
    assert len(await shop.told(PaymentSucceeded)) == 1
    assert len(there.ours.charges()) == 1


async def _subscribed(there: There, shop: Shop, number: str) -> Any:
    """Who pays for a month, and agrees with their bank where it asks."""
    await shop.opens()
    checkout_id = await shop.checkout({"offer_id": await shop.offer()})
    await shop.pays(checkout_id, await shop.card(number))
    path = f"/checkouts/{checkout_id}"
    waits = await shop.until(ada, path, lambda seen: seen["processor"]["client_secret"])
    there.ours.authenticate(waits["processor"]["payment_intent"])
    await shop.state_of(checkout_id, "completed")
    return await shop.subscription()


async def test_who_agreed_with_their_bank_at_the_checkout_is_renewed_while_they_are_away(
    there: There, shop: Shop
) -> None:
    subscription = await _subscribed(there, shop, cards.AUTHENTICATED)
    await shop.at(subscription["runs_until"])
    renewed = await shop.until_subscription("active")
    assert renewed["runs_until"] > subscription["runs_until"]
    assert len(there.ours.charges()) == 2


async def _given(shop: Shop, card: Code) -> Any:
    await shop.house.ask(ada, "POST", "/payer/payment-method", {"payment_method": card})
    await shop.house.quiet()
    return await shop.house.ask(ada, "GET", "/payer/payment-method")


async def test_a_card_given_by_itself_is_one_that_its_bank_has_agreed_to(
    there: There, shop: Shop
) -> None:
    await shop.opens()
    await shop.buys({"offer_id": await shop.offer()})
    refused = await _given(shop, await shop.card(cards.AUTHENTICATED))
    assert (refused["state"], refused["code"]) == ("refused", "authentication_required")
    form = await shop.house.ask(ada, "POST", "/payer/card-forms")
    card = await shop.card(cards.AUTHENTICATED)
    there.ours.fill_in(form["client_secret"], card)
    assert (await _given(shop, card))["state"] == "saved"
    await shop.house.quiet()
    await shop.at((await shop.subscription())["runs_until"])
    await shop.until_subscription("active")
    assert len(there.ours.charges()) == 2
    assert there.ours.charges()[-1]["payment_method"] == card


async def test_a_trial_begins_with_a_card_that_its_bank_has_agreed_to(
    there: There, shop: Shop
) -> None:
    await shop.opens()
    checkout_id = await shop.checkout({"offer_id": await shop.offer(trial_days=14)})
    await shop.pays(checkout_id, await shop.card(cards.AUTHENTICATED))
    path = f"/checkouts/{checkout_id}"
    seen = await shop.until(ada, path, lambda seen: seen["problem"])
    assert (seen["state"], seen["problem"]) == ("open", "authentication_required")
    form = await shop.house.ask(ada, "POST", "/payer/card-forms")
    card = await shop.card(cards.AUTHENTICATED)
    there.ours.fill_in(form["client_secret"], card)
    await shop.pays(checkout_id, card)
    await shop.state_of(checkout_id, "completed")
    await shop.at((await shop.subscription())["runs_until"])
    await shop.until_subscription("active")
    assert len(there.ours.charges()) == 1


async def test_whose_bank_wants_them_each_time_comes_back_for_a_renewal(
    there: There, shop: Shop
) -> None:
    subscription = await _subscribed(there, shop, "4000002760003184")
    await shop.at(subscription["runs_until"])
    past_due = await shop.until_subscription("past_due")
    payment = await shop.house.ask(ada, "GET", f"/payments/{past_due['payment_id']}")
    assert (payment["state"], bool(payment["client_secret"])) == ("requires_action", True)
    (letter,) = await shop.told(MessageRequested)
    assert letter.template == "subscription_to_confirm"
    assert letter.values["amount"] == MoneyValue(minor=1000, currency="EUR")
    by_form: Any = {"payment_method": there.ours.charges()[0]["payment_method"]}
    intents = there.gateway.client.v1.payment_intents
    await intents.confirm_async(payment["payment_intent"], by_form)
    there.ours.authenticate(payment["payment_intent"])
    await shop.until_subscription("active")


def _all_told(double: Stripe) -> Any:
    async def told() -> bool:
        return all(not endpoint.busy for endpoint in double.endpoints.values())

    return told


async def test_a_report_is_signed_by_the_sdk_and_checked_by_it(there: There, shop: Shop) -> None:
    await there.paid(account=None)
    event = next(one for one in there.ours.events if one.type == "payment_intent.succeeded")
    report = signed(event, WEBHOOK_SECRET)
    checked = Webhook.construct_event(
        report.raw, report.headers["Stripe-Signature"], WEBHOOK_SECRET
    )
    assert checked.id == event.id

    async def sent(raw: bytes, headers: dict[str, str]) -> int:
        answer = await shop.house.client.post("/webhooks/stripe", content=raw, headers=headers)
        return answer.status_code

    an_hour_ago = int((datetime.now(UTC) - timedelta(hours=1)).timestamp())
    old, forged = signed(event, WEBHOOK_SECRET, an_hour_ago), signed(event, "whsec_guessed")
    assert await sent(report.raw, report.headers) == 200
    assert await sent(report.raw + b" ", report.headers) == 400
    assert await sent(old.raw, old.headers) == 400
    assert await sent(forged.raw, forged.headers) == 400
