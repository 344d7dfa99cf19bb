"""Removes the read models of other releases: their tables, and how far their readers had come."""

import argparse
import re

from shared.event_store import Connection
from shared.projection import EVERY_TENANT
from shared.service import Blueprint, connect

OF_A_READ_MODEL = re.compile(r".+_v\d+(_.+)?")


async def tidy(plan: Blueprint, _: argparse.Namespace) -> None:
    """`tidy`: says what it removes. A release that comes back and wants one of them builds it anew."""
    async with (
        await connect(plan.settings, plan.name, size=2, tenant=EVERY_TENANT) as pool,
        pool.acquire() as connection,
        connection.transaction(),
    ):
        await connection.execute("SET LOCAL lock_timeout = '4s'")
        tables = await _left_tables(connection, plan)
        for table in tables:
            await connection.execute(f'DROP TABLE "{table}" CASCADE')
        readers = await _left_readers(connection, plan)
        for place in ("parked", "checkpoints"):
            await connection.execute(f"DELETE FROM {place} WHERE reader = ANY ($1)", readers)
    print(f"{plan.name}: {len(tables)} tables are gone", *tables)


async def _left_tables(connection: Connection, plan: Blueprint) -> list[str]:
    ours = {table for projection in plan.projections for table in projection.tables}
    there = await connection.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY tablename", plan.name
    )
    return [row[0] for row in there if OF_A_READ_MODEL.fullmatch(row[0]) and row[0] not in ours]


async def _left_readers(connection: Connection, plan: Blueprint) -> list[str]:
    """Of read models alone: what reacts and publishes has no version in its name."""
    ours = {projection.reader for projection in plan.projections}
    there = await connection.fetch("SELECT DISTINCT reader FROM checkpoints")
    return [row[0] for row in there if OF_A_READ_MODEL.fullmatch(row[0]) and row[0] not in ours]
