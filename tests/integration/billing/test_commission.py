"""Who sent a buyer earns a share of what is kept: told to them alone, due after its days, paid once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts import billing_checkout, billing_payment
from shared.contracts.contract import Contract
from shared.contracts.membership_attribution import AttributionWithdrawn, PersonAttributed
from tests.integration.billing.shop import ORIGIN, Shop, ada, bob, community, olga
from tests.integration.events.house import Json, Who, somebody

treasurer, reader = somebody(community, "accountant"), somebody(community, "read_only")
stranger = somebody(uuid4(), "owner")
link_id = uuid4()
FIFTH = {"kind": "affiliate", "basis_points": 2000, "lasts": "attribution", "hold_days": 14}
ALL = ("earned", "waiting", "held", "due", "paid")


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()
    await shop.house.ask(olga, "PUT", "/commissions/rules", {"rules": [FIFTH]})


def attributed(shop: Shop, **more: Any) -> Contract:
    """Bob's link has sent Ada, who agreed to be counted so."""
    told: Json = {
        "community_id": community,
        "occurred_at": shop.now - timedelta(hours=1),
        "person_id": ada.person_id,
        "link_id": link_id,
        "kind": "affiliate",
        "owner_id": bob.person_id,
        "until": shop.now + timedelta(days=90),
    }
    return PersonAttributed(**(told | more))


async def buys(shop: Shop, minor: int = 10_000) -> str:
    """The payment by which Ada subscribes."""
    checkout_id = await shop.buys({"offer_id": await shop.offer(minor)})
    await shop.house.quiet()
    return str((await shop.house.ask(ada, "GET", f"/checkouts/{checkout_id}"))["payment_id"])


async def sold(shop: Shop) -> str:
    await shop.house.hear(attributed(shop))
    await shop.house.quiet()
    return await buys(shop)


async def refund(shop: Shop, payment_id: str, minor: int) -> None:
    done = len(await shop.told(billing_payment.RefundIssued))
    body = {"amount": {"minor": minor, "currency": "EUR"}}
    await shop.house.ask(olga, "POST", f"/payments/{payment_id}/refunds", body)
    await shop.until_told(billing_payment.RefundIssued, done + 1)


async def balance(shop: Shop, who: Who = bob) -> Json:
    """What one's links have earned in euros, in cents, without what is nothing."""
    await shop.house.quiet()
    balances = (await shop.house.ask(who, "GET", "/commissions/mine"))["balances"]
    return {name: one[name]["minor"] for one in balances for name in ALL if one[name]["minor"]}


def payout(minor: int, reference: str = "SEPA 7", person_id: UUID = bob.person_id) -> Json:
    amount = {"minor": minor, "currency": "EUR"}
    return {"person_id": str(person_id), "amount": amount, "reference": reference}


async def pays(shop: Shop, minor: int, reference: str = "SEPA 7") -> None:
    await shop.house.ask(treasurer, "POST", "/commissions/payouts", payout(minor, reference))


async def refused(shop: Shop, body: Json, who: Who = treasurer) -> tuple[int, str]:
    return await shop.house.refusal(who, "POST", "/commissions/payouts", body)


async def test_a_payment_earns_whoever_sent_the_buyer_and_is_due_after_its_days(shop: Shop) -> None:
    await sold(shop)
    assert await balance(shop) == {"earned": 2000, "waiting": 2000}
    assert await refused(shop, payout(2000)) == (409, "nothing_due")
    await shop.at(shop.now + timedelta(days=14))
    assert await balance(shop) == {"earned": 2000, "due": 2000}
    assert await refused(shop, payout(1999)) == (422, "amount_differs")
    for _ in range(2):
        await pays(shop, 2000)
    assert await refused(shop, payout(1)) == (422, "payout_differs")
    assert await refused(shop, payout(2000, "SEPA 8")) == (409, "nothing_due")
    assert await balance(shop) == {"earned": 2000, "paid": 2000}


async def test_the_owner_of_a_link_learns_nothing_of_who_bought(shop: Shop) -> None:
    payment_id = await sold(shop)
    await shop.house.quiet()
    seen = await shop.house.answer(bob, "GET", "/commissions/mine?limit=1")
    assert str(ada.person_id) not in seen.text
    assert payment_id not in seen.text
    (item,) = seen.json()["items"]
    assert (item["link_id"], item["standing"], item["rules_version"]) == (
        str(link_id), "waiting", 1,
    )  # fmt: skip
    assert await balance(shop, ada) == {}
    kept = await shop.house.answer(bob, "GET", "/me/data")
    assert "CommissionBooked" in kept.text
    assert not any(untold in kept.text for untold in (str(ada.person_id), payment_id))
    kept = await shop.house.answer(ada, "GET", "/me/data")
    assert str(bob.person_id) not in kept.text


async def test_who_sent_a_buyer_may_be_heard_of_after_the_payment(shop: Shop) -> None:
    await buys(shop)
    await shop.house.hear(attributed(shop))
    assert await balance(shop) == {"earned": 2000, "waiting": 2000}
    for _ in range(2):
        await shop.house.hear(attributed(shop, occurred_at=shop.now))
    assert await balance(shop) == {"earned": 2000, "waiting": 2000}


async def test_a_refund_takes_its_part_along_and_after_a_payout_off_the_next(shop: Shop) -> None:
    payment_id = await sold(shop)
    await refund(shop, payment_id, 2500)
    assert await balance(shop) == {"earned": 1500, "waiting": 1500}
    await shop.at(shop.now + timedelta(days=14))
    await pays(shop, 1500)
    await refund(shop, payment_id, 5000)
    assert await balance(shop) == {"earned": 500, "paid": 1500, "due": -1000}
    assert await refused(shop, payout(1, "SEPA 8")) == (409, "nothing_due")
    await buys(shop, 20_000)
    await shop.at(shop.now + timedelta(days=14))
    assert (await balance(shop))["due"] == 3000
    await pays(shop, 3000, "SEPA 9")
    assert (await balance(shop))["paid"] == 4500


async def test_a_disputed_payment_is_not_paid_for_until_the_bank_has_decided(shop: Shop) -> None:
    await sold(shop)
    (charge,) = await shop.charges()
    dispute = await shop.dispute(charge["id"], due=shop.now + timedelta(days=40))
    await shop.report_dispute(dispute, "created")
    assert await balance(shop) == {"earned": 2000, "held": 2000}
    await shop.at(shop.now + timedelta(days=14))
    assert await refused(shop, payout(2000)) == (409, "nothing_due")
    await shop.report_dispute(await shop.decide(dispute["id"], "won"), "closed")
    assert await balance(shop) == {"earned": 2000, "due": 2000}


async def test_a_lost_dispute_earns_nobody_anything(shop: Shop) -> None:
    await sold(shop)
    (charge,) = await shop.charges()
    dispute = await shop.dispute(charge["id"])
    await shop.report_dispute(dispute, "created")
    await shop.report_dispute(await shop.decide(dispute["id"], "lost"), "closed")
    assert await balance(shop) == {}


async def test_what_was_earned_keeps_its_version_of_the_rules(shop: Shop) -> None:
    await sold(shop)
    await shop.house.quiet()
    await shop.at(shop.now + timedelta(hours=1))
    dearer = [FIFTH | {"basis_points": 5000}]
    await shop.house.ask(olga, "PUT", "/commissions/rules", {"rules": dearer})
    now = await shop.house.ask(reader, "GET", "/commissions/rules")
    assert (now["version"], now["rules"][0]["basis_points"]) == (2, 5000)
    await shop.at(shop.now + timedelta(hours=1))
    await buys(shop)
    assert await balance(shop) == {"earned": 7000, "waiting": 7000}
    items = (await shop.house.ask(bob, "GET", "/commissions/mine"))["items"]
    assert [item["rules_version"] for item in items] == [2, 1]


async def test_who_withdraws_earns_nobody_anything_more(shop: Shop) -> None:
    await sold(shop)
    withdrawn = AttributionWithdrawn(
        community_id=community, occurred_at=shop.now, person_id=ada.person_id, link_id=link_id
    )
    await shop.house.hear(withdrawn)
    await shop.at(shop.now + timedelta(hours=1))
    await buys(shop)
    assert await balance(shop) == {"earned": 2000, "waiting": 2000}


async def test_staff_see_who_earned_what_and_where_the_money_goes(shop: Shop) -> None:
    await sold(shop)
    await shop.house.quiet()
    (owner,) = (await shop.house.ask(reader, "GET", "/commissions"))["items"]
    assert owner["person_id"] == str(bob.person_id)
    assert owner["balances"][0]["waiting"] == {"minor": 2000, "currency": "EUR"}
    kinds = (await shop.house.ask(reader, "GET", "/commissions/by-kind"))["items"]
    assert kinds == [{"kind": "affiliate", "earned": {"minor": 2000, "currency": "EUR"}}]
    assert (await shop.house.ask(stranger, "GET", "/commissions"))["items"] == []
    assert (await shop.house.ask(stranger, "GET", "/commissions/by-kind"))["items"] == []
    for path in ("/commissions", "/commissions/by-kind", "/commissions/rules"):
        assert (await shop.house.refusal(bob, "GET", path))[0] == 403


async def test_an_affiliate_reads_their_own_commissions_and_a_sponsors_contact_nobodys(
    shop: Shop,
) -> None:
    await sold(shop)
    await shop.house.quiet()
    principal = replace(bob.principal, roles=("affiliate",))
    affiliate = replace(bob, principal=principal)
    contact = somebody(community, "sponsor_contact")
    mine = await shop.house.ask(affiliate, "GET", "/commissions/mine")
    assert [item["link_id"] for item in mine["items"]] == [str(link_id)]
    assert (await shop.house.ask(contact, "GET", "/commissions/mine"))["items"] == []
    never_theirs = (
        "/commissions", "/commissions/by-kind", "/commissions/rules", "/payments", "/disputes",
        "/exports/payments", "/exports/ledger", "/exports/community", "/staff/subscriptions",
        "/refunds/owed", "/merchant", "/policy", "/discounts", "/exit-answers", "/donors",
    )  # fmt: skip
    for who in (affiliate, contact):
        for path in never_theirs:
            assert (await shop.house.refusal(who, "GET", path))[0] == 403, path
        assert (await refused(shop, payout(2000), who))[0] == 403
    other = somebody(uuid4(), "affiliate")
    assert (await shop.house.ask(other, "GET", "/commissions/mine"))["items"] == []


async def test_only_who_may_says_what_is_earned_and_what_was_paid(shop: Shop) -> None:
    rules = {"rules": [FIFTH]}
    assert (await shop.house.refusal(treasurer, "PUT", "/commissions/rules", rules))[0] == 403
    await sold(shop)
    await shop.at(shop.now + timedelta(days=14))
    for who in (bob, reader):
        assert (await refused(shop, payout(2000), who))[0] == 403
    assert (await refused(shop, payout(2000), stranger))[0] == 404
    nobody = payout(2000, person_id=uuid4())
    assert await refused(shop, nobody) == (404, "no_commissions")
    assert await refused(shop, payout(2000) | {"reference": " "}) == (422, "string_too_short")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "campaign"}, "campaign_earns_nothing"),
        ({"kind": "friend"}, "literal_error"),
        ({"basis_points": "a fifth"}, "int_parsing"),
        ({"basis_points": 10_001}, "share_out_of_range"),
        ({"hold_days": 91}, "hold_out_of_range"),
        ({"fees": True}, "extra_forbidden"),
    ],
)
async def test_rules_that_make_no_sense_are_refused(shop: Shop, change: Json, code: str) -> None:
    body = {"rules": [FIFTH | change]}
    assert await shop.house.refusal(olga, "PUT", "/commissions/rules", body) == (422, code)


async def test_a_link_handed_in_with_the_checkout_earns_though_it_is_heard_of_after_the_payment(
    shop: Shop,
) -> None:
    line = {"offer_id": await shop.offer(10_000)}
    handed_in = {"visit": "a-visit", "agreed": True}
    body = {"lines": [line], "return_url": f"{ORIGIN}/thanks", "via": handed_in}
    opened = await shop.house.ask(ada, "POST", "/checkouts", body)
    assert opened["via"] == "kept"
    await shop.house.quiet()
    await shop.pays(opened["checkout_id"])
    await shop.state_of(opened["checkout_id"], "completed")
    (bought,) = await shop.until_told(billing_checkout.CheckoutCompleted)
    assert bought.via is not None
    assert bought.via.visit == "a-visit"
    assert await balance(shop) == {}
    told = attributed(shop, occurred_at=shop.now + timedelta(hours=1), since=bought.via.at)
    await shop.house.hear(told)
    assert await balance(shop) == {"earned": 2000, "waiting": 2000}


@pytest.mark.parametrize(
    ("via", "told"),
    [
        ({"visit": "not one of ours!", "agreed": True}, "not_a_visit"),
        ({"visit": "a-visit", "agreed": False}, "not_agreed"),
        (None, None),
    ],
)
async def test_what_is_no_visit_keeps_nobody_from_buying(
    shop: Shop, via: Json | None, told: str | None
) -> None:
    line = {"offer_id": await shop.offer(10_000)}
    body = {"lines": [line], "return_url": f"{ORIGIN}/thanks", "via": via}
    opened = await shop.house.ask(ada, "POST", "/checkouts", body)
    assert opened["via"] == told
    await shop.house.quiet()
    await shop.pays(opened["checkout_id"])
    await shop.state_of(opened["checkout_id"], "completed")
    (bought,) = await shop.until_told(billing_checkout.CheckoutCompleted)
    assert bought.via is None
