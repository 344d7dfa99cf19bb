import asyncio

from shared.projection import ProjectionReader, position, step
from tests.integration.shared.counting import TOTALS, all_facts, count, counter, running


async def test_what_is_counted_is_read_back(database_url: str) -> None:
    async with running(database_url) as service:
        answers = await asyncio.gather(*(count(service, counter(n % 5)) for n in range(200)))
        facts = await all_facts(service)
        assert len(facts) == 200
        assert sorted(a.position for a in answers) == [f.position for f in facts]
        reader = ProjectionReader(TOTALS)
        at = await position(service.pool, reader, service.log)
        await step(service.pool, [reader], service.log, at)
        rows = await service.pool.fetch("SELECT * FROM totals_v1")
        assert {row["total"] for row in rows} == {40}
