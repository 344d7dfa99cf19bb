"""Offers are sold, cards are charged, periods renew, money goes back: on Postgres, with a Stripe that is not ours."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts import (
    billing_checkout,
    billing_offer,
    billing_order,
    billing_payment,
    billing_subscription,
)
from shared.contracts.billing_message import MessageRequested
from shared.contracts.billing_privacy import PersonForgotten
from shared.contracts.events_sale import SeatDenied
from shared.contracts.membership_member import PersonErased
from shared.ids import Code
from shared.testing import eventually
from tests.integration.billing import cards
from tests.integration.billing.shop import ORIGIN, Shop, ada, bob, community, gold, olga
from tests.integration.events.house import Json


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


def seats_denied(hold_id: UUID) -> SeatDenied:
    return SeatDenied(
        community_id=community,
        occurred_at=datetime.fromisoformat("2026-03-01T12:00:00Z"),
        gathering_id=uuid4(),
        hold_id=hold_id,
        person_id=ada.person_id,
        reason="sold_out",
    )


async def test_what_is_bought_by_the_month_is_paid_and_begins(shop: Shop) -> None:
    offer_id = await shop.offer()
    await shop.buys({"offer_id": offer_id})
    (paid,) = await shop.told(billing_payment.PaymentSucceeded)
    assert (paid.amount.minor, paid.lines[0].charged_for) == (1000, "subscription")
    (order,) = await shop.told(billing_order.OrderPaid)
    assert (order.lines[0].offer_id, order.lines[0].tier_id) == (UUID(offer_id), None)
    (active,) = await shop.told(billing_subscription.SubscriptionActivated)
    assert (active.tier_id, active.interval, active.quantity) == (gold, "month", 1)
    assert len(await shop.told(billing_offer.OfferPublished)) == 1
    assert len(await shop.told(billing_checkout.CheckoutCompleted)) == 1
    assert len(await shop.charges()) == 1


async def test_an_offer_sells_once_its_tier_is_heard_of(shop: Shop) -> None:
    body = {
        "name": "Silver",
        "price": {"minor": 500, "currency": "EUR"},
        "interval": "year",
        "tier_id": str(uuid4()),
    }
    published = await shop.house.ask(olga, "POST", "/offers", body)
    await shop.house.quiet()
    page = await shop.house.ask(None, "GET", f"/public/communities/{community}/offers")
    (silver,) = page["items"]
    assert (silver["name"], silver["sellable"]) == ("Silver", False)
    assert silver["obstacle"] == "tier_unknown"
    lines = [{"offer_id": published["offer_id"]}]
    opening = {"lines": lines, "return_url": "http://club.test/thanks"}
    refusal = await shop.house.refusal(ada, "POST", "/checkouts", opening)
    assert refusal == (422, "offer_not_on_sale")


async def test_what_is_paid_is_not_paid_again_and_a_repeat_answers_as_before(shop: Shop) -> None:
    checkout_id = await shop.checkout({"offer_id": await shop.offer()})
    path, card = f"/checkouts/{checkout_id}/pay", {"payment_method": await shop.card()}
    first = await shop.house.ask(ada, "POST", path, card, Idempotency_Key="one")
    await shop.state_of(checkout_id, "completed")
    await shop.house.quiet()
    assert await shop.house.ask(ada, "POST", path, card, Idempotency_Key="one") == first
    paid = (409, "checkout_completed")
    assert await shop.house.refusal(ada, "POST", path, card) == paid
    for way in ("pay-on-page", "begin-without-card"):
        assert await shop.house.refusal(ada, "POST", f"/checkouts/{checkout_id}/{way}") == paid
    assert len(await shop.charges()) == 1


async def test_a_declined_card_may_be_followed_by_another(shop: Shop) -> None:
    checkout_id = await shop.checkout({"offer_id": await shop.offer()})
    await shop.pays(checkout_id, await shop.card(cards.REFUSED_WHEN_CHARGED))
    refused = await shop.until(ada, f"/checkouts/{checkout_id}", lambda seen: seen["problem"])
    assert (refused["state"], refused["problem"]) == ("open", "card_declined")
    await shop.pays(checkout_id, await shop.card(cards.REFUSED_WHEN_KEPT))
    await shop.house.quiet()
    await shop.pays(checkout_id, await shop.card())
    await shop.state_of(checkout_id, "completed")
    (failed,) = await shop.told(billing_payment.PaymentFailed)
    assert failed.reason == "card_declined"
    assert len(await shop.charges()) == 1


@pytest.mark.parametrize("success", [True, False])
async def test_the_payer_authenticates_in_the_browser_and_the_webhook_says_so(
    shop: Shop, *, success: bool
) -> None:
    checkout_id = await shop.checkout({"offer_id": await shop.offer()})
    await shop.pays(checkout_id, await shop.card(cards.AUTHENTICATED))
    path = f"/checkouts/{checkout_id}"
    waiting = await shop.until(ada, path, lambda seen: seen["processor"]["client_secret"])
    assert waiting["state"] == "awaiting_payment"
    assert await shop.charges() == []
    intent, secret = waiting["processor"]["payment_intent"], waiting["processor"]["client_secret"]
    await cards.authenticate(shop.stripe_url, Code(intent), Code(secret), success=success)
    if success:
        await shop.state_of(checkout_id, "completed")
        return
    # This double reports no failed authentication: the person tries another card instead.
    await shop.pays(checkout_id, await shop.card())
    await shop.state_of(checkout_id, "completed")
    assert len(await shop.charges()) == 1


async def test_a_bank_account_is_no_card(shop: Shop) -> None:
    checkout_id = await shop.checkout({"offer_id": await shop.offer(2000, "once")})
    await shop.pays(checkout_id, await cards.bank_account(shop.stripe_url))
    refused = await shop.until(ada, f"/checkouts/{checkout_id}", lambda seen: seen["problem"])
    assert (refused["state"], await shop.charges()) == ("open", [])


async def test_nobody_else_sees_a_checkout(shop: Shop) -> None:
    checkout_id = await shop.checkout({"offer_id": await shop.offer()})
    missing = (404, "checkout_not_found")
    assert await shop.house.refusal(bob, "GET", f"/checkouts/{checkout_id}") == missing
    body = {"payment_method": "pm_bobs"}
    assert await shop.house.refusal(bob, "POST", f"/checkouts/{checkout_id}/pay", body) == missing


async def test_an_unpaid_checkout_expires_by_the_clock(shop: Shop) -> None:
    checkout_id = await shop.checkout({"offer_id": await shop.offer()})
    await shop.at(shop.now + timedelta(minutes=31))
    await shop.state_of(checkout_id, "expired")
    body = {"payment_method": "pm_late"}
    late = await shop.house.refusal(ada, "POST", f"/checkouts/{checkout_id}/pay", body)
    assert late == (409, "checkout_expired")
    assert len(await shop.told(billing_checkout.CheckoutExpired)) == 1


async def test_a_year_of_renewals_is_thirteen_payments_of_one_price(shop: Shop) -> None:
    began = datetime.fromisoformat((await shop.subscribes())["began_at"])
    for month in range(12):
        subscription = await shop.subscription()
        assert subscription["state"] == "active", month
        await shop.at(subscription["runs_until"])
    last = await shop.subscription()
    assert (datetime.fromisoformat(last["runs_until"]) - began).days >= 390
    assert [charge["amount"] for charge in await shop.charges()] == [1000] * 13
    assert len(await shop.told(billing_subscription.SubscriptionRenewed)) == 12


async def test_a_trial_keeps_the_card_and_charges_when_it_ends(shop: Shop) -> None:
    trial = await shop.subscribes(trial_days=14)
    assert trial["state"] == "trialing"
    assert await shop.charges() == []
    (order,) = await shop.told(billing_order.OrderPaid)
    assert order.total.minor == 0
    await shop.at(trial["runs_until"])
    assert (await shop.until_subscription("active"))["state"] == "active"
    assert len(await shop.charges()) == 1
    assert len(await shop.told(billing_subscription.SubscriptionActivated)) == 1


async def test_there_is_one_trial_for_a_person(shop: Shop) -> None:
    offer_id = await shop.offer(1000, trial_days=14)
    await shop.buys({"offer_id": offer_id})
    lines = {"lines": [{"offer_id": offer_id}], "return_url": f"{ORIGIN}/thanks"}
    preview = await shop.house.ask(ada, "POST", "/checkouts/preview", lines)
    assert preview["due"]["minor"] == 1000
    await shop.buys({"offer_id": offer_id})
    assert [charge["amount"] for charge in await shop.charges()] == [1000]
    fresh = await shop.house.ask(bob, "POST", "/checkouts/preview", lines)
    assert fresh["due"]["minor"] == 0


async def test_a_preview_needs_no_way_back_and_refuses_a_foreign_one(shop: Shop) -> None:
    offer_id = await shop.offer(1000)
    lines: dict[str, Any] = {"lines": [{"offer_id": offer_id}]}
    preview = await shop.house.ask(ada, "POST", "/checkouts/preview", lines)
    home = await shop.house.ask(
        ada, "POST", "/checkouts/preview", lines | {"return_url": f"{ORIGIN}/thanks"}
    )
    assert preview["due"] == home["due"]
    assert preview["payments"][0]["due"]["minor"] == 1000
    for wrong in ("https://evil.example/thanks", f"{ORIGIN}/thanks?who=ada", ""):
        asked = lines | {"return_url": wrong}
        refused = await shop.house.refusal(ada, "POST", "/checkouts/preview", asked)
        assert refused == (422, "foreign_return_url"), wrong
    assert await shop.house.refusal(ada, "POST", "/checkouts", lines) == (422, "missing")


async def test_of_two_checkouts_with_a_trial_one_has_it(shop: Shop) -> None:
    offer_id = await shop.offer(1000, trial_days=14)
    first = await shop.checkout({"offer_id": offer_id})
    second = await shop.checkout({"offer_id": offer_id})
    card = {"payment_method": await shop.card()}
    paying = [
        shop.house.answer(ada, "POST", f"/checkouts/{one}/pay", card) for one in (first, second)
    ]
    answers = await asyncio.gather(*paying)
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    (refused,) = (answer for answer in answers if answer.status_code == 409)
    assert refused.json()["errors"][0]["code"] == "trial_taken"
    assert (await shop.subscription())["state"] == "trialing"


async def test_a_trial_that_came_to_nothing_may_be_had_later(shop: Shop) -> None:
    offer_id = await shop.offer(1000, trial_days=14)
    left = await shop.checkout({"offer_id": offer_id})
    await shop.pays(left, await shop.card(cards.REFUSED_WHEN_KEPT))
    await shop.until(ada, f"/checkouts/{left}", lambda seen: seen["problem"])
    await shop.house.ask(ada, "POST", f"/checkouts/{left}/cancel")
    await shop.house.quiet()
    await shop.buys({"offer_id": offer_id})
    assert (await shop.subscription())["state"] == "trialing"
    assert await shop.charges() == []


async def test_a_declined_renewal_is_past_due_until_another_card_pays(shop: Shop) -> None:
    subscription = await shop.subscribes()
    await shop.gives(cards.REFUSED_WHEN_CHARGED)
    await shop.at(subscription["runs_until"])
    await shop.until_subscription("past_due")
    (told,) = await shop.told(MessageRequested)
    assert (told.template, told.person_id) == ("subscription_past_due", ada.person_id)
    await shop.gives(cards.GOOD)
    await shop.until_subscription("active")
    assert len(await shop.told(billing_subscription.SubscriptionRecovered)) == 1
    assert len(await shop.charges()) == 2


async def test_a_renewal_that_stays_unpaid_ends_after_a_week(shop: Shop) -> None:
    subscription = await shop.subscribes()
    await shop.gives(cards.REFUSED_WHEN_CHARGED)
    due = datetime.fromisoformat(subscription["runs_until"])
    for day in (0, 1, 3, 5):
        await shop.at(due + timedelta(days=day, minutes=day))
        await shop.until_subscription("past_due")
    await shop.at(due + timedelta(days=7, minutes=7))
    ended = await shop.until_subscription("ended")
    assert ended["ended_for"] == "payment_failed"
    assert len(await shop.told(billing_payment.PaymentFailed)) == 5
    (told,) = await shop.told(billing_subscription.SubscriptionEnded)
    assert (told.reason, told.was_paying) == ("payment_failed", True)
    assert len(await shop.charges()) == 1


async def test_a_renewal_that_the_payer_must_authenticate_is_paid_when_they_do(shop: Shop) -> None:
    subscription = await shop.subscribes()
    await shop.gives(cards.AUTHENTICATED)
    await shop.at(subscription["runs_until"])
    past_due = await shop.until_subscription("past_due")
    payment = await shop.house.ask(ada, "GET", f"/payments/{past_due['payment_id']}")
    intent, secret = Code(payment["payment_intent"]), Code(payment["client_secret"])
    await cards.authenticate(shop.stripe_url, intent, secret, success=True)
    await shop.until_subscription("active")
    assert len(await shop.charges()) == 2


async def test_a_cancelled_subscription_runs_to_its_end_and_a_withdrawn_one_goes_on(
    shop: Shop,
) -> None:
    subscription = await shop.subscribes()
    path = f"/subscriptions/{subscription['subscription_id']}/cancellation"
    await shop.house.ask(ada, "POST", path)
    assert (await shop.subscription())["cancels_at"] == subscription["runs_until"]
    await shop.house.ask(ada, "DELETE", path)
    await shop.at(subscription["runs_until"])
    renewed = await shop.subscription()
    assert (renewed["state"], renewed["cancels_at"]) == ("active", None)
    await shop.house.ask(ada, "POST", path)
    await shop.at(renewed["runs_until"])
    assert (await shop.until_subscription("ended"))["ended_for"] == "voluntary"
    assert len(await shop.charges()) == 2


async def test_staff_end_a_subscription_at_once(shop: Shop) -> None:
    subscription = await shop.subscribes()
    path = f"/subscriptions/{subscription['subscription_id']}/end"
    assert await shop.house.refusal(ada, "POST", path) == (403, "forbidden")
    await shop.house.ask(olga, "POST", path)
    await shop.until_subscription("ended")
    listed = await shop.house.ask(olga, "GET", "/staff/subscriptions")
    assert [item["state"] for item in listed["items"]] == ["ended"]


async def test_a_quote_is_paid_under_the_id_of_its_hold(shop: Shop) -> None:
    hold_id = uuid4()
    await shop.buys({"quote": shop.quote(hold_id)})
    (order,) = await shop.told(billing_order.OrderPaid)
    assert (order.order_id, order.lines[0].hold_id, order.total.minor) == (hold_id, hold_id, 1500)
    (paid,) = await shop.told(billing_payment.PaymentSucceeded)
    assert paid.lines[0].charged_for == "ticket"


async def test_a_hold_paid_in_two_tabs_is_paid_once(shop: Shop) -> None:
    hold_id = uuid4()
    quote = shop.quote(hold_id)
    tabs = [await shop.checkout({"quote": quote}) for _ in range(2)]
    for tab in tabs:
        await shop.pays(tab)
        await shop.state_of(tab, "completed")
    (refund,) = await shop.until_told(billing_payment.RefundIssued)
    assert refund.amount.minor == 1500
    assert len(await shop.told(billing_order.OrderPaid)) == 1
    assert await shop.told(billing_order.OrderRefunded) == []


async def test_a_quote_that_is_paid_opens_no_other_checkout(shop: Shop) -> None:
    quote = shop.quote(uuid4())
    await shop.buys({"quote": quote})
    await shop.house.quiet()
    body = {"lines": [{"quote": quote}], "return_url": f"{ORIGIN}/thanks"}
    assert await shop.house.refusal(ada, "POST", "/checkouts", body) == (422, "seats_paid_for")


async def test_without_a_seat_the_money_goes_back(shop: Shop) -> None:
    hold_id = uuid4()
    offer_id = await shop.offer()
    await shop.buys({"quote": shop.quote(hold_id)}, {"offer_id": offer_id})
    await shop.house.hear(seats_denied(hold_id))
    (refunded,) = await shop.until_told(billing_order.OrderRefunded)
    assert (refunded.order_id, refunded.reason) == (hold_id, "seat_denied")
    (refund,) = await shop.told(billing_payment.RefundIssued)
    assert [(line.charged_for, line.amount.minor) for line in refund.lines] == [("ticket", 1500)]
    (told,) = await shop.told(MessageRequested)
    assert told.template == "payment_refunded"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": "tessera-membership"}, "invalid_quote"),
        ({"iss": "somebody"}, "invalid_quote"),
        ({"amount": {"minor": "free", "currency": "EUR"}}, "invalid_quote"),
        ({"account_id": str(bob.account_id)}, "foreign_quote"),
        ({"community_id": str(uuid4())}, "foreign_quote"),
        ({"exp": 1_700_000_000}, "quote_expired"),
    ],
)
async def test_a_quote_is_good_for_one_person_for_a_while(
    shop: Shop, claims: Json, code: str
) -> None:
    quote = shop.quote(uuid4(), **claims)
    body = {"lines": [{"quote": quote}], "return_url": "http://club.test/thanks"}
    assert await shop.house.refusal(ada, "POST", "/checkouts", body) == (422, code)


async def test_a_quote_that_was_touched_is_worth_nothing(shop: Shop) -> None:
    head, claims, signature = shop.quote(uuid4(), minor=1500).split(".")
    _, cheaper, _ = shop.quote(uuid4(), minor=1).split(".")
    for quote in (f"{head}.{cheaper}.{signature}", f"{head}.{claims}.", "quote", ""):
        body = {"lines": [{"quote": quote}], "return_url": "http://club.test/thanks"}
        refusal = await shop.house.refusal(ada, "POST", "/checkouts", body)
        assert refusal == (422, "invalid_quote")


async def test_staff_give_money_back_and_never_more_than_was_paid(shop: Shop) -> None:
    await shop.subscribes()
    (payment,) = (await shop.house.ask(olga, "GET", "/payments"))["items"]
    path = f"/payments/{payment['payment_id']}/refunds"
    too_much = {"amount": {"minor": 1001, "currency": "EUR"}}
    assert await shop.house.refusal(olga, "POST", path, too_much) == (409, "refund_exceeds_payment")
    await shop.house.ask(olga, "POST", path, {"amount": {"minor": 400, "currency": "EUR"}})
    await shop.house.ask(olga, "POST", path, {})
    refunds = await shop.until_told(billing_payment.RefundIssued, 2)
    assert sorted(refund.amount.minor for refund in refunds) == [400, 600]
    own = await shop.until(
        ada, f"/payments/{payment['payment_id']}", lambda seen: seen["refunded"]["minor"] == 1000
    )
    assert own["state"] == "succeeded"
    assert await shop.house.refusal(olga, "POST", path, {}) == (409, "refund_exceeds_payment")


async def test_a_person_who_is_erased_is_forgotten_by_the_processor_too(shop: Shop) -> None:
    await shop.subscribes()
    erased = PersonErased(community_id=community, occurred_at=shop.now, person_id=ada.person_id)
    await shop.house.hear(erased, stream_id=ada.person_id)
    (forgotten,) = await shop.until_told(PersonForgotten)
    assert forgotten.person_id == ada.person_id
    assert (await shop.until_subscription("ended"))["ended_for"] == "erased"
    missing = await shop.house.refusal(ada, "GET", "/payer/payment-method")
    assert missing == (404, "payment_method_not_found")


async def test_the_account_of_the_community_is_named_in_every_checkout(shop: Shop) -> None:
    await shop.connects("acct_ours")
    assert (await shop.house.ask(olga, "GET", "/merchant"))["time_zone"] == "Europe/Paris"
    checkout_id = await shop.buys({"offer_id": await shop.offer()})
    seen = await shop.house.ask(ada, "GET", f"/checkouts/{checkout_id}")
    assert seen["processor"]["account"] == "acct_ours"


async def test_a_report_that_comes_twice_or_late_changes_nothing(shop: Shop) -> None:
    await shop.subscribes()
    (charge,) = await shop.charges()
    report = {
        "id": "evt_twice",
        "object": "event",
        "type": "payment_intent.succeeded",
        "data": {"object": charge},
    }
    assert (await shop.report(report)).json() == {"new": True}
    assert (await shop.report(report)).json() == {"new": False}
    failed = report | {"id": "evt_late", "type": "payment_intent.payment_failed"}
    assert (await shop.report(failed)).json() == {"new": True}
    await shop.house.quiet()
    assert len(await shop.told(billing_payment.PaymentSucceeded)) == 1
    assert await shop.told(billing_payment.PaymentFailed) == []


async def test_a_report_about_nothing_of_ours_is_kept_and_left_alone(shop: Shop) -> None:
    intent = {"id": "pi_foreign", "object": "payment_intent"}
    for number, metadata in enumerate(
        (
            None,
            {},
            {"community_id": "club", "payment_id": "first"},
            {"community_id": str(community), "payment_id": str(uuid4())},
        )
    ):
        report = {
            "id": f"evt_{number}",
            "object": "event",
            "type": "payment_intent.succeeded",
            "data": {"object": intent | {"metadata": metadata}},
        }
        assert (await shop.report(report)).json() == {"new": True}
    await shop.house.quiet()
    assert await shop.told(billing_payment.PaymentSucceeded) == []


async def test_a_report_that_the_processor_did_not_sign_is_refused(shop: Shop) -> None:
    report = {"id": "evt_forged", "object": "event", "type": "payment_intent.succeeded"}
    forged = await shop.report(report, "whsec_guessed")
    assert (forged.status_code, forged.json()["errors"][0]["code"]) == (400, "bad_signature")
    unsigned = await shop.house.client.post("/webhooks/stripe", json=report)
    assert unsigned.status_code == 400

    async def kept() -> int:
        return int(
            await shop.house.service.pool.fetchval(
                "SELECT count(*) FROM inbox WHERE topic = 'webhook'"
            )
        )

    await eventually(kept, lambda many: many == 0)
