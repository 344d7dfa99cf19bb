"""An account is read a page at a time, each when the one before is recorded: a crash reads a page again."""

from dataclasses import dataclass
from uuid import UUID

from services.billing.gateways.elsewhere import BillingElsewhere
from services.billing.gateways.gateway import Declined
from services.billing.migration import commands, events
from services.billing.migration.decider import MIGRATION
from shared.event_store import Fact
from shared.ids import Code
from shared.reaction import Action, ActionContext, Ask, Call, Reaction


@dataclass(frozen=True, slots=True)
class ReadPage:
    migration_id: UUID
    scan: int
    number: int
    account: Code
    after: Code | None


def when_scan_begun_read_page(fact: Fact) -> list[Call]:
    begun: events.ScanBegun = fact.body
    return [Call(ReadPage(fact.stream_id, begun.scan, 1, begun.account, None))]


def when_page_read_read_next(fact: Fact) -> list[Call]:
    read: events.PageRead = fact.body
    if read.after is None:
        return []
    following = ReadPage(fact.stream_id, read.scan, read.number + 1, read.account, read.after)
    return [Call(following)]


async def read_page(action: ReadPage, context: ActionContext) -> Ask:
    elsewhere: BillingElsewhere = context.gateways["elsewhere"]
    answer: commands.RecordPage | commands.FailScan
    try:
        page = await elsewhere.page(action.account, action.after)
        answer = commands.RecordPage(action.scan, action.number, page.theirs, page.after)
    except Declined as no:
        answer = commands.FailScan(action.scan, no.code)
    return Ask(MIGRATION, action.migration_id, answer)


REACTIONS = (
    Reaction(
        "billing.migration.when_scan_begun_read_page", events.ScanBegun, when_scan_begun_read_page
    ),
    Reaction(
        "billing.migration.when_page_read_read_next", events.PageRead, when_page_read_read_next
    ),
)

ACTIONS = (Action(ReadPage, read_page),)
