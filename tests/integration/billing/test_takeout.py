"""A community as its owner takes it out of billing: with the ids that a processor knows its payers and payments by."""

import json
from uuid import uuid4

from services.billing.takeout import CONTENTS
from shared.contracts.membership_member import PersonErased
from tests.integration.billing.own_billing import OwnBilling
from tests.integration.billing.shop import Shop, ada, community, olga
from tests.integration.events.house import Who, somebody
from tests.integration.takeouts import TakenOut, read

TAKEOUT = "/exports/community"


async def taken_out(shop: Shop, who: Who = olga) -> TakenOut:
    await shop.house.quiet()
    return read(await shop.house.answer(who, "GET", TAKEOUT), CONTENTS)


async def test_the_owner_takes_out_payers_payments_and_subscriptions_with_the_processors_ids(
    shop: Shop,
) -> None:
    await shop.opens()
    subscription = await shop.subscribes()
    (charge,) = await shop.charges()
    taken = await taken_out(shop)
    (customer,) = taken.parquet["customers"]
    assert customer["person_id"] == str(ada.person_id)
    assert (customer["customer"], customer["payment_method"]) == (
        charge["customer"],
        charge["payment_method"],
    )
    (payment,) = taken.parquet["payments"]
    assert (payment["intent"], payment["amount_minor"]) == (charge["id"], 1000)
    (paid_for,) = taken.parquet["subscriptions"]
    assert paid_for["subscription_id"] == subscription["subscription_id"]
    assert (paid_for["price_minor"], paid_for["state"]) == (1000, "active")
    (entry,) = taken.parquet["ledger"]
    assert entry["processor"] == charge["id"]
    assert [offer["name"] for offer in taken.parquet["offers"]] == ["Gold"]
    # Whoever was erased is no customer any more.
    erased = PersonErased(community_id=community, occurred_at=shop.now, person_id=ada.person_id)
    await shop.house.hear(erased)
    after = await taken_out(shop)
    assert (after.parquet["customers"], after.parquet["payers"]) == ([], [])
    assert charge["customer"] not in after.text()


async def test_tax_rates_the_policy_and_withdrawals_go_out_as_well(shop: Shop) -> None:
    await shop.opens()
    rates = [
        {"category": "membership", "basis_points": each, "since": since}
        for each, since in ((1900, "2025-01-01"), (2000, "2026-01-01"))
    ]
    await shop.house.ask(
        olga, "PUT", "/tax-rates", {"rates": [*rates, rates[0] | {"category": "event"}]}
    )
    await shop.house.ask(olga, "PUT", "/tax-rates", {"rates": rates})
    await shop.house.ask(olga, "PUT", "/policy", {"win_back_days": 10})
    await shop.house.ask(olga, "PUT", "/policy", {"win_back_days": 20})
    checkout_id = await shop.buys({"offer_id": await shop.offer(1000)})
    await shop.house.ask(ada, "POST", f"/checkouts/{checkout_id}/withdrawal")
    taken = await taken_out(shop)
    told = [(one["category"], one["basis_points"]) for one in taken.parquet["tax_rates"]]
    assert sorted(told) == [("membership", 1900), ("membership", 2000)]
    (policy,) = taken.parquet["policies"]
    assert json.loads(policy["policy"])["win_back_days"] == 20
    (withdrawn,) = taken.parquet["withdrawals"]
    assert (withdrawn["checkout_id"], withdrawn["total_minor"]) == (checkout_id, 1000)
    assert withdrawn["person_id"] == str(ada.person_id)


async def test_what_is_charged_on_the_creators_own_account_has_its_ids_there(shop: Shop) -> None:
    await shop.opens()
    own = OwnBilling(shop)
    await own.opens()
    row = await own.planned(ada)
    (takeover,) = (await taken_out(shop)).parquet["takeovers"]
    assert takeover["takeover_id"] == row["takeover_id"]
    assert json.loads(takeover["theirs"])["subscription"] == row["subscription"]
    assert takeover["customer"].startswith("cus_")


async def test_nothing_of_it_is_for_others_and_it_is_listed(shop: Shop) -> None:
    await shop.opens()
    await shop.subscribes()
    for nobody in (ada, somebody(community, "admin"), somebody(community, "accountant")):
        assert await shop.house.refusal(nobody, "GET", TAKEOUT) == (403, "forbidden")
    assert await shop.house.refusal(None, "GET", TAKEOUT) == (401, "no_token")
    elsewhere = await taken_out(shop, somebody(uuid4(), "owner"))
    assert elsewhere.facts() == {}
    await shop.house.quiet()
    assert (await shop.house.ask(olga, "GET", "/exports"))["items"] == []
    await taken_out(shop)
    await shop.house.quiet()
    (listed,) = (await shop.house.ask(olga, "GET", "/exports"))["items"]
    assert (listed["kind"], listed["taken_by"]) == ("community", str(olga.account_id))
