"""Codes from being given out to the last reduced renewal: on Postgres, with a Stripe that is not ours."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts import billing_order, billing_subscription
from shared.testing import eventually
from tests.integration.billing import cards
from tests.integration.billing.shop import ORIGIN, Shop, ada, bob, community, olga
from tests.integration.events.house import Json, Who, somebody

RICH = 20


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


def money(minor: int, currency: str = "EUR") -> Json:
    return {"minor": minor, "currency": currency}


def opening(*lines: Json, **more: Any) -> Json:
    return {"lines": list(lines), "return_url": f"{ORIGIN}/thanks"} | more


async def given_out(shop: Shop, code: str = "SPRING", **deal: Any) -> str:
    answer = await shop.house.ask(olga, "POST", "/discounts", {"code": code} | deal)
    await shop.house.quiet()
    return str(answer["discount_id"])


async def listed(shop: Shop) -> Json:
    await shop.house.quiet()
    (found,) = (await shop.house.ask(olga, "GET", "/discounts"))["items"]
    shown: Json = found
    return shown


async def opened(shop: Shop, offer_id: str, code: str = "SPRING", who: Who = ada) -> str:
    body = opening({"offer_id": offer_id}, code=code)
    answer = await shop.house.ask(who, "POST", "/checkouts", body)
    await shop.house.quiet()
    return str(answer["checkout_id"])


async def bought(shop: Shop, offer_id: str, code: str = "SPRING") -> str:
    checkout_id = await opened(shop, offer_id, code)
    await shop.pays(checkout_id)
    await shop.state_of(checkout_id, "completed")
    await shop.house.quiet()
    return checkout_id


async def refused(shop: Shop, offer_id: str, code: str, who: Who = ada) -> tuple[int, str]:
    body = opening({"offer_id": offer_id}, code=code)
    return await shop.house.refusal(who, "POST", "/checkouts", body)


async def test_a_code_for_three_months_is_in_the_third_and_not_in_the_fourth(shop: Shop) -> None:
    await given_out(shop, percent=33, periods=3)
    await bought(shop, await shop.offer(1000), " spring ")
    for left, due in ((2, 670), (1, 670), (0, 1000), (0, 1000)):
        standing = await shop.subscription()
        assert (standing["discount"]["payments_left"], standing["next_due"]) == (left, money(due))
        await shop.at(standing["runs_until"])
    charged = sorted(charge["amount"] for charge in await shop.charges())
    assert charged == [670, 670, 670, 1000, 1000]
    (active,) = await shop.told(billing_subscription.SubscriptionActivated)
    assert active.recurring is not None
    assert active.charged is not None
    assert (active.recurring.minor, active.charged.minor) == (1000, 670)
    renewals = await shop.told(billing_subscription.SubscriptionRenewed)
    assert [one.charged.minor for one in renewals if one.charged] == [670, 670, 1000, 1000]
    seen = await listed(shop)
    assert (seen["code"], seen["held"], seen["redeemed"]) == ("SPRING", 0, 1)


async def test_a_declined_renewal_is_tried_again_for_less_and_uses_nothing_up(shop: Shop) -> None:
    await given_out(shop, amounts=[money(400)], periods=2)
    await bought(shop, await shop.offer(1000))
    await shop.gives(cards.REFUSED_WHEN_CHARGED)
    due = datetime.fromisoformat((await shop.subscription())["runs_until"])
    await shop.at(due)
    await shop.until_subscription("past_due")
    await shop.at(due + timedelta(days=1, minutes=1))
    await shop.until_subscription("past_due")
    await shop.gives(cards.GOOD)
    await shop.until_subscription("active")
    await shop.at((await shop.subscription())["runs_until"])
    assert sorted(charge["amount"] for charge in await shop.charges()) == [600, 600, 1000]


async def test_what_is_free_for_ever_is_never_charged_and_goes_on(shop: Shop) -> None:
    await given_out(shop, percent=100, periods=None)
    await bought(shop, await shop.offer(1000))
    before = await shop.subscription()
    await shop.at(before["runs_until"])
    after = await shop.subscription()
    assert after["state"] == "active"
    assert after["runs_until"] > before["runs_until"]
    assert await shop.charges() == []


async def test_a_one_off_with_a_code_says_what_was_taken_off(shop: Shop) -> None:
    discount_id = await given_out(shop, percent=25)
    await bought(shop, await shop.offer(1000, "once"))
    (order,) = await shop.told(billing_order.OrderPaid)
    (line,) = order.lines
    assert line.discounted is not None
    assert (line.amount.minor, line.discounted.minor) == (750, 250)
    assert str(line.discount_id) == discount_id


async def test_two_buyers_at_once_for_the_last_one_are_one_buyer(shop: Shop) -> None:
    offer_id = await shop.offer()
    await given_out(shop, percent=50, most=3)
    crowd = [somebody(community) for _ in range(RICH)]
    answers = await asyncio.gather(
        *(
            shop.house.answer(
                who, "POST", "/checkouts", opening({"offer_id": offer_id}, code="SPRING")
            )
            for who in crowd
        )
    )
    codes = [answer.json()["errors"][0]["code"] for answer in answers if answer.status_code != 201]
    assert codes == ["code_used_up"] * (RICH - 3)
    assert (await listed(shop))["held"] == 3


async def test_a_code_is_free_again_when_its_checkout_expires(shop: Shop) -> None:
    offer_id = await shop.offer()
    await given_out(shop, percent=50, most=1)
    await opened(shop, offer_id)
    assert await refused(shop, offer_id, "SPRING", bob) == (422, "code_used_up")
    await shop.at(shop.now + timedelta(minutes=31))
    assert (await listed(shop))["held"] == 0
    await opened(shop, offer_id, who=bob)


async def test_a_code_is_free_again_when_what_was_being_charged_is_withdrawn(shop: Shop) -> None:
    offer_id = await shop.offer(1000, "once")
    await given_out(shop, percent=50, most=1)
    checkout_id = await opened(shop, offer_id)
    await shop.pays(checkout_id, await shop.card(cards.AUTHENTICATED))
    path = f"/checkouts/{checkout_id}"
    await shop.until(ada, path, lambda seen: seen["processor"]["client_secret"])
    await shop.house.ask(ada, "POST", f"{path}/cancel")

    async def held() -> int:
        return int((await listed(shop))["held"])

    await eventually(held, lambda many: many == 0)
    await opened(shop, offer_id, who=bob)


async def test_a_refused_checkout_uses_nothing_up(shop: Shop) -> None:
    offer_id = await shop.offer()
    await given_out(shop, percent=50, most=1)
    wrong = opening({"offer_id": offer_id, "quantity": 500}, code="SPRING")
    refusal = await shop.house.refusal(ada, "POST", "/checkouts", wrong)
    assert refusal == (422, "quantity_out_of_range")
    dry = "/checkouts?dry_run=true"
    await shop.house.ask(ada, "POST", dry, opening({"offer_id": offer_id}, code="SPRING"))
    assert (await listed(shop))["held"] == 0


async def test_a_code_is_shown_month_by_month_before_it_is_used(shop: Shop) -> None:
    offer_id = await shop.offer(1000)
    await given_out(shop, percent=50, periods=2, most=1)
    body = opening({"offer_id": offer_id}, code="Spring")
    shown = await shop.house.ask(ada, "POST", "/checkouts/preview", body)
    assert shown["due"] == money(500)
    assert [payment["due"]["minor"] for payment in shown["payments"]] == [500] * 2 + [1000] * 10
    assert [payment["off"]["minor"] for payment in shown["payments"]][:3] == [500, 500, 0]
    assert (await listed(shop))["held"] == 0
    await bought(shop, offer_id)
    for payment in shown["payments"][1:4]:
        until = (await shop.subscription())["runs_until"]
        late = datetime.fromisoformat(until) - datetime.fromisoformat(payment["at"])
        assert timedelta() <= late < timedelta(minutes=5)
        await shop.at(until)
    charged = sorted(charge["amount"] for charge in await shop.charges())
    assert charged == [500, 500, 1000, 1000]
    used_up = await shop.house.refusal(bob, "POST", "/checkouts/preview", body)
    assert used_up == (422, "code_used_up")


async def test_a_trial_is_shown_with_what_comes_after_it(shop: Shop) -> None:
    offer_id = await shop.offer(1000, trial_days=14)
    await given_out(shop, percent=50)
    body = opening({"offer_id": offer_id}, code="SPRING")
    shown = await shop.house.ask(ada, "POST", "/checkouts/preview", body)
    assert shown["due"]["minor"] == 0
    assert [payment["due"]["minor"] for payment in shown["payments"][:3]] == [0, 500, 1000]


async def test_a_code_that_is_not_good_is_a_named_problem(shop: Shop) -> None:
    offer_id, other = await shop.offer(), await shop.offer(2000)
    now = shop.now
    await given_out(shop, "LATER", percent=5, starts_at=(now + timedelta(days=1)).isoformat())
    await given_out(shop, "OVER", percent=5, ends_at=(now - timedelta(days=1)).isoformat())
    await given_out(shop, "OTHER", percent=5, offers=[other])
    await given_out(shop, "BOBS", percent=5, persons=[str(bob.person_id)])
    await given_out(shop, "DOLLARS", amounts=[money(500, "USD")])
    await given_out(shop, "ONCE", percent=5, most_per_person=1)
    gone = await given_out(shop, "GONE", percent=5)
    await shop.house.ask(olga, "POST", f"/discounts/{gone}/withdrawal")
    await opened(shop, offer_id, "once")
    for code, problem in {
        "later": "code_not_yet_good",
        "over": "code_expired",
        "other": "code_does_not_apply",
        "bobs": "code_for_others",
        "dollars": "code_in_other_currency",
        "once": "code_used_before",
        "gone": "code_withdrawn",
        "nonsense": "code_unknown",
    }.items():
        assert await refused(shop, offer_id, code) == (422, problem), code
    await opened(shop, offer_id, "bobs", bob)
    wrong = opening({"offer_id": offer_id}, code=5)
    assert (await shop.house.refusal(ada, "POST", "/checkouts", wrong))[0] == 422


async def test_the_code_of_another_community_is_no_code_here(shop: Shop) -> None:
    elsewhere = somebody(uuid4(), "owner")
    deal = {"code": "THEIRS", "percent": 50}
    theirs = await shop.house.ask(elsewhere, "POST", "/discounts", deal)
    await shop.house.quiet()
    assert await refused(shop, await shop.offer(), "THEIRS") == (422, "code_unknown")
    path = f"/discounts/{theirs['discount_id']}/withdrawal"
    assert await shop.house.refusal(olga, "POST", path) == (404, "not_found")
    assert (await shop.house.ask(olga, "GET", "/discounts"))["items"] == []


async def test_only_staff_give_out_codes_and_each_means_one_thing(shop: Shop) -> None:
    deal = {"code": "spring", "percent": 50}
    assert await shop.house.refusal(ada, "POST", "/discounts", deal) == (403, "forbidden")
    assert await shop.house.refusal(ada, "GET", "/discounts") == (403, "forbidden")
    first = await shop.house.ask(olga, "POST", "/discounts", deal)
    again = await shop.house.ask(olga, "POST", "/discounts", deal | {"code": " SPRING "})
    assert first["discount_id"] == again["discount_id"]
    taken = await shop.house.refusal(olga, "POST", "/discounts", deal | {"percent": 60})
    assert taken == (422, "code_taken")
    unknown = {"code": "NEW", "percent": 5, "offers": [str(uuid4())]}
    missing = await shop.house.refusal(olga, "POST", "/discounts", unknown)
    assert missing == (422, "offer_not_found")


@pytest.mark.parametrize(
    ("deal", "code"),
    [
        ({"percent": 101}, "percent_out_of_range"),
        ({}, "percent_or_amounts"),
        ({"amounts": [money(-5)]}, "amount_out_of_range"),
        ({"percent": 5, "periods": 0}, "periods_out_of_range"),
        ({"percent": 5, "most": 0}, "never_usable"),
        ({"percent": 5, "code": "a b"}, "code_malformed"),
    ],
)
async def test_a_discount_that_makes_no_sense_is_a_named_problem(
    shop: Shop, deal: Json, code: str
) -> None:
    body = {"code": "SPRING"} | deal
    assert await shop.house.refusal(olga, "POST", "/discounts", body) == (422, code)
