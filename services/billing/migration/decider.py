"""An account is read page by page, one reading at a time, and reading changes nothing there."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never
from uuid import UUID

from services.billing.migration import commands, events
from shared.decider import Decider, Rejected
from shared.ids import Code

NO_ACCOUNT = Code("")


@dataclass(frozen=True, slots=True)
class Migration:
    """`page` is the last that was read of this scan. `targets` are the offers that prices become, if it was said."""

    scan: int = 0
    page: int = 0
    is_reading: bool = False
    account: Code = NO_ACCOUNT
    targets: Mapping[Code, UUID | None] = field(default_factory=dict)


def decide(command: commands.MigrationCommand, migration: Migration) -> list[events.MigrationEvent]:
    match command:
        case commands.BeginScan(account):
            if account is None:
                detail = "Connect the account first: only a community's own is read."
                raise Rejected("account_not_connected", detail)
            if migration.is_reading:
                raise Rejected("scan_under_way", "The account is being read.")
            return [events.ScanBegun(migration.scan + 1, account)]
        case commands.RecordPage(scan, number, theirs, after):
            is_next = migration.is_reading and (scan, number) == (
                migration.scan,
                migration.page + 1,
            )
            read = events.PageRead(scan, number, migration.account, theirs, after)
            return [read] if is_next else []
        case commands.FailScan(scan, code):
            is_now = migration.is_reading and scan == migration.scan
            return [events.ScanFailed(scan, code)] if is_now else []
        case commands.MapPrice(price, offer_id):
            if price not in migration.targets:
                raise Rejected("price_not_found", "No such price was read.", pointer="/price")
            same = migration.targets[price] == offer_id
            return [] if same else [events.PriceMapped(price, offer_id)]
        case _:
            assert_never(command)


def evolve(migration: Migration, event: events.MigrationEvent) -> Migration:
    match event:
        case events.ScanBegun(scan, account):
            return replace(migration, scan=scan, page=0, is_reading=True, account=account)
        case events.PageRead(_, number, _, theirs, after):
            new = {one.price: None for one in theirs}
            return replace(
                migration,
                page=number,
                is_reading=after is not None,
                targets={**new, **migration.targets},
            )
        case events.ScanFailed():
            return replace(migration, is_reading=False)
        case events.PriceMapped(price, offer_id):
            return replace(migration, targets={**migration.targets, price: offer_id})
        case _:
            assert_never(event)


MIGRATION: Decider[commands.MigrationCommand, Migration, events.MigrationEvent] = Decider(
    "migration",
    initial=Migration(),
    decide=decide,
    evolve=evolve,
    commands=commands.MigrationCommand,
    events=events.MigrationEvent,
)
