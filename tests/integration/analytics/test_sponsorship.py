"""Who sees only their own sees whom their links bring, and nothing of what is others'."""

from uuid import uuid4

from shared.contracts.contract import Contract
from shared.contracts.membership_merging import MemberMerged
from shared.contracts.membership_sponsorship import (
    ContactDismissed,
    ContactNamed,
    PlacementGiven,
    PlacementTaken,
)
from tests.integration.analytics.test_attribution import (
    ada,
    bob,
    bobs,
    came,
    cleo,
    community,
    created,
    olga,
    on,
    paid,
    spring,
)
from tests.integration.events.house import House, Json, Who, somebody

theirs = uuid4()
carla = somebody(community, "sponsor_contact")
affiliate = somebody(community, "affiliate")
member = somebody(community)
MARCH = "?from=2026-03-01&to=2026-03-31"
MINE = f"/communities/{community}/sponsorships/mine{MARCH}"
LINKS = f"/communities/{community}/attribution/mine{MARCH}"
FIGURES = ("revenue", "members", "exits", "attribution", "dashboard")
NEVER_THEIRS = (
    *(f"/communities/{community}/{figure}" for figure in FIGURES),
    "/exports",
    "/retention",
    "/exports/community",
)


def placed() -> list[Contract]:
    about: Json = {"community_id": community, "occurred_at": on(1), "sponsorship_id": theirs}
    return [
        PlacementGiven(**about, link_id=spring),
        ContactNamed(**about, account_id=carla.account_id),
    ]


async def reach(house: House, who: Who = carla) -> Json:
    await house.quiet()
    return await house.ask(who, "GET", MINE)


async def test_a_contact_sees_whom_their_placements_bring_and_no_money(house: House) -> None:
    await house.hear(
        created(), came(ada, spring, 2), paid(ada, 3), came(cleo, bobs, 4), paid(cleo, 5)
    )
    await house.hear(*placed(), stream_id=theirs)
    (seen,) = (await reach(house))["sponsorships"]
    assert seen == {
        "sponsorship_id": str(theirs),
        "placements": [{"link_id": str(spring), "leads": 1, "buyers": 1}],
    }


async def test_who_is_dismissed_and_what_is_taken_away_is_seen_no_more(house: House) -> None:
    about: Json = {"community_id": community, "occurred_at": on(2), "sponsorship_id": theirs}
    await house.hear(created(), came(ada, spring, 2))
    await house.hear(*placed(), PlacementTaken(**about, link_id=spring), stream_id=theirs)
    (seen,) = (await reach(house))["sponsorships"]
    assert seen["placements"] == []
    dismissed = ContactDismissed(**about, account_id=carla.account_id)
    await house.hear(dismissed, stream_id=theirs)
    assert (await reach(house))["sponsorships"] == []


async def test_a_placement_that_brought_nobody_is_shown_with_nothing(house: House) -> None:
    await house.hear(created())
    await house.hear(*placed(), stream_id=theirs)
    (seen,) = (await reach(house))["sponsorships"]
    assert seen["placements"] == [{"link_id": str(spring), "leads": 0, "buyers": 0}]
    reversed_days = MINE.replace("03-31", "02-01")
    assert await house.refusal(carla, "GET", reversed_days) == (422, "window_reversed")


async def test_an_affiliate_sees_whom_their_own_links_bring_and_no_others(house: House) -> None:
    await house.hear(created(), came(ada, spring, 2), came(cleo, bobs, 4), paid(cleo, 5))
    await house.quiet()
    assert (await house.ask(affiliate, "GET", LINKS))["links"] == []
    merged = MemberMerged(
        community_id=community, occurred_at=on(6), person_id=affiliate.person_id, taken_in=bob
    )
    await house.hear(merged, stream_id=affiliate.person_id)
    await house.quiet()
    shown = (await house.ask(affiliate, "GET", LINKS))["links"]
    assert shown == [{"link_id": str(bobs), "leads": 1, "buyers": 1}]


async def test_nobody_of_these_roles_sees_anything_else(house: House) -> None:
    await house.hear(created())
    await house.hear(*placed(), stream_id=theirs)
    await house.quiet()
    for who in (carla, affiliate):
        for path in NEVER_THEIRS:
            assert (await house.refusal(who, "GET", path))[0] == 403
    assert (await house.refusal(carla, "GET", LINKS))[0] == 403
    assert (await house.refusal(affiliate, "GET", MINE))[0] == 403
    assert (await house.refusal(member, "GET", MINE))[0] == 403
    assert (await house.refusal(member, "GET", LINKS))[0] == 403
    assert (await house.ask(olga, "GET", MINE))["sponsorships"] == []


async def test_the_same_roles_in_another_community_are_told_there_is_none(house: House) -> None:
    await house.hear(created())
    await house.hear(*placed(), stream_id=theirs)
    await house.quiet()
    stranger = somebody(uuid4(), "sponsor_contact", "affiliate")
    assert (await house.refusal(stranger, "GET", MINE))[0] == 404
    assert (await house.refusal(stranger, "GET", LINKS))[0] == 404
