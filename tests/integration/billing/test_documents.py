"""What a community wants to be agreed to is agreed to before it is paid: heard of from membership, proved here."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts import billing_checkout
from shared.contracts.membership_document import DocumentAccepted, DocumentPublished
from tests.integration.billing.shop import ORIGIN, Shop, ada, bob, community
from tests.integration.events.house import Json, Who, somebody

TERMS = {"kind": "terms", "version": 1}


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


async def publishes(shop: Shop, number: int = 1, **more: Any) -> None:
    told: Json = {
        "community_id": community,
        "occurred_at": shop.now,
        "kind": "terms",
        "number": number,
        "sha256": f"{number:064x}",
        "effective_at": shop.now,
        "must_accept": True,
    }
    await shop.house.hear(DocumentPublished(**told | more))
    await shop.house.quiet()


async def accepts(shop: Shop, who: Who, number: int = 1) -> None:
    told = DocumentAccepted(
        community_id=community,
        occurred_at=shop.now,
        kind="terms",
        number=number,
        person_id=who.person_id,
    )
    await shop.house.hear(told)
    await shop.house.quiet()


async def asked(shop: Shop, checkout_id: str, who: Who = ada) -> list[Json]:
    seen = await shop.house.ask(who, "GET", f"/checkouts/{checkout_id}")
    documents: list[Json] = seen["documents"]
    return documents


async def paying(shop: Shop, *documents: Json) -> Json:
    return {"payment_method": await shop.card(), "accepted_documents": list(documents)}


async def test_what_is_not_agreed_to_is_not_paid_and_what_is_stays_with_the_checkout(
    shop: Shop,
) -> None:
    await publishes(shop)
    await publishes(shop, kind="privacy", must_accept=False)
    checkout_id = await shop.checkout({"offer_id": await shop.offer()})
    path = f"/checkouts/{checkout_id}/pay"
    assert await asked(shop, checkout_id) == [TERMS]
    refused = await shop.house.answer(ada, "POST", path, await paying(shop))
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (
        422,
        "documents_not_accepted",
    )
    assert refused.json()["errors"][0]["params"]["documents"] == [TERMS]
    assert await shop.charges() == []
    await shop.house.ask(ada, "POST", path, await paying(shop, TERMS))
    await shop.state_of(checkout_id, "completed")
    await shop.house.quiet()
    (done,) = await shop.told(billing_checkout.CheckoutCompleted)
    assert [(one.kind, one.number) for one in done.documents] == [("terms", 1)]
    again = await shop.checkout({"offer_id": await shop.offer(500, "once")})
    assert await asked(shop, again) == []


async def test_the_language_that_was_shown_goes_with_what_was_agreed_to(shop: Shop) -> None:
    await publishes(shop, languages=("en", "fr"))
    checkout_id = await shop.checkout({"offer_id": await shop.offer()})
    path = f"/checkouts/{checkout_id}/pay"
    wrong = await paying(shop, TERMS | {"language": "de"})
    assert await shop.house.refusal(ada, "POST", path, wrong) == (422, "document_not_in_language")
    await shop.house.ask(ada, "POST", path, await paying(shop, TERMS | {"language": "fr"}))
    await shop.state_of(checkout_id, "completed")
    await shop.house.quiet()
    (done,) = await shop.told(billing_checkout.CheckoutCompleted)
    assert [(one.kind, one.number, one.shown_in) for one in done.documents] == [("terms", 1, "fr")]


async def test_who_agreed_at_membership_is_not_asked_until_the_next_version_holds(
    shop: Shop,
) -> None:
    await publishes(shop)
    await accepts(shop, ada)
    soon = shop.now + timedelta(days=2)
    await publishes(shop, 2, effective_at=soon)
    offer_id = await shop.offer(500, "once")
    await shop.buys({"offer_id": offer_id})
    await shop.at(soon)
    checkout_id = await shop.checkout({"offer_id": offer_id})
    assert await asked(shop, checkout_id) == [{"kind": "terms", "version": 2}]
    path = f"/checkouts/{checkout_id}/pay"
    late = await shop.house.refusal(ada, "POST", path, await paying(shop, TERMS))
    assert late == (422, "document_replaced")
    unknown = await paying(shop, {"kind": "terms", "version": 3})
    assert await shop.house.refusal(ada, "POST", path, unknown) == (422, "document_unknown")
    for way in ("pay-by-hand", "pay-on-page"):
        refused = await shop.house.refusal(ada, "POST", f"/checkouts/{checkout_id}/{way}")
        assert refused == (422, "documents_not_accepted")
    body = {"accepted_documents": [{"kind": "terms", "version": 2}]}
    await shop.house.ask(ada, "POST", f"/checkouts/{checkout_id}/acceptance", body)
    await shop.house.quiet()
    assert await asked(shop, checkout_id) == []
    await shop.house.ask(ada, "POST", f"/checkouts/{checkout_id}/pay-on-page")


async def test_what_is_free_is_agreed_to_as_it_is_opened(shop: Shop) -> None:
    await publishes(shop)
    offer_id = await shop.offer(0, "once")
    body: Json = {"lines": [{"offer_id": offer_id}], "return_url": f"{ORIGIN}/thanks"}
    refused = await shop.house.refusal(bob, "POST", "/checkouts", body)
    assert refused == (422, "documents_not_accepted")
    agreeing = body | {"accepted_documents": [TERMS]}
    checkout_id = (await shop.house.ask(bob, "POST", "/checkouts", agreeing))["checkout_id"]
    await shop.house.quiet()
    await shop.state_of(checkout_id, "completed", bob)


async def test_another_communitys_terms_are_not_asked_about(shop: Shop) -> None:
    await publishes(shop, community_id=uuid4())
    checkout_id = await shop.checkout({"offer_id": await shop.offer()})
    assert await asked(shop, checkout_id) == []
    await publishes(shop)
    stranger = somebody(uuid4())
    path = f"/checkouts/{checkout_id}/pay"
    body = await paying(shop, TERMS)
    answers = [await shop.house.refusal(who, "POST", path, body) for who in (bob, stranger)]
    assert answers == [(404, "checkout_not_found"), (404, "not_found")]


async def test_what_is_heard_twice_or_in_any_order_is_one_version(shop: Shop) -> None:
    await publishes(shop, 2, must_accept=False)
    await publishes(shop)
    await publishes(shop)
    checkout_id = await shop.checkout({"offer_id": await shop.offer()})
    assert await asked(shop, checkout_id) == [{"kind": "terms", "version": 2}]
    await accepts(shop, ada, 2)
    await accepts(shop, ada, 1)
    assert await asked(shop, checkout_id) == []
