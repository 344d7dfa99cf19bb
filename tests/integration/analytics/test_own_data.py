"""Analytics keeps what others told it: of a person, they may have all of that."""

from uuid import uuid4

from shared.contracts.membership_member import MemberJoined
from tests.integration.analytics.test_exits import community, created, ended, on
from tests.integration.events.house import House, Json, somebody

ada = somebody(community)


async def test_a_person_takes_out_what_was_heard_of_them(house: House) -> None:
    here: Json = {"community_id": community, "occurred_at": on(2)}
    await house.hear(
        created(community),
        MemberJoined(**here, person_id=ada.person_id, account_id=uuid4()),
        MemberJoined(**here, person_id=uuid4()),
        ended(uuid4(), "voluntary", on(3)),
    )
    await house.quiet()
    document = await house.ask(ada, "GET", "/me/data")
    (joined,) = document["heard"]
    assert (joined["type"], joined["source"]) == (
        "io.tessera.membership.MemberJoined",
        "membership",
    )
    # A sign-in is known to nobody but membership, so here it is not known to be theirs.
    assert joined["data"]["person_id"] == str(ada.person_id)
    assert joined["data"]["account_id"] is None
    assert joined["at"].startswith("2026-03-02T12:00")
    assert (document["facts"], document["keys"], document["beside"]) == ([], [], {})
