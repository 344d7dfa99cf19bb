"""What was handed in as a checkout was opened: credited once that is paid, by the same rules, and never in its way."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.membership.visit import make_visit
from shared.clock import real_now
from shared.contracts.billing_checkout import CameBy, CheckoutCompleted
from shared.contracts.contract import MoneyValue
from shared.ids import random_id
from tests.integration.membership.house import House, Json
from tests.integration.membership.test_guest import guest
from tests.integration.membership.test_link import attribute, came_by, follow, made

OWNER, ADA, BOB = "olga@example.com", "ada@example.com", "bob@example.com"


async def pays(
    house: House, community_id: str, person_id: UUID | str, visit: str | None, at: datetime
) -> UUID:
    """The checkout that billing tells of, an hour after it was opened with this visit."""
    bought = CheckoutCompleted(
        community_id=UUID(community_id),
        occurred_at=at + timedelta(hours=1),
        checkout_id=random_id(),
        person_id=UUID(str(person_id)),
        total=MoneyValue(minor=1000, currency="EUR"),
        via=CameBy(visit=visit, at=at) if visit else None,
    )
    await house.hear(bought, bought.checkout_id)
    await house.quiet()
    return bought.checkout_id


async def told(house: House) -> list[Json]:
    """What was written of how people came, in this order."""
    rows = await house.service.pool.fetch(
        "SELECT type, data FROM events WHERE type LIKE '%Attributed' ORDER BY position"
    )
    return [{"type": row["type"], **json.loads(row["data"])} for row in rows]


async def known_of(house: House, person_id: str, token: str) -> Json:
    return await house.call("GET", f"/people/{person_id}/attribution", token=token)


async def affiliate(house: House, community_id: str, owner: str, **more: Any) -> tuple[str, Json]:
    """Bob, and a link of his."""
    bob_id, _ = await house.join(BOB, community_id, "Bob")
    about = {"slug": "bobs", "kind": "affiliate", "name": "Bob's", "owner_id": bob_id} | more
    return bob_id, await made(house, owner, **about)


async def test_who_hands_it_in_with_a_checkout_is_counted_from_when_it_was_opened(
    house: House,
) -> None:
    community_id, owner = await house.community(OWNER)
    _, link = await affiliate(house, community_id, owner)
    visit = await follow(house, link["url"])
    ada_id, adas = await house.join(ADA, community_id)
    opened = real_now()
    await pays(house, community_id, ada_id, None, opened)
    assert await came_by(house, ada_id, adas) is None
    await pays(house, community_id, ada_id, visit, opened)
    known = await known_of(house, ada_id, adas)
    assert (known["link_id"], known["left_out"]) == (link["link_id"], None)
    (counted,) = await told(house)
    assert datetime.fromisoformat(counted["since"]) == opened


async def test_a_guest_is_counted_too(house: House) -> None:
    community_id, owner = await house.community(OWNER)
    bob_id, link = await affiliate(house, community_id, owner)
    visit = await follow(house, link["url"])
    gus = await guest(house, community_id)
    await pays(house, community_id, gus, visit, real_now())
    (counted,) = await told(house)
    assert (counted["person_id"], counted["owner"]) == (str(gus), bob_id)


async def test_a_guest_by_the_address_of_who_the_link_is_to_the_credit_of_counts_for_nobody(
    house: House,
) -> None:
    community_id, owner = await house.community(OWNER)
    _, link = await affiliate(house, community_id, owner)
    visit = await follow(house, link["url"])
    himself = await guest(house, community_id, "Bob@Example.com")
    await pays(house, community_id, himself, visit, real_now())
    assert [one["why"] for one in await told(house)] == ["own_link"]


async def test_what_an_organisation_buys_is_not_to_the_credit_of_who_acts_for_it(
    house: House,
) -> None:
    community_id, owner = await house.community(OWNER)
    _, link = await affiliate(house, community_id, owner)
    visit = await follow(house, link["url"])
    bobs = await house.token(BOB, community_id)
    acme = {"name": "Acme", "country": "FR"}
    own = await house.call("POST", "/organisations", acme, token=bobs, expect=201)
    await pays(house, community_id, own["organisation_id"], visit, real_now())
    assert [one["why"] for one in await told(house)] == ["own_link"]
    _, adas = await house.join(ADA, community_id)
    other = await house.call("POST", "/organisations", acme, token=adas, expect=201)
    await pays(house, community_id, other["organisation_id"], visit, real_now())
    assert [one["type"] for one in await told(house)][1:] == ["PersonAttributed"]


async def test_what_is_wrong_with_it_is_told_and_leaves_what_was_known(house: House) -> None:
    community_id, owner = await house.community(OWNER)
    bob_id, link = await affiliate(house, community_id, owner, days=1)
    visit = await follow(house, link["url"])
    ada_id, adas = await house.join(ADA, community_id)
    await attribute(house, adas, visit)
    nowhere = make_visit(house.service.secret, random_id(), real_now())
    old = make_visit(house.service.secret, UUID(link["link_id"]), real_now() - timedelta(days=2))
    elsewhere, _ = await house.community("eve@example.com", slug="go")
    for wrong, why in (
        ("guess", "not_a_visit"),
        (nowhere, "link_not_found"),
        (old, "visit_too_long_ago"),
    ):
        checkout_id = await pays(house, community_id, ada_id, wrong, real_now())
        known = await known_of(house, ada_id, adas)
        assert known["left_out"] == {"checkout_id": str(checkout_id), "why": why}
        assert known["link_id"] == link["link_id"]
    eve_id, eves = await house.join("eva@example.com", elsewhere, "Eva")
    await pays(house, elsewhere, eve_id, visit, real_now())
    assert (await known_of(house, eve_id, eves))["left_out"]["why"] == "link_not_found"
    assert bob_id


async def test_the_last_link_counts_though_the_checkout_is_heard_of_later(house: House) -> None:
    community_id, owner = await house.community(OWNER)
    _, link = await affiliate(house, community_id, owner)
    spring = await made(house, owner)
    visit, another = await follow(house, link["url"]), await follow(house, spring["url"])
    ada_id, adas = await house.join(ADA, community_id)
    opened = real_now() - timedelta(minutes=1)
    await attribute(house, adas, another)
    await pays(house, community_id, ada_id, visit, opened)
    assert await came_by(house, ada_id, adas) == spring["link_id"]
    assert [one["link_id"] for one in await told(house)] == [spring["link_id"], link["link_id"]]


async def test_what_was_taken_back_meanwhile_does_not_come_back(house: House) -> None:
    community_id, owner = await house.community(OWNER)
    _, link = await affiliate(house, community_id, owner)
    visit, another = [await follow(house, link["url"]) for _ in range(2)]
    ada_id, adas = await house.join(ADA, community_id)
    opened = real_now() - timedelta(minutes=1)
    await attribute(house, adas, another)
    await house.call("DELETE", "/me/attribution", token=adas)
    await pays(house, community_id, ada_id, visit, opened)
    known = await known_of(house, ada_id, adas)
    assert (known["link_id"], known["left_out"]["why"]) == (None, "withdrawn_since")
