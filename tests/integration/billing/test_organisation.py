"""An organisation pays for seats: any of those who represent it buys, changes, gives another card and cancels."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from services.billing.exit_survey.reactions import TIME_TO_SAY
from shared.contracts import (
    billing_checkout,
    billing_message,
    billing_payment,
    billing_subscription,
)
from shared.contracts.contract import Contract
from shared.contracts.membership_member import PersonErased
from shared.contracts.membership_merging import MemberMerged
from shared.contracts.membership_organisation import (
    OrganisationRegistered,
    RepresentativeDismissed,
    RepresentativeNamed,
)
from tests.integration.billing import cards
from tests.integration.billing.shop import ORIGIN, Shop, ada, bob, community, gold, olga
from tests.integration.events.house import Json, Who, somebody

acme, eve = uuid4(), somebody(community)
FOR_ACME = {"organisation_id": str(acme)}
CARD = "/payer/payment-method"
MISSING = (404, "subscription_not_found")


async def hears(shop: Shop, contract: type[Contract], who: Who | None = None, **more: Any) -> None:
    person = {"person_id": who.person_id} if who else {}
    about: Json = {"community_id": community, "occurred_at": shop.now, "organisation_id": acme}
    await shop.house.hear(contract(**about | person | more), stream_id=acme)
    await shop.house.quiet()


async def dismissed(shop: Shop, who: Who, cause: str = "dismissed") -> None:
    await hears(shop, RepresentativeDismissed, who, cause=cause)


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    """Ada has registered Acme, and Bob represents it as well."""
    await shop.opens()
    await hears(shop, OrganisationRegistered, country="FR")
    for who in (ada, bob):
        await hears(shop, RepresentativeNamed, who)


async def for_teams(shop: Shop) -> str:
    """Seats of ten euros a month."""
    body = {
        "name": "Team",
        "price": {"minor": 1000, "currency": "EUR"},
        "interval": "month",
        "tier_id": str(gold),
        "seats": True,
    }
    published = await shop.house.ask(olga, "POST", "/offers", body)
    await shop.house.quiet()
    return str(published["offer_id"])


def basket(offer_id: str, quantity: int = 3, **more: Any) -> Json:
    line = {"offer_id": offer_id, "quantity": quantity}
    return {"lines": [line], "return_url": f"{ORIGIN}/thanks"} | FOR_ACME | more


async def test_a_code_for_once_is_used_once_in_whoevers_name(shop: Shop) -> None:
    once = {"code": "ONCE", "percent": 5, "most_per_person": 1}
    await shop.house.ask(olga, "POST", "/discounts", once)
    offer_id = await for_teams(shop)
    asked = basket(offer_id, code="ONCE")
    await shop.house.ask(ada, "POST", "/checkouts", asked)
    await shop.house.quiet()
    own = {**asked, "organisation_id": None}
    assert (await shop.house.refusal(ada, "POST", "/checkouts", own))[0] == 422
    await shop.house.ask(bob, "POST", "/checkouts", asked)


async def buys(shop: Shop, who: Who = ada) -> str:
    """The subscription, as it came to be."""
    body = basket(await for_teams(shop))
    opened = await shop.house.ask(who, "POST", "/checkouts", body)
    await shop.house.quiet()
    await shop.pays(opened["checkout_id"], who=who)
    await shop.state_of(opened["checkout_id"], "completed", who)
    return str((await shop.subscription(who))["subscription_id"])


async def test_one_buys_and_another_manages_and_whoever_is_dismissed_does_nothing_more(
    shop: Shop,
) -> None:
    subscription_id = await buys(shop)
    path = f"/subscriptions/{subscription_id}"
    seen = await shop.subscription(bob)
    assert (seen["person_id"], seen["quantity"], seen["next_due"]["minor"]) == (str(acme), 3, 3000)
    (paid,) = await shop.told(billing_payment.PaymentSucceeded)
    assert (paid.person_id, paid.amount.minor) == (acme, 3000)
    assert (await shop.house.ask(bob, "GET", f"/payments/{paid.payment_id}"))[
        "state"
    ] == "succeeded"
    await shop.house.ask(bob, "POST", f"{path}/change", {"quantity": 5})
    await shop.house.quiet()
    assert (await shop.subscription(bob))["quantity"] == 5
    await dismissed(shop, ada)
    assert (await shop.house.ask(ada, "GET", "/subscriptions"))["items"] == []
    assert await shop.house.refusal(ada, "POST", f"{path}/cancellation") == MISSING
    assert await shop.house.refusal(ada, "POST", f"{path}/change", {"quantity": 9}) == MISSING
    assert (await shop.house.refusal(ada, "GET", f"/payments/{paid.payment_id}"))[0] == 404
    giving = {"payment_method": await shop.card()} | FOR_ACME
    refused = (404, "organisation_not_found")
    assert await shop.house.refusal(ada, "POST", CARD, giving) == refused
    assert await shop.house.refusal(ada, "GET", f"{CARD}?organisation_id={acme}") == refused
    await shop.at((await shop.subscription(bob))["runs_until"])
    charges = await shop.charges()
    assert 5000 in [one["amount"] for one in charges]
    (customer,) = {one["customer"] for one in charges}
    assert customer is not None
    await shop.house.ask(bob, "POST", f"{path}/cancellation")
    assert (await shop.subscription(bob))["cancels_at"] is not None


async def test_nobody_asks_an_organisation_why_it_leaves(shop: Shop) -> None:
    subscription_id = await buys(shop)
    await shop.house.ask(ada, "POST", f"/subscriptions/{subscription_id}/cancellation")
    await shop.at(shop.now + TIME_TO_SAY)
    told = await shop.told(billing_message.MessageRequested)
    assert "exit_asked" not in [one.template for one in told]


async def test_its_card_is_its_own_and_any_of_them_gives_another(shop: Shop) -> None:
    await buys(shop)
    assert await shop.house.refusal(bob, "GET", CARD) == (404, "payment_method_not_found")
    giving = {"payment_method": await shop.card(cards.REFUSED_WHEN_CHARGED)} | FOR_ACME
    await shop.house.ask(bob, "POST", CARD, giving)
    await shop.house.quiet()
    kept = await shop.house.ask(ada, "GET", f"{CARD}?organisation_id={acme}")
    assert kept["state"] == "saved"
    await shop.at((await shop.subscription(bob))["runs_until"])
    (letter,) = await shop.until_told(billing_message.MessageRequested)
    assert (letter.person_id, letter.template) == (acme, "subscription_past_due")
    assert (await shop.subscription(bob))["state"] == "past_due"
    await shop.house.ask(olga, "PUT", "/debits", {"access": "when_paid"})
    assert letter.link
    link = "/public/payment-links/" + letter.link.removeprefix("/pay/")
    shown = await shop.house.ask(None, "GET", link)
    assert (shown["state"], shown["methods"]) == ("due", ["card"]), "who would sign for it?"
    body = {"payment_method": "pm_account", "kind": "sepa_debit"}
    assert await shop.house.refusal(None, "POST", link, body) == (422, "not_by_debit")


async def test_it_goes_on_when_whoever_bought_is_erased(shop: Shop) -> None:
    await buys(shop)
    erased = PersonErased(community_id=community, occurred_at=shop.now, person_id=ada.person_id)
    await shop.house.hear(erased)
    await dismissed(shop, ada, "erased")
    await shop.house.quiet()
    before = await shop.subscription(bob)
    assert before["state"] == "active"
    await shop.at(before["runs_until"])
    assert (await shop.subscription(bob))["runs_until"] > before["runs_until"]
    assert len(await shop.charges()) == 2


async def test_strangers_and_other_communities_buy_and_see_nothing_of_it(shop: Shop) -> None:
    subscription_id = await buys(shop)
    offer_id = await for_teams(shop)
    path = f"/subscriptions/{subscription_id}/cancellation"
    for who in (eve, somebody(uuid4())):
        opening = await shop.house.refusal(who, "POST", "/checkouts", basket(offer_id))
        assert opening == (404, "organisation_not_found")
        assert (await shop.house.refusal(who, "POST", path))[0] == 404
        assert (await shop.house.ask(who, "GET", "/subscriptions"))["items"] == []
        giving = {"payment_method": await shop.card()} | FOR_ACME
        assert (await shop.house.refusal(who, "POST", CARD, giving))[0] == 404
    opened = await shop.house.ask(ada, "POST", "/checkouts", basket(offer_id))
    await shop.house.quiet()
    at = f"/checkouts/{opened['checkout_id']}"
    paying = {"payment_method": await shop.card()}
    assert await shop.house.refusal(eve, "POST", f"{at}/pay", paying) == (404, "checkout_not_found")
    assert await shop.house.refusal(eve, "GET", at) == (404, "checkout_not_found")
    await shop.house.ask(bob, "POST", f"{at}/cancel", {})


async def test_it_buys_seats_and_nothing_else(shop: Shop) -> None:
    """Nor does what it has become anything else."""
    alone = await shop.offer()
    for path in ("/checkouts", "/checkouts/preview"):
        refused = await shop.house.refusal(ada, "POST", path, basket(alone))
        assert refused == (422, "seats_only")
    subscription_id = await buys(shop)
    becomes = {"offer_id": alone}
    for who, path in ((bob, "/subscriptions"), (olga, "/staff/subscriptions")):
        at = f"{path}/{subscription_id}/change"
        refused = await shop.house.refusal(who, "POST", at, becomes)
        assert refused == (422, "seats_only")


async def test_it_is_no_consumer_and_withdraws_from_nothing(shop: Shop) -> None:
    await buys(shop)
    (bought,) = await shop.told(billing_checkout.CheckoutCompleted)
    path = f"/checkouts/{bought.checkout_id}/withdrawal"
    for method in ("GET", "POST"):
        assert await shop.house.refusal(ada, method, path) == (404, "checkout_not_found")


async def test_what_it_pays_is_not_told_as_somebodys_own(shop: Shop) -> None:
    await buys(shop)
    document = await shop.house.ask(ada, "GET", "/me/data")
    told = {one["type"] for one in document["facts"]}
    assert "SubscriptionActivated" not in told
    assert "PaymentSucceeded" not in told


async def test_who_took_in_one_who_represents_it_acts_for_it(shop: Shop) -> None:
    subscription_id = await buys(shop)
    merged = MemberMerged(
        community_id=community,
        occurred_at=shop.now,
        person_id=eve.person_id,
        taken_in=bob.person_id,
    )
    await shop.house.hear(merged)
    await shop.house.quiet()
    assert UUID((await shop.subscription(eve))["subscription_id"]) == UUID(subscription_id)
    await shop.house.ask(eve, "POST", f"/subscriptions/{subscription_id}/cancellation")


async def test_it_comes_back_at_the_price_it_had(shop: Shop) -> None:
    subscription_id = await buys(shop)
    await shop.house.ask(ada, "POST", f"/subscriptions/{subscription_id}/cancellation")
    await shop.at((await shop.subscription(ada))["runs_until"])
    body = {"subscription_id": subscription_id, "return_url": f"{ORIGIN}/thanks"}
    assert (await shop.house.refusal(eve, "POST", "/checkouts/win-back", body))[0] == 404
    opened = await shop.house.ask(bob, "POST", "/checkouts/win-back", body)
    await shop.house.quiet()
    await shop.pays(opened["checkout_id"], who=bob)
    await shop.state_of(opened["checkout_id"], "completed", bob)
    began = await shop.until_told(billing_subscription.SubscriptionActivated, 2)
    assert {(one.person_id, one.seats) for one in began} == {(acme, 3)}
