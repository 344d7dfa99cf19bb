"""`tidy` removes the read models of other releases, and nothing that this one has or that no replay brings back."""

import argparse
import re
from dataclasses import replace
from typing import Any

import pytest

from shared.projection import ProjectionReader, install
from shared.service import Service, opened
from shared.upkeep.tidy import OF_A_READ_MODEL, tidy
from tests.integration.shared.counting import (
    SERVICE,
    TOTALS,
    count,
    counter,
    read_to_end,
    running,
)
from tools import house


async def _nothing(*_: Any) -> None:
    """It only moves its checkpoint."""


before = replace(
    TOTALS,
    version=7,
    ddl=TOTALS.ddl.replace("_v1", "_v7")
    + "; CREATE TABLE totals_v7_days (community_id uuid, total bigint)",
    tables=("totals_v7", "totals_v7_days"),
    apply=_nothing,
)


async def tables(service: Service) -> set[str]:
    rows = await service.pool.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = $1", service.name
    )
    return {row[0] for row in rows}


async def places(service: Service) -> dict[str, int]:
    rows = await service.pool.fetch("SELECT reader, position FROM checkpoints WHERE source = 'log'")
    return {row["reader"]: row["position"] for row in rows}


async def test_the_read_models_of_another_release_go_and_ours_stay_as_they_are(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(database_url) as service:
        await count(service, counter(1), 3)
        kept = await tables(service)
        async with service.pool.acquire() as connection:
            await install(connection, SERVICE, [before])
        for projection in (TOTALS, before):
            await read_to_end(service, ProjectionReader(projection), service.log)
        assert await tables(service) == kept | {"totals_v7", "totals_v7_days"}
        here = await places(service)
        assert here.pop("totals_v7") == here["totals_v1"]
        await tidy(service.blueprint, argparse.Namespace())
        assert capsys.readouterr().out == "counting: 2 tables are gone totals_v7 totals_v7_days\n"
        assert (await tables(service), await places(service)) == (kept, here)
        assert await service.pool.fetchval("SELECT sum(total)::int FROM totals_v1") == 3
        await tidy(service.blueprint, argparse.Namespace())
        assert capsys.readouterr().out == "counting: 0 tables are gone\n"


async def test_a_release_that_comes_back_builds_its_own_anew(database_url: str) -> None:
    async with running(database_url) as service:
        await count(service, counter(1), 3)
        await read_to_end(service, ProjectionReader(TOTALS), service.log)
        without = replace(service.blueprint, features=())
        await tidy(without, argparse.Namespace())
        assert "totals_v1" not in await tables(service)
        plan = service.blueprint
    async with opened(plan) as again:
        await read_to_end(again, ProjectionReader(TOTALS), again.log)
        assert await again.pool.fetchval("SELECT sum(total)::int FROM totals_v1") == 3


def test_what_no_replay_brings_back_is_not_named_as_a_read_model_is() -> None:
    files = [*house.ROOT.glob("shared/*.sql"), *house.ROOT.glob("services/*/migrations/*.sql")]
    made = [
        name
        for path in files
        for name in re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", path.read_text())
    ]
    assert {"events", "sign_in_codes", "webhook_queues"} <= set(made)
    assert [name for name in made if OF_A_READ_MODEL.fullmatch(name)] == []
