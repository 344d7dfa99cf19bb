"""A secret is changed while work is under way: neither what the old one signed nor what the new one did is lost."""

import json
from uuid import uuid4

from shared.clock import real_now
from shared.contracts.events_key import QuoteKeyPublished
from shared.ids import PLATFORM
from tests.integration.billing.shop import WEBHOOK_SECRET, Shop
from tests.integration.events.house import key_pair

REPORT = {"id": "evt_rolled", "object": "event", "type": "payment_intent.succeeded"}


async def test_while_the_webhook_s_secret_is_rolled_both_signatures_come_along(shop: Shop) -> None:
    taken = await shop.report(REPORT, "whsec_of_before", WEBHOOK_SECRET)
    assert taken.json() == {"new": True}
    again = await shop.report(REPORT, WEBHOOK_SECRET, "whsec_to_come")
    assert again.json() == {"new": False}
    assert (await shop.report(REPORT, "whsec_of_before", "whsec_to_come")).status_code == 400


async def test_a_quote_of_the_key_before_is_still_taken(shop: Shop) -> None:
    await shop.opens()
    _, public = key_pair("summer")
    x = json.loads(public)["keys"][0]["x"]
    announced = QuoteKeyPublished(community_id=PLATFORM, occurred_at=real_now(), kid="summer", x=x)
    await shop.house.hear(announced)
    await shop.house.quiet()
    assert await shop.checkout({"quote": shop.quote(uuid4())})
