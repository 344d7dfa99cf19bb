from datetime import UTC, datetime
from uuid import UUID

from services.billing.merchant import events
from services.billing.merchant.publications import connected
from shared.event_store import Fact, Meta
from shared.ids import Code

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLUB = UUID(int=1)


def test_the_others_hear_that_there_is_an_account_and_not_which() -> None:
    ours = events.AccountConnected(Code("acct_ours"))
    meta = Meta(CLUB, CLUB)
    fact = Fact("billing", 1, CLUB, CLUB, CLUB, 1, "AccountConnected", NOON, NOON, ours, meta)
    told = connected(fact)
    assert (told.community_id, told.occurred_at) == (CLUB, NOON)
    assert "acct_ours" not in told.model_dump_json()
