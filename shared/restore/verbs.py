"""The verbs that are needed after a restore, and the listing that one of them prints."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import orjson

from shared.projection import EVERY_TENANT
from shared.restore.advance import advance_position
from shared.restore.lacking import Comparison, Found, Lacking, WentOn, end_of_log
from shared.service import Blueprint, connect

LACKS, NOT_COMPARED = 1, 2
COLUMNS = ("event id", "type", "stream", "community", "occurred at")


def arguments(known: Mapping[str, argparse.ArgumentParser]) -> None:
    """What can be said to `advance-position` and to `lacking`."""
    known["advance-position"].add_argument("position", type=int)
    lacking = known["lacking"]
    lacking.add_argument("--json", action="store_true", help="one JSON object a line, no table")
    lacking.add_argument(
        "--since", type=_moment, help="when the backup was taken, if the log has gone on since"
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def advance(plan: Blueprint, words: argparse.Namespace) -> None:
    """`advance-position N`."""
    async with await connect(plan.settings, plan.name, size=2) as pool:
        await advance_position(pool, words.position)


async def lacking(plan: Blueprint, words: argparse.Namespace) -> None:
    """`lacking`: ends with 0 when nothing lacks, 1 when something does, 2 when not all could be compared."""
    async with await connect(plan.settings, plan.name, size=2, tenant=EVERY_TENANT) as pool:
        try:
            start = await end_of_log(pool, words.since)
        except WentOn as error:
            print(error, file=sys.stderr)
            sys.exit(NOT_COMPARED)
        found = await Comparison(plan.name, pool, plan.publications, start).run(plan.settings.kafka)
    sys.exit(_tell(plan.name, found, as_json=words.json))


def _tell(service: str, found: Found, *, as_json: bool) -> int:
    """Print what was found, the count last, and say how it ends."""
    events = sorted(found.lacking.values())
    for line in _lines(events) if as_json else _table(events):
        print(line)
    beside = sys.stderr if as_json else sys.stdout
    erased = sorted({str(event.erased) for event in events if event.erased})
    if erased:
        print("Erasures among them, to be done again first, of persons:", *erased, file=beside)
    for topic in found.missing:
        print(f"{topic} does not exist on Kafka.", file=sys.stderr)
    if found.foreign:
        print(f"{found.foreign} records are no events of {service}.", file=sys.stderr)
    print(f"{len(events)} events are on Kafka and not in the log of {service}.", file=beside)
    return NOT_COMPARED if found.missing else LACKS if events else 0


def _lines(events: Sequence[Lacking]) -> list[str]:
    return [orjson.dumps(event._asdict(), default=str).decode() for event in events]


def _table(events: Sequence[Lacking]) -> list[str]:
    rows = [
        (str(e.event_id), e.type, str(e.stream_id), str(e.community_id), e.occurred_at)
        for e in events
    ]
    if not rows:
        return []
    widths = [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (COLUMNS, *rows)
    ]
