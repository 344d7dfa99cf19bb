"""A community as its owner takes it out of events: gatherings and tickets, by nobody's name."""

from services.events.takeout import CONTENTS
from tests.integration.events.house import House, Who, somebody
from tests.integration.events.test_story import ada, community, hold, olga, on_sale, stranger
from tests.integration.takeouts import TakenOut, read

TAKEOUT = "/exports/community"


async def taken_out(house: House, who: Who = olga) -> TakenOut:
    await house.quiet()
    return read(await house.answer(who, "GET", TAKEOUT), CONTENTS)


async def test_the_owner_takes_out_gatherings_and_tickets(house: House) -> None:
    gathering_id = await on_sale(house, 5, minor=0)
    await hold(house, gathering_id, seats=2, holder="Ada Lovelace")
    taken = await taken_out(house)
    (gathering,) = taken.parquet["gatherings"]
    assert (gathering["gathering_id"], gathering["capacity"]) == (gathering_id, 5)
    assert gathering["starts_at"].utcoffset().total_seconds() == 0
    (ticket,) = taken.parquet["tickets"]
    assert (ticket["person_id"], ticket["seats"]) == (str(ada.person_id), 2)
    assert (ticket["cancelled"], taken.csv["tickets"][0]["cancelled"]) == (False, "no")
    assert [row["seats"] for row in taken.parquet["seats_left"]] == [3]
    # Names are membership's to give.
    assert "holder" not in ticket
    assert taken.manifest["left_out"]["tickets.holder"]
    assert "Lovelace" not in taken.text()


async def test_nothing_of_it_is_for_others_and_it_is_listed(house: House) -> None:
    await on_sale(house)
    for nobody in (ada, somebody(community, "admin"), somebody(community, "event_manager")):
        assert await house.refusal(nobody, "GET", TAKEOUT) == (403, "forbidden")
    assert await house.refusal(None, "GET", TAKEOUT) == (401, "no_token")
    elsewhere = await taken_out(house, stranger)
    assert elsewhere.facts() == {}
    await taken_out(house)
    await house.quiet()
    (listed,) = (await house.ask(olga, "GET", "/exports"))["items"]
    assert (listed["kind"], listed["taken_by"]) == ("community", str(olga.account_id))
