"""A community as its owner takes it out of analytics: what its figures are made of."""

from uuid import uuid4

import pytest

from services.analytics.takeout import CONTENTS
from shared.takeout import columns
from tests.integration.analytics.test_exits import (
    community,
    created,
    ended,
    eve,
    moderator,
    olga,
    on,
    other,
)
from tests.integration.events.house import House, Who, somebody
from tests.integration.takeouts import TakenOut, read

TAKEOUT = "/exports/community"


async def taken_out(house: House, who: Who = olga) -> TakenOut:
    await house.quiet()
    return read(await house.answer(who, "GET", TAKEOUT), CONTENTS)


async def test_the_owner_takes_out_what_figures_are_made_of(house: House) -> None:
    subscription_id = uuid4()
    await house.hear(created(community), ended(subscription_id, "voluntary", on(3)))
    taken = await taken_out(house)
    (left,) = taken.parquet["exits"]
    assert left["subscription_id"] == str(subscription_id)
    assert (left["lost_for"], left["lost_at"]) == ("voluntary", on(3))
    assert taken.manifest["service"] == "analytics"
    elsewhere = await taken_out(house, eve)
    assert elsewhere.facts() == {}


async def test_what_has_no_key_is_in_it_once_over_many_pages(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.hear(created(community), created(other))
    await house.quiet()
    for community_id, many in ((community, 7), (other, 5)):
        await house.service.pool.execute(
            "INSERT INTO recurring_v5_changes SELECT $1, $1, 'EUR', $2, number, false, false"
            " FROM generate_series(1, $3::int) number",
            community_id, on(4), many,
        )  # fmt: skip
    monkeypatch.setattr(columns, "PAGE", 3)
    rows = (await taken_out(house)).parquet["recurring_changes"]
    assert [row["yearly"] for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert {row["community_id"] for row in rows} == {str(community)}


async def test_nothing_of_it_is_for_others_and_it_is_listed(house: House) -> None:
    await house.hear(created(community))
    for nobody in (moderator, somebody(community, "admin")):
        assert await house.refusal(nobody, "GET", TAKEOUT) == (403, "forbidden")
    assert await house.refusal(None, "GET", TAKEOUT) == (401, "no_token")
    assert (await house.ask(olga, "GET", "/exports"))["items"] == []
    await taken_out(house)
    await house.quiet()
    (listed,) = (await house.ask(olga, "GET", "/exports"))["items"]
    assert (listed["kind"], listed["taken_by"]) == ("community", str(olga.account_id))
    assert (await house.ask(eve, "GET", "/exports"))["items"] == []
