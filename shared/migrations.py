"""Brings a service's schema to the version this release needs: each file once, in order, under one lock."""

import hashlib
import zlib
from pathlib import Path

import asyncpg

from shared.event_store import Connection

KERNEL = ("event_store.sql", "loops.sql", "agenda_due.sql")


class Drift(Exception):
    """A migration that was applied has changed since: write a new one instead."""


def lock_class(service: str) -> int:
    """The advisory lock class of a service: stable, positive, different per service name."""
    return zlib.crc32(service.encode()) & 0x3FFFFFFF


def files(service: str, folder: Path) -> list[tuple[str, str]]:
    """Name and text of every migration, the kernel's first, with the service's names filled in."""
    paths = [*(Path(__file__).with_name(name) for name in KERNEL), *sorted(folder.glob("*.sql"))]
    return [
        (
            path.name,
            path.read_text()
            .replace("$service", service)
            .replace("$lock", str(lock_class(service))),
        )
        for path in paths
    ]


async def migrate(connection: Connection, service: str, folder: Path) -> list[str]:
    """Apply what is missing and return its names. Safe to run twice and from two places at once."""
    applied: list[str] = []
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1, -2)", lock_class(service))
        await connection.execute(
            f'CREATE SCHEMA IF NOT EXISTS "{service}"; SET LOCAL search_path = "{service}"'
        )
        await connection.execute("SET LOCAL lock_timeout = '4s'")
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, digest text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        known = {
            row["name"]: row["digest"]
            for row in await connection.fetch("SELECT name, digest FROM migrations")
        }
        for name, text in files(service, folder):
            digest = hashlib.sha256(text.encode()).hexdigest()
            if name in known:
                if known[name] != digest:
                    message = f"{name} was applied to {service} with another content; write a new migration."
                    raise Drift(message)
                continue
            await connection.execute(text)
            await connection.execute(
                "INSERT INTO migrations (name, digest) VALUES ($1, $2)", name, digest
            )
            applied.append(name)
    return applied


async def is_current(connection: Connection, service: str, folder: Path) -> bool:
    """Whether every migration this release knows has been applied."""
    try:
        known = {row["name"] for row in await connection.fetch("SELECT name FROM migrations")}
    except asyncpg.UndefinedTableError:
        return False
    return known >= {name for name, _ in files(service, folder)}
