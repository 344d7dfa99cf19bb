"""An account is read page by page, one reading at a time."""

from uuid import UUID

from services.billing.migration.commands import BeginScan, FailScan, MapPrice, RecordPage
from services.billing.migration.decider import MIGRATION
from services.billing.migration.events import PageRead, PriceMapped, ScanBegun, ScanFailed
from shared.ids import Code
from shared.testing import given
from tests.unit.billing.takeover.elsewhere import account, theirs

offer_id = UUID(int=7)
begun = ScanBegun(1, account)
first = PageRead(1, 1, account, (theirs,), theirs.subscription)
last = PageRead(1, 2, account, (), None)


def test_only_a_communitys_own_account_is_read() -> None:
    given(MIGRATION).when(BeginScan(None)).then_rejected("account_not_connected")
    given(MIGRATION).when(BeginScan(account)).then(begun)


def test_of_two_readings_at_once_there_is_one() -> None:
    given(MIGRATION, begun, first).when(BeginScan(account)).then_rejected("scan_under_way")
    given(MIGRATION, begun, first, last).when(BeginScan(account)).then(ScanBegun(2, account))


def test_a_page_is_recorded_once_and_in_its_turn() -> None:
    record = RecordPage(1, 1, (theirs,), theirs.subscription)
    given(MIGRATION, begun).when(record).then(first)
    given(MIGRATION, begun, first).when(record).then_nothing()
    given(MIGRATION, begun).when(RecordPage(1, 2, (), None)).then_nothing()
    given(MIGRATION, begun, first).when(RecordPage(1, 2, (), None)).then(last)
    given(MIGRATION, begun, first, last, ScanBegun(2, account)).when(record).then_nothing()


def test_a_refused_account_may_be_tried_again() -> None:
    refused = FailScan(1, Code("account_invalid"))
    given(MIGRATION, begun).when(refused).then(ScanFailed(1, Code("account_invalid")))
    failed = ScanFailed(1, Code("account_invalid"))
    given(MIGRATION, begun, failed).when(refused).then_nothing()
    given(MIGRATION, begun, failed).when(BeginScan(account)).then(ScanBegun(2, account))


def test_a_price_that_was_read_becomes_an_offer() -> None:
    wish = MapPrice(theirs.price, offer_id)
    given(MIGRATION, begun).when(wish).then_rejected("price_not_found")
    mapped = PriceMapped(theirs.price, offer_id)
    given(MIGRATION, begun, first).when(wish).then(mapped)
    given(MIGRATION, begun, first, mapped).when(wish).then_nothing()
    again = ScanBegun(2, account)
    page = PageRead(2, 1, account, (theirs,), None)
    given(MIGRATION, begun, last, again, page, mapped, begun, first).when(wish).then_nothing()
