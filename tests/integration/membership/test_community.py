"""Communities, their addresses and their staff."""

from datetime import datetime, time, timedelta
from functools import partial
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from services.membership.gateways.gateway import Letter, Look
from services.membership.member.projections import profile_of
from shared.clock import real_now
from shared.contracts.billing_offer import OfferPublished
from shared.contracts.contract import MoneyValue
from shared.contracts.events_gathering import GatheringPublished
from shared.ids import PersonId
from shared.testing import eventually
from tests.integration.membership.house import House

go_club = {
    "kind": "association",
    "name": "Go Club",
    "slug": "go",
    "currency": "EUR",
    "time_zone": "Europe/Paris",
}


async def account_of(house: House, email: str) -> str:
    me = await house.call("GET", "/me", token=await house.token(email))
    return str(me["account_id"])


async def test_two_communities_cannot_share_an_address(house: House) -> None:
    await house.community("olga@example.com", "chess")
    token = await house.token("gina@example.com")
    body = go_club | {"slug": "chess"}
    problem = await house.call("POST", "/communities", body, token=token, expect=422)
    assert problem["errors"][0]["code"] == "slug_taken"
    assert problem["errors"][0]["pointer"] == "/slug"


async def test_the_same_request_twice_opens_one_community(house: House) -> None:
    token = await house.token("olga@example.com")
    first = await house.call("POST", "/communities", go_club, token=token, Idempotency_Key="one")
    again = await house.call("POST", "/communities", go_club, token=token, Idempotency_Key="one")
    first.pop("access_token"), again.pop("access_token")  # each answer brings one of its own
    assert first == again


async def test_who_opens_a_community_may_act_in_it_at_once(house: House) -> None:
    token = await house.token("olga@example.com")
    opened = await house.call("POST", "/communities", go_club, token=token, expect=201)
    tier = {"name": "Players", "paid": False}
    await house.call("POST", "/tiers", tier, token=opened["access_token"], expect=201)


async def test_all_that_is_wrong_with_a_community_is_said_at_once(house: House) -> None:
    token = await house.token("olga@example.com")
    body = {
        "kind": "cult",
        "name": " ",
        "slug": "Not A Slug",
        "currency": "XXX",
        "time_zone": "Mars/Olympus",
        "brand": {"colour": "blue"},
        "colour": "blue",
    }
    problem = await house.call("POST", "/communities", body, token=token, expect=422)
    assert {wrong["pointer"] for wrong in problem["errors"]} == {
        "/kind",
        "/name",
        "/slug",
        "/currency",
        "/time_zone",
        "/brand/colour",
        "/colour",
    }


async def test_a_freed_address_may_be_taken_by_another(house: House) -> None:
    community_id, owner = await house.community("olga@example.com", "chess")
    path = f"/communities/{community_id}/slug"
    moved = await house.call("PUT", path, {"slug": "schach"}, token=owner)
    await house.call("GET", "/public/communities/schach", Tessera_Wait_For=moved["position"])
    await house.call("GET", "/public/communities/chess", expect=404)
    again = await house.call("PUT", path, {"slug": "schach"}, token=owner)
    assert again["version"] == moved["version"]
    other_id, _ = await house.community("gina@example.com", "chess")
    assert other_id != community_id
    taken = await house.call("PUT", path, {"slug": "chess"}, token=owner, expect=422)
    assert taken["errors"][0]["code"] == "slug_taken"


async def test_another_s_community_is_not_there(house: House) -> None:
    chess, _ = await house.community("olga@example.com", "chess")
    _, go = await house.community("gina@example.com", "go")
    await house.call("GET", f"/communities/{chess}", token=go, expect=404)
    path = f"/communities/{chess}/slug"
    await house.call("PUT", path, {"slug": "mine"}, token=go, expect=404)


async def test_nobody_is_at_home_at_an_unknown_address(house: House) -> None:
    await house.call("GET", "/public/communities/nowhere", expect=404)


async def test_staff_may_do_what_their_role_says_and_no_more(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    mona = await account_of(house, "mona@example.com")
    await house.call("POST", "/staff", {"account_id": mona, "role": "moderator"}, token=owner)
    moderator = await house.token("mona@example.com", community_id)
    await house.call("GET", "/members", token=moderator)
    tier = {"name": "Gold", "paid": True}
    problem = await house.call("POST", "/tiers", tier, token=moderator, expect=403)
    assert problem["errors"][0]["code"] == "forbidden"
    staff = await house.call("GET", "/staff", token=owner)
    assert sorted(tuple(one["roles"]) for one in staff["items"]) == [("moderator",), ("owner",)]


async def test_a_revoked_role_is_worth_nothing_although_the_token_still_names_it(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    mona = await account_of(house, "mona@example.com")
    await house.call("POST", "/staff", {"account_id": mona, "role": "moderator"}, token=owner)
    moderator = await house.token("mona@example.com", community_id)
    revoked = await house.call("DELETE", f"/staff/{mona}/moderator", token=owner)
    await house.call("GET", "/tiers", token=owner, Tessera_Wait_For=revoked["position"])
    await house.call("GET", "/members", token=moderator, expect=403)


async def test_the_last_owner_stays(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    olga = await account_of(house, "olga@example.com")
    problem = await house.call("DELETE", f"/staff/{olga}/owner", token=owner, expect=409)
    assert problem["errors"][0]["code"] == "last_owner"


async def test_an_admin_makes_no_owner(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    adam = await account_of(house, "adam@example.com")
    await house.call("POST", "/staff", {"account_id": adam, "role": "admin"}, token=owner)
    admin = await house.token("adam@example.com", community_id)
    body = {"account_id": adam, "role": "owner"}
    problem = await house.call("POST", "/staff", body, token=admin, expect=409)
    assert problem["errors"][0]["code"] == "owners_only"


async def test_nobody_unknown_becomes_staff(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    body = {"account_id": "00000000-0000-8000-8000-000000000001", "role": "admin"}
    problem = await house.call("POST", "/staff", body, token=owner, expect=422)
    assert problem["errors"][0]["pointer"] == "/account_id"


async def test_a_retired_tier_is_no_longer_shown_to_strangers(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    retired = await house.call("POST", f"/tiers/{gold}/retirement", {}, token=owner)
    public = await house.call(
        "GET",
        f"/public/communities/{community_id}/tiers",
        Tessera_Wait_For=retired["position"],
    )
    assert public["items"] == []
    own = await house.call("GET", "/tiers", token=owner)
    assert [tier["retired"] for tier in own["items"]] == [True]


async def test_a_test_community_stays_one_in_all_that_happens_there(house: House) -> None:
    community_id, owner = await house.community("olga@example.com", mode="test")
    await house.tier(owner, "Everybody", paid=False)
    person, _ = await house.join("ada@example.com", community_id)
    await house.eventually_live(person, owner, ("Everybody", "joined"))
    modes = await house.service.pool.fetch(
        "SELECT DISTINCT meta->>'mode' AS mode FROM events WHERE community_id = $1", community_id
    )
    assert [row["mode"] for row in modes] == ["test"]


async def test_a_new_brand_is_on_the_page_and_on_every_letter(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    path = f"/communities/{community_id}/brand"
    brand = {
        "colour": "#aa3355",
        "accent": "#ffee00",
        "logo": "https://chess.example/logo.png",
    }
    written = await house.call("PUT", path, brand, token=owner)
    page = await house.call(
        "GET", "/public/communities/chess", Tessera_Wait_For=written["position"]
    )
    read = {"text_on_colour": "#ffffff", "text_on_accent": "#1c1f23"}
    assert page["brand"] == brand | read
    await house.call("POST", "/invitations", {"email": "ivy@example.com"}, token=owner)
    (letter,) = await eventually(lambda: letters_to(house, "ivy@example.com"))
    assert letter.look == Look(brand["colour"], brand["logo"], brand["accent"])


async def test_a_brand_without_an_accent_has_one_colour(house: House) -> None:
    community_id, owner = await house.community(
        "olga@example.com", brand={"colour": "#1c1f23", "accent": "#ffee00"}
    )
    path = f"/communities/{community_id}/brand"
    written = await house.call("PUT", path, {"colour": "#1c1f23"}, token=owner)
    page = await house.call(
        "GET", "/public/communities/chess", Tessera_Wait_For=written["position"]
    )
    assert page["brand"] == {
        "colour": "#1c1f23",
        "accent": None,
        "logo": None,
        "text_on_colour": "#ffffff",
        "text_on_accent": "#ffffff",
    }


async def test_a_new_name_is_on_the_page_and_on_every_letter_and_the_address_stays(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    path = f"/communities/{community_id}/name"
    written = await house.call("PUT", path, {"name": " Go Club "}, token=owner)
    page = await house.call(
        "GET", "/public/communities/chess", Tessera_Wait_For=written["position"]
    )
    assert (page["name"], page["slug"], page["currency"]) == ("Go Club", "chess", "EUR")
    await house.call("POST", "/invitations", {"email": "ivy@example.com"}, token=owner)
    (letter,) = await eventually(lambda: letters_to(house, "ivy@example.com"))
    assert letter.sender == "Go Club"


async def test_the_currency_is_chosen_until_something_was_offered(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    path = f"/communities/{community_id}/currency"
    written = await house.call("PUT", path, {"currency": "CHF"}, token=owner)
    page = await house.call(
        "GET", "/public/communities/chess", Tessera_Wait_For=written["position"]
    )
    assert (page["currency"], page["name"]) == ("CHF", "Chess Club")
    offer = OfferPublished(
        community_id=UUID(community_id),
        occurred_at=real_now(),
        offer_id=uuid4(),
        name="Gold",
        tier_id=None,
        price=MoneyValue(minor=1000, currency="CHF"),
        interval="month",
        trial_days=0,
    )
    await house.hear(offer, offer.offer_id)
    await house.quiet()
    problem = await house.call("PUT", path, {"currency": "EUR"}, token=owner, expect=409)
    assert problem["errors"][0]["code"] == "currency_in_use"
    await house.call("PUT", path, {"currency": "CHF"}, token=owner)
    await house.call("PUT", path, {"currency": "XYZ"}, token=owner, expect=422)


async def test_a_gathering_with_a_price_holds_the_currency_too(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    starts = real_now() + timedelta(days=9)
    gathering = GatheringPublished(
        community_id=UUID(community_id),
        occurred_at=real_now(),
        gathering_id=uuid4(),
        name="Tournament",
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
        capacity=10,
        price=MoneyValue(minor=500, currency="EUR"),
    )
    await house.hear(gathering, gathering.gathering_id)
    await house.quiet()
    path = f"/communities/{community_id}/currency"
    problem = await house.call("PUT", path, {"currency": "CHF"}, token=owner, expect=409)
    assert problem["errors"][0]["code"] == "currency_in_use"


async def test_a_community_speaks_the_language_its_founder_reads(house: House) -> None:
    token = await house.token("olga@example.com")
    read = "fr-CA, en;q=0.5"
    opened = await house.call("POST", "/communities", go_club, token=token, Accept_Language=read)
    path = f"/communities/{opened['community_id']}"
    own = await house.call(
        "GET", path, token=opened["access_token"], Tessera_Wait_For=opened["position"]
    )
    assert own["language"] == "fr"
    english = go_club | {"slug": "english", "language": "en"}
    opened = await house.call("POST", "/communities", english, token=token, Accept_Language=read)
    page = await house.call(
        "GET", "/public/communities/english", Tessera_Wait_For=opened["position"]
    )
    assert page["language"] == "en"
    opened = await house.call("POST", "/communities", go_club | {"slug": "none"}, token=token)
    page = await house.call("GET", "/public/communities/none", Tessera_Wait_For=opened["position"])
    assert page["language"] == "en"


async def test_for_companies_the_page_says_so_and_seats_are_suggested(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    page = await house.call("GET", "/public/communities/chess")
    assert page["audience"] == "persons"
    path = f"/communities/{community_id}"
    await house.call("PUT", f"{path}/audience", {"audience": "companies"}, token=owner)
    for door in (path, "/public/communities/chess"):
        assert (await house.call("GET", door, token=owner))["audience"] == "companies"
    await house.tier(owner, "Gold", paid=True)
    setup = await house.call("GET", "/setup?model=subscription", token=owner)
    calls = {step["step"]: step["call"] for step in setup["steps"]}
    assert calls["recurring_offer"]["body"]["seats"]


async def test_a_community_becomes_another_kind_and_its_page_says_so(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    path = f"/communities/{community_id}"
    await house.call("PUT", f"{path}/kind", {"kind": "media"}, token=owner)
    await house.call("PUT", f"{path}/name", {"name": "Chess Daily"}, token=owner)
    page = await house.call("GET", "/public/communities/chess")
    assert (page["kind"], page["name"]) == ("media", "Chess Daily")
    await house.call("PUT", f"{path}/kind", {"kind": "cult"}, token=owner, expect=422)


async def test_in_another_time_zone_nothing_moves_that_is_planned(house: House) -> None:
    """As in other calendars: an appointment keeps its moment, what recurs the wall clock it was given."""
    community_id, owner = await house.community("olga@example.com")
    _, ada = await house.join("ada@example.com", community_id)
    day = (real_now() + timedelta(days=3)).date()
    ritual = {
        "name": "Questions", "rule": "FREQ=DAILY", "local_time": "18:00", "starts_on": day.isoformat(),
    }  # fmt: skip
    promised = await house.call("POST", "/rituals", ritual, token=owner, expect=201)
    draft = {
        "texts": [{"language": "fr", "subject": "Simultanée", "text": "Venez."}],
        "segment": {},
    }
    drafted = await house.call("POST", "/announcements", draft, token=owner, expect=201)
    path = f"/announcements/{drafted['announcement_id']}"
    at = real_now() + timedelta(days=2)
    await house.call("POST", f"{path}/schedule", {"at": at.isoformat()}, token=owner)
    await house.quiet()

    zone = {"time_zone": "Asia/Tokyo"}
    await house.call("PUT", f"/communities/{community_id}/time-zone", zone, token=owner)
    await house.quiet()
    page = await house.call("GET", "/public/communities/chess")
    assert (page["time_zone"], page["name"]) == ("Asia/Tokyo", "Chess Club")

    async def next_time() -> datetime:
        coming = await house.call("GET", "/rituals/upcoming?days=10", token=ada)
        return datetime.fromisoformat(coming["items"][0]["planned_at"])

    in_paris = datetime.combine(day, time(18), ZoneInfo("Europe/Paris"))
    assert await next_time() == in_paris
    renamed = ritual | {"name": "Answers"}
    path = f"/rituals/{promised['ritual_id']}"
    await house.call("PUT", path, renamed, token=owner)
    await house.quiet()
    assert await next_time() == in_paris, "who changes its name leaves its clock alone"
    await house.call("PUT", path, renamed | zone, token=owner)
    await house.quiet()
    assert await next_time() == datetime.combine(day, time(18), ZoneInfo("Asia/Tokyo"))
    await house.call("POST", "/rituals", ritual, token=owner, expect=201)
    listed = await house.call("GET", "/rituals", token=owner)
    assert {one["plan"]["time_zone"] for one in listed["items"]} == {"Asia/Tokyo"}

    await house.service.move_clock(at - timedelta(minutes=5))
    await house.quiet()
    letters = house.mailbox.to("ada@example.com")
    assert [one for one in letters if one.template == "announcement"] == []
    await house.service.move_clock(at + timedelta(seconds=1))
    await house.quiet()
    assert [one for one in house.mailbox.to("ada@example.com") if one.template == "announcement"]


async def test_only_a_zone_that_there_is_is_chosen_and_only_by_who_may(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, member = await house.join("ada@example.com", community_id)
    path = f"/communities/{community_id}/time-zone"
    await house.call("PUT", path, {"time_zone": "Mars/Olympus"}, token=owner, expect=422)
    await house.call("PUT", path, {"time_zone": "Asia/Tokyo"}, token=member, expect=403)
    other, _ = await house.community("gina@example.com", "go")
    elsewhere = f"/communities/{other}/time-zone"
    await house.call("PUT", elsewhere, {"time_zone": "Asia/Tokyo"}, token=owner, expect=404)
    ritual = {
        "name": "Questions", "rule": "FREQ=DAILY", "local_time": "18:00",
        "starts_on": (real_now() + timedelta(days=3)).date().isoformat(), "time_zone": "Mars/Olympus",
    }  # fmt: skip
    await house.call("POST", "/rituals", ritual, token=owner, expect=422)


async def test_who_says_nothing_is_written_to_in_the_communitys_language(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    before = await quiet_join(house, "bob@example.com", community_id)
    await house.call(
        "PUT", f"/communities/{community_id}/language", {"language": "fr"}, token=owner
    )
    after = await quiet_join(house, "ada@example.com", community_id)
    await house.quiet()
    assert await language_of(house, before) == "en"
    assert await language_of(house, after) == "fr"
    await house.call("POST", "/invitations", {"email": "ivy@example.com"}, token=owner)
    english = {"email": "eve@example.com", "language": "en"}
    await house.call("POST", "/invitations", english, token=owner)
    staff = {"email": "sam@example.com", "role": "moderator"}
    await house.call("POST", "/staff/invitations", staff, token=owner)
    for email, language in (("ivy", "fr"), ("eve", "en"), ("sam", "fr")):
        (letter,) = await eventually(partial(letters_to, house, f"{email}@example.com"))
        assert letter.language == language


async def test_a_document_is_in_the_communitys_language_unless_it_says_otherwise(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com", language="fr")
    terms = {"kind": "terms", "url": "https://chess.example/cgu", "sha256": "a" * 64}
    await house.call("POST", "/documents", terms, token=owner, expect=201)
    english = terms | {"kind": "privacy", "language": "en-GB"}
    written = await house.call("POST", "/documents", english, token=owner, expect=201)
    path = f"/public/communities/{community_id}/documents"
    told = await house.call("GET", path, Tessera_Wait_For=written["position"])
    assert {one["kind"]: one["language"] for one in told["items"]} == {
        "terms": "fr",
        "privacy": "en-GB",
    }


async def quiet_join(house: House, email: str, community_id: str) -> str:
    body = {"name": "Ada", "email": email}
    path = f"/communities/{community_id}/members"
    joined = await house.call("POST", path, body, token=await house.token(email))
    return str(joined["person_id"])


async def language_of(house: House, person_id: str) -> str | None:
    profile = await profile_of(house.service, PersonId(UUID(person_id)))
    return profile.language if profile else None


async def test_what_a_community_is_is_for_owners_and_admins(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, member = await house.join("ada@example.com", community_id)
    _, elsewhere = await house.community("eve@example.com", "go")
    for door, body in (
        ("name", {"name": "Go Club"}),
        ("currency", {"currency": "CHF"}),
        ("language", {"language": "fr"}),
        ("audience", {"audience": "companies"}),
        ("kind", {"kind": "media"}),
    ):
        path = f"/communities/{community_id}/{door}"
        await house.call("PUT", path, body, token=elsewhere, expect=404)
        await house.call("PUT", path, body, token=member, expect=403)
    await house.call(
        "PUT", f"/communities/{community_id}/name", {"name": " "}, token=owner, expect=422
    )
    grant = {"account_id": await account_of(house, "anna@example.com"), "role": "admin"}
    await house.call("POST", "/staff", grant, token=owner, expect=201)
    admin = await house.token("anna@example.com", community_id)
    await house.call("PUT", f"/communities/{community_id}/name", {"name": "Go Club"}, token=admin)


async def letters_to(house: House, email: str) -> list[Letter]:
    return house.mailbox.to(email)


async def test_a_brand_is_the_communitys_own_and_can_be_drawn(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, member = await house.join("ada@example.com", community_id)
    _, elsewhere = await house.community("eve@example.com", "go")
    path = f"/communities/{community_id}/brand"
    await house.call("PUT", path, {"colour": "#aa3355"}, token=elsewhere, expect=404)
    await house.call("PUT", path, {"colour": "#aa3355"}, token=member, expect=403)
    for wrong in (
        {"colour": "red"},
        {"accent": "#FFEE00"},
        {"accent": "#fe0"},
        {"logo": "http://chess.example/logo.png"},
        {"logo": 'https://x/"onerror=alert(1)'},
        {"font": "Comic Sans"},
    ):
        await house.call("PUT", path, wrong, token=owner, expect=422)
