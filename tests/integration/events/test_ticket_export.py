"""A gathering's tickets as a table, of any length, without holding more than a page of it."""

import csv
import gc
import io
import tracemalloc

import httpx

from shared.http import create_app
from tests.doubles.serving import serving
from tests.integration.events.house import House
from tests.integration.events.test_story import ada, bob, community, hold, olga, on_sale, stranger

FEW, MANY = 1_000, 10_000


async def test_staff_take_out_who_comes(house: House) -> None:
    gathering_id = await on_sale(house, 5, minor=0)
    await hold(house, gathering_id, seats=2, holder="=cmd|' /C calc'!A0")
    await house.quiet()
    path = f"/exports/tickets/{gathering_id}"
    answer = await house.answer(olga, "GET", path)
    text = answer.content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert (row["holder"], row["person_id"]) == ("'=cmd|' /C calc'!A0", str(ada.person_id))
    assert (row["seats"], row["amount"], row["currency"], row["origin"]) == (
        "2",
        "0.00",
        "EUR",
        "free",
    )
    assert (row["gathering"], row["cancelled"]) == ("Spring dinner", "no")
    assert await house.refusal(bob, "GET", path) == (403, "forbidden")
    assert await house.refusal(stranger, "GET", path) == (404, "gathering_not_found")
    assert await house.refusal(None, "GET", path) == (401, "no_token")
    await house.quiet()
    (taken,) = (await house.ask(olga, "GET", "/exports"))["items"]
    assert (taken["kind"], taken["filters"]) == ("tickets", [f"gathering={gathering_id}"])
    assert (await house.ask(stranger, "GET", "/exports"))["items"] == []


async def test_ten_times_as_many_take_no_more_memory(house: House) -> None:
    """What is held is a page, however many there are: the file goes out as it is read."""
    few, many = await on_sale(house), await on_sale(house)
    for gathering_id, rows in ((few, FEW), (many, MANY)):
        await house.service.pool.execute(
            "INSERT INTO tickets_v2 SELECT gen_random_uuid(), $1, $2, gen_random_uuid(),"
            " repeat('Spring dinner ', 10), 1, 1200, 'EUR', 'paid', NULL, now()"
            " FROM generate_series(1, $3::int)",
            community, gathering_id, rows,
        )  # fmt: skip
    async with serving(create_app(house.service)) as address:
        await _taken(address, few)
        (count, _, of_few), (rows_of_many, size, of_many) = [
            await _taken(address, one) for one in (few, many)
        ]
    assert (count, rows_of_many) == (FEW, MANY)
    assert size > 2_000_000
    assert of_many < 1.25 * of_few, "it grows with what is taken out"


async def _taken(address: str, gathering_id: str) -> tuple[int, int, int]:
    """How many rows and bytes came, and the most memory that was taken for them."""
    url = f"{address}/api/events/v1/exports/tickets/{gathering_id}"
    headers = {"Authorization": f"Bearer {olga.token}"}
    rows = size = 0
    async with httpx.AsyncClient() as client:
        gc.collect()
        tracemalloc.start()
        try:
            async with client.stream("GET", url, headers=headers) as answer:
                assert answer.is_success
                async for chunk in answer.aiter_bytes():
                    rows += chunk.count(b"\r\n")
                    size += len(chunk)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    return rows - 1, size, peak
