"""What billing keeps of a payer, for the payer alone."""

import json
from uuid import uuid4

from shared.contracts.membership_member import PersonErased
from shared.testing import eventually
from tests.integration.billing import test_by_hand
from tests.integration.billing.shop import Shop, ada, bob, community, olga
from tests.integration.billing.test_by_hand import HOW, STATEMENT
from tests.integration.events.house import Json, Who, somebody

MINE = "/me/data"


async def taken(shop: Shop, who: Who) -> Json:
    await shop.house.quiet()
    return await shop.house.ask(who, "GET", MINE)


def of_type(document: Json, name: str, part: str = "facts") -> list[Json]:
    return [fact for fact in document[part] if fact["type"] == name]


async def test_a_payer_takes_out_what_they_bought_paid_and_what_the_processor_told(
    shop: Shop,
) -> None:
    await shop.opens()
    offer_id = await shop.offer()
    await shop.buys({"offer_id": offer_id})
    await shop.buys({"offer_id": offer_id}, who=bob)
    document = await eventually(lambda: taken(shop, ada), lambda seen: bool(seen["heard"]))
    (paid,) = of_type(document, "PaymentSucceeded")
    assert paid["data"]["charge"]["person_id"] == str(ada.person_id)
    assert paid["data"]["charge"]["amount"] == {"minor": 1000, "currency": "EUR"}
    # What names nobody happened to what is theirs: the payment, and the payer that they are.
    assert {fact["type"] for fact in document["facts"]} >= {
        "PaymentIntentCreated",
        "SubscriptionLinked",
        "CheckoutCompleted",
        "SubscriptionActivated",
    }
    reported = of_type(document, "payment_intent.succeeded", "heard")
    kept = [one["data"]["payload"]["data"]["object"]["metadata"] for one in reported]
    assert [one["payment_id"] for one in kept] == [paid["of"]]
    of_bob = of_type(await taken(shop, bob), "PaymentSucceeded")[0]
    assert of_bob["of"] != paid["of"]
    for private in (str(bob.person_id), of_bob["of"], str(olga.account_id)):
        assert private not in json.dumps(document)


async def test_what_was_kept_for_the_books_is_opened_and_says_for_how_long(shop: Shop) -> None:
    await shop.opens()
    await shop.house.ask(olga, "PUT", "/by-hand", {"instructions": HOW})
    offer_id = await shop.offer()
    waiting = await test_by_hand.chooses(shop, offer_id)
    await test_by_hand.record(shop, waiting["payment_id"])
    document = await taken(shop, ada)
    (received,) = of_type(document, "PaymentReceived")
    assert received["classes"] == ["accounting"]
    assert (received["data"]["reference"], received["data"]["by"]) == (STATEMENT, None)
    assert "Ten years" in document["classes"]["accounting"]
    assert {key["retention"] for key in document["keys"]} == {"accounting"}


async def test_who_was_erased_gets_nothing(shop: Shop) -> None:
    await shop.opens()
    await shop.buys({"offer_id": await shop.offer()})
    assert (await taken(shop, ada))["facts"]
    await shop.house.hear(
        PersonErased(community_id=community, occurred_at=shop.now, person_id=ada.person_id)
    )
    document = await eventually(lambda: taken(shop, ada), lambda seen: not seen["ids"])
    assert (document["facts"], document["heard"], document["keys"]) == ([], [], [])
    assert await shop.house.refusal(None, "GET", MINE) == (401, "no_token")


async def test_a_dry_run_says_what_is_kept_by_class_and_how_much_would_go(shop: Shop) -> None:
    await shop.opens()
    await shop.house.ask(olga, "PUT", "/by-hand", {"instructions": HOW})
    waiting = await test_by_hand.chooses(shop, await shop.offer())
    await test_by_hand.record(shop, waiting["payment_id"])
    profile, accounting = await kept(shop, olga)
    assert (profile["retention"], profile["people"]) == ("profile", 0)
    assert (accounting["people"], accounting["due"], accounting["next_due"]) == (1, 0, None)
    erased = PersonErased(community_id=community, occurred_at=shop.now, person_id=ada.person_id)
    await shop.house.hear(erased)
    _, accounting = await eventually(lambda: kept(shop, olga), lambda seen: seen[1]["next_due"])
    assert accounting["next_due"].startswith(str(shop.now.year + 10))
    pool = shop.house.service.pool
    await pool.execute("UPDATE billing_personal.keys SET keep_until = clock_timestamp()")
    _, accounting = await kept(shop, olga)
    assert (accounting["people"], accounting["due"], accounting["next_due"]) == (1, 1, None)
    # It is no more than said, and what other communities keep is not.
    assert await pool.fetchval("SELECT count(*) FROM billing_personal.keys") == 1
    assert [one["people"] for one in await kept(shop, somebody(uuid4(), "owner"))] == [0, 0]
    assert await shop.house.refusal(ada, "GET", "/retention") == (403, "forbidden")


async def kept(shop: Shop, who: Who) -> list[Json]:
    await shop.house.quiet()
    return list((await shop.house.ask(who, "GET", "/retention"))["items"])
