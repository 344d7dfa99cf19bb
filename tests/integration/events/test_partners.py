"""Whose role is about their own links or sponsorships alone sees and changes nothing of gatherings."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.contracts.membership_community import Role
from tests.integration.events.house import House, somebody


@pytest.mark.parametrize("role", ["affiliate", "sponsor_contact"])
async def test_they_see_nobodys_tickets_and_change_nothing(house: House, role: Role) -> None:
    who, gathering = somebody(uuid4(), role), uuid4()
    never_theirs = (
        f"/gatherings/{gathering}/tickets",
        f"/exports/tickets/{gathering}",
        "/exports",
        "/exports/community",
        "/retention",
    )
    for path in never_theirs:
        assert (await house.refusal(who, "GET", path))[0] == 403, path
    cancel = f"/gatherings/{gathering}/cancellation"
    assert (await house.refusal(who, "POST", cancel, {}))[0] == 403
    times = {
        "starts_at": datetime(2090, 1, 1, 10, tzinfo=UTC).isoformat(),
        "ends_at": datetime(2090, 1, 1, 12, tzinfo=UTC).isoformat(),
    }
    move = f"/gatherings/{gathering}/times"
    assert (await house.refusal(who, "PUT", move, times, If_Match="1"))[0] == 403
    assert (await house.refusal(who, "GET", f"/gatherings/{gathering}"))[0] == 404
