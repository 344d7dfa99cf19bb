"""A free community that is going to cost: seen, announced, put off, called off or carried out; founders among it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.clock import real_now
from shared.contracts.billing_offer import OfferPrice, OfferPublished, OfferRetired
from shared.contracts.billing_subscription import SubscriptionActivated
from shared.contracts.contract import MoneyValue
from tests.integration.membership.house import House, Json

ten_euros = MoneyValue(minor=1000, currency="EUR")
ada, bob, cleo = "ada@example.com", "bob@example.com", "cleo@example.com"


class Club:
    """A community whose tier is free, and the offer that is to take its place in forty days."""

    def __init__(self, house: House, community_id: str, owner: str) -> None:
        self.house, self.community_id, self.owner = house, community_id, owner
        self.began = real_now()
        self.day = self.began + timedelta(days=40)
        self.offer_id = uuid4()
        self.club = self.gold = ""

    async def sells(self, **more: Any) -> None:
        offer: Json = {
            "community_id": UUID(self.community_id),
            "occurred_at": self.began,
            "offer_id": self.offer_id,
            "name": "Gold, monthly",
            "tier_id": UUID(self.gold),
            "price": ten_euros,
            "interval": "month",
            "trial_days": 0,
        }
        await self.house.hear(OfferPublished(**offer | more), self.offer_id)
        await self.house.quiet()

    def asked(self, **more: Any) -> Json:
        plan = {"effective_from": self.day.isoformat(), "words": "We grow."}
        return plan | {"offer_id": str(self.offer_id)} | more

    async def see(self, **more: Any) -> Json:
        return await self.house.call(
            "POST", "/transition/preview", self.asked(**more), token=self.owner
        )

    async def announce(self, **more: Any) -> Json:
        await self.house.quiet()
        seen = await self.see(**more)
        body = self.asked(**more) | {"fingerprint": seen["fingerprint"]}
        await self.house.call("POST", "/transition", body, token=self.owner)
        await self.house.quiet()
        return seen

    async def moves_to(self, moment: datetime) -> None:
        await self.house.service.move_clock(moment + timedelta(minutes=5))
        await self.house.quiet()

    async def subscribes(self, person_id: str) -> None:
        subscription_id = uuid4()
        activated = SubscriptionActivated(
            community_id=UUID(self.community_id),
            occurred_at=self.house.service.clock.now(),
            subscription_id=subscription_id,
            person_id=UUID(person_id),
            offer_id=self.offer_id,
            tier_id=UUID(self.gold),
            price=ten_euros,
            interval="month",
            quantity=1,
            period_start=self.began,
            period_end=self.day,
        )
        await self.house.hear(activated, subscription_id)
        await self.house.quiet()

    async def call(self, path: str, body: Json | None = None, **more: Any) -> Json:
        return await self.house.call("POST", f"/transition{path}", body, token=self.owner, **more)

    def letters(self, email: str) -> list[str]:
        sent = [letter.template for letter in self.house.mailbox.to(email)]
        return [template for template in sent if template.startswith("free_")]


async def club(house: House) -> Club:
    community_id, owner = await house.community("olga@example.com")
    opened = Club(house, community_id, owner)
    opened.club = await house.tier(owner, "Club", paid=False)
    opened.gold = await house.tier(owner, "Gold", paid=True)
    await opened.sells()
    return opened


async def events(house: House, name: str) -> int:
    sql = "SELECT count(*) FROM events WHERE type = $1"
    count: int = await house.service.pool.fetchval(sql, name)
    return count


async def test_whoever_has_it_is_told_reminded_and_has_it_no_more(house: House) -> None:
    here = await club(house)
    person, token = await house.join(ada, here.community_id)
    await house.quiet()
    seen = await here.see()
    assert (seen["people"], seen["already"], seen["founders"]) == (1, 0, [])
    assert seen["tiers"] == [here.club]
    assert here.letters(ada) == []
    await here.announce()
    assert here.letters(ada) == ["free_ends"]
    letter = house.mailbox.to(ada)[-1]
    assert (letter.values["tier"], letter.values["offer"]) == ("Club", "Gold, monthly")
    assert letter.values["words"] == "We grow."
    told = await house.call("GET", "/transition", token=token)
    assert (told["phase"], told["tier"], told["words"]) == ("announced", "Club", "We grow.")
    await here.moves_to(here.day - timedelta(days=8))
    assert here.letters(ada) == ["free_ends"]
    await here.moves_to(here.day - timedelta(days=7))
    assert here.letters(ada) == ["free_ends", "free_ends_reminder"]
    assert await house.live(person, token) == [("Club", "joined")]
    await here.moves_to(here.day)
    assert here.letters(ada) == ["free_ends", "free_ends_reminder", "free_ended"]
    assert await house.live(person, token) == []
    read = await house.call("GET", "/transition", token=token)
    assert read["phase"] == "carried_out"
    await here.moves_to(here.day + timedelta(days=40))
    assert len(here.letters(ada)) == 3
    assert await events(house, "FreeAccessEnded") == 1


async def test_who_joins_after_the_day_is_given_nothing_that_costs(house: House) -> None:
    here = await club(house)
    await here.announce()
    await here.moves_to(here.day)
    tiers = await house.call("GET", "/tiers", token=here.owner)
    assert [tier["retired"] for tier in tiers["items"]] == [True, False]
    person, token = await house.join(bob, here.community_id)
    await house.quiet()
    assert await house.live(person, token) == []
    assert here.letters(bob) == []


async def test_who_subscribed_keeps_what_they_bought_and_is_not_written_to(house: House) -> None:
    here = await club(house)
    before, for_before = await house.join(ada, here.community_id)
    after, for_after = await house.join(bob, here.community_id, "Bob")
    await here.subscribes(before)
    seen = await here.announce()
    assert (seen["people"], seen["already"]) == (2, 1)
    await here.subscribes(after)
    await here.moves_to(here.day - timedelta(days=7))
    await here.moves_to(here.day)
    assert (here.letters(ada), here.letters(bob)) == ([], ["free_ends"])
    for person, token in ((before, for_before), (after, for_after)):
        assert await house.live(person, token) == [("Gold", "subscription")]


async def test_beside_a_light_tier_they_move_to_it(house: House) -> None:
    here = await club(house)
    person, token = await house.join(ada, here.community_id)
    light = await house.tier(here.owner, "Lobby", paid=False)
    later, for_later = await house.join(bob, here.community_id, "Bob")
    await house.eventually_live(later, for_later, ("Club", "joined"), ("Lobby", "joined"))
    seen = await here.announce(light_tier_id=light)
    assert (seen["tiers"], seen["people"]) == ([here.club], 2)
    assert here.letters(ada) == ["free_ends_to_light"]
    await here.moves_to(here.day)
    for member, by in ((person, token), (later, for_later)):
        assert await house.live(member, by) == [("Lobby", "joined")]
    assert here.letters(ada)[-1] == "free_ended_to_light"
    newcomer, for_newcomer = await house.join(cleo, here.community_id, "Cleo")
    await house.quiet()
    assert await house.live(newcomer, for_newcomer) == [("Lobby", "joined")]


async def test_who_joins_after_the_announcement_is_told_when_they_do(house: House) -> None:
    here = await club(house)
    await here.announce()
    person, token = await house.join(ada, here.community_id)
    await house.quiet()
    assert here.letters(ada) == ["free_ends"]
    await here.moves_to(here.day)
    assert await house.live(person, token) == []


async def test_it_is_put_off_and_everybody_told_again(house: House) -> None:
    here = await club(house)
    person, token = await house.join(ada, here.community_id)
    await here.announce()
    await here.moves_to(here.day - timedelta(days=7))
    later = here.day + timedelta(days=20)
    put_off = {"effective_from": later.isoformat()}
    for _ in range(2):
        await here.call("/postponement", put_off)
        await house.quiet()
    sent = ["free_ends", "free_ends_reminder", "free_ends_later"]
    assert here.letters(ada) == sent
    await here.moves_to(here.day)
    assert await house.live(person, token) == [("Club", "joined")]
    sooner = {"effective_from": here.day.isoformat()}
    told = await here.call("/postponement", sooner, expect=422)
    assert told["errors"][0]["code"] == "notice_out_of_range"
    await here.moves_to(later - timedelta(days=7))
    assert here.letters(ada) == [*sent, "free_ends_reminder"]
    await here.moves_to(later)
    assert await house.live(person, token) == []
    for path, body in (("/postponement", put_off), ("/cancellation", {})):
        told = await here.call(path, body, expect=409)
        assert told["errors"][0]["code"] == "transition_in_force"


async def test_it_is_called_off_and_whoever_was_told_is_told_so(house: House) -> None:
    here = await club(house)
    person, token = await house.join(ada, here.community_id)
    await here.announce()
    for _ in range(2):
        await here.call("/cancellation", {})
        await house.quiet()
    assert here.letters(ada) == ["free_ends", "free_stays"]
    _, _ = await house.join(bob, here.community_id, "Bob")
    await here.moves_to(here.day)
    assert await house.live(person, token) == [("Club", "joined")]
    assert (len(here.letters(ada)), here.letters(bob)) == (2, [])
    await here.announce(effective_from=(here.day + timedelta(days=60)).isoformat())
    assert here.letters(ada)[2:] == ["free_ends"]


async def test_who_leaves_is_shut_out_or_erased_falls_out(house: House) -> None:
    here = await club(house)
    _, for_ada = await house.join(ada, here.community_id)
    shut_out, _ = await house.join(bob, here.community_id, "Bob")
    erased, _ = await house.join(cleo, here.community_id, "Cleo")
    rule = {"joined_before": (real_now() + timedelta(minutes=1)).isoformat()}
    seen = await here.announce(founders=rule)
    assert len(seen["founders"]) == 3
    templates = [letter.template for letter in house.mailbox.to(bob)]
    assert templates.count("founder_named") == 1
    listed = await house.call("GET", "/transition/founders", token=here.owner)
    assert len(listed["items"]) == 3
    await house.call("POST", "/me/departure", token=for_ada)
    await house.call("POST", f"/people/{shut_out}/ban", {}, token=here.owner)
    await house.call("POST", f"/people/{erased}/erasure", {}, token=here.owner, expect=202)
    await house.quiet()
    listed = await house.call("GET", "/transition/founders", token=here.owner)
    assert listed["items"] == []
    await here.moves_to(here.day - timedelta(days=7))
    await here.moves_to(here.day)
    assert [len(here.letters(each)) for each in (ada, bob, cleo)] == [1, 1, 1]
    assert await events(house, "FreeAccessEnded") == 0
    again, token = await house.join(ada, here.community_id)
    await house.quiet()
    assert await house.live(again, token) == []


async def test_who_wants_no_reminders_has_none_but_is_told_what_happens(house: House) -> None:
    here = await club(house)
    person, token = await house.join(ada, here.community_id)
    out = [{"channel": "email", "kind": kind, "wanted": False} for kind in ("reminder",)]
    await house.call("PUT", f"/people/{person}/preferences", {"preferences": out}, token=token)
    await here.announce()
    await here.moves_to(here.day - timedelta(days=7))
    await here.moves_to(here.day)
    assert here.letters(ada) == ["free_ends", "free_ended"]


async def answers(here: Club, person_id: str, times: int) -> None:
    now = here.house.service.clock.now().isoformat()
    signals = [
        {"id": str(uuid4()), "person_id": person_id, "kind": "answer", "seen_at": now}
        for _ in range(times)
    ]
    body = {"source": "discord", "signals": signals}
    await here.house.call("POST", "/activity", body, token=here.owner)
    await here.house.quiet()


async def weighed(here: Club) -> None:
    weights = [{"kind": "answer", "points": 5, "most_a_day": 9}]
    rules = {"window_days": 7, "weights": weights, "levels": [], "protected_days": 0}
    await here.house.call("PUT", "/recognition/rules", rules, token=here.owner)
    await here.house.quiet()


async def test_the_most_active_are_founders_as_they_were_shown(house: House) -> None:
    here = await club(house)
    people = [await house.join(each, here.community_id) for each in (ada, bob, cleo)]
    (first, _), (second, _), (third, for_third) = people
    rule = {"window_days": 90, "most": 2}
    told = await here.call("/preview", here.asked(founders=rule), expect=422)
    assert told["errors"][0]["code"] == "activity_not_weighed"
    await weighed(here)
    for person, times in ((first, 1), (second, 3), (third, 5)):
        await answers(here, person, times)
    await house.call("PUT", "/me/recognition", {"wanted": False}, token=for_third)
    await house.quiet()
    seen = await here.see(founders=rule)
    assert [(one["person_id"], one["score"]) for one in seen["founders"]] == [
        (second, 15),
        (first, 5),
    ]
    stale = here.asked(founders=rule) | {"fingerprint": seen["fingerprint"]}
    await house.call("PUT", "/me/recognition", {"wanted": True}, token=for_third)
    await house.quiet()
    told = await here.call("", stale, expect=409)
    assert told["errors"][0]["code"] == "preview_stale"
    assert here.letters(ada) == []
    seen = await here.announce(founders=rule | {"least": 6})
    assert [one["person_id"] for one in seen["founders"]] == [third, second]
    listed = await house.call("GET", "/transition/founders", token=here.owner)
    assert listed["items"] == [third, second]
    shown = await house.call("GET", "/transition", token=for_third)
    assert shown["founders"] == 2
    await house.call("GET", "/transition/founders", token=for_third, expect=403)


async def test_what_makes_no_sense_is_refused_with_where(house: House) -> None:
    here = await club(house)
    near = (real_now() + timedelta(days=29)).isoformat()
    far = (real_now() + timedelta(days=367)).isoformat()
    wrong: list[tuple[Json, str]] = [
        ({"effective_from": near}, "/effective_from"),
        ({"effective_from": far}, "/effective_from"),
        ({"effective_from": "2026-03-01T12:00:00"}, "/effective_from"),
        ({"effective_from": "soon"}, "/effective_from"),
        ({"words": " "}, "/words"),
        ({"words": "x" * 2001}, "/words"),
        ({"offer_id": str(uuid4())}, "/offer_id"),
        ({"offer_id": "gold"}, "/offer_id"),
        ({"tiers": [str(uuid4())]}, "/tiers/0"),
        ({"tiers": [here.gold]}, "/tiers/0"),
        ({"tiers": [here.club, here.club]}, "/tiers/1"),
        ({"light_tier_id": here.gold}, "/light_tier_id"),
        ({"light_tier_id": here.club}, "/tiers"),
        ({"founders": {}}, "/founders"),
        ({"founders": {"most": 3}}, "/founders"),
        ({"founders": {"window_days": 6}}, "/founders/window_days"),
        ({"founders": {"window_days": 90, "most": 5_001}}, "/founders/most"),
        ({"founders": {"window_days": 90, "least": 0}}, "/founders/least"),
        ({"founders": {"window_days": 90}}, "/founders/window_days"),
        ({"surprise": 1}, "/surprise"),
    ]
    for more, pointer in wrong:
        for path, extra in (("/preview", {}), ("", {"fingerprint": str(uuid4())})):
            told = await here.call(path, here.asked(**more) | extra, expect=422)
            assert told["errors"][0]["pointer"] == pointer, told
    told = await here.call("", here.asked() | {"fingerprint": str(uuid4())}, expect=409)
    assert told["errors"][0]["code"] == "preview_stale"
    await house.call("GET", "/transition", token=here.owner, expect=404)
    for path, body in (
        ("/postponement", {"effective_from": here.day.isoformat()}),
        ("/cancellation", {}),
    ):
        await here.call(path, body, expect=404)


async def test_an_offer_that_is_not_bought_by_the_period_does_not_take_its_place(
    house: House,
) -> None:
    here = await club(house)
    for more in (
        {"interval": "once"},
        {"donation": True},
        {"seats": True},
        {"prices": (OfferPrice(amount=ten_euros, setup_fee=ten_euros),)},
        {"tier_id": None},
        {"tier_id": UUID(here.club)},
    ):
        here.offer_id = uuid4()
        await here.sells(**more)
        told = await here.call("/preview", here.asked(), expect=422)
        assert told["errors"][0]["code"] == "offer_does_not_fit", more
    here.offer_id = uuid4()
    await here.sells()
    await here.see()
    gone = OfferRetired(
        community_id=UUID(here.community_id), occurred_at=here.began, offer_id=here.offer_id
    )
    await house.hear(gone, here.offer_id)
    await house.quiet()
    told = await here.call("/preview", here.asked(), expect=422)
    assert told["errors"][0]["code"] == "offer_not_found"


async def test_one_change_at_a_time_by_staff_of_their_own_community(house: House) -> None:
    here = await club(house)
    _, token = await house.join(ada, here.community_id)
    for path, body in (
        ("/preview", here.asked()),
        ("", here.asked() | {"fingerprint": str(uuid4())}),
        ("/postponement", {"effective_from": here.day.isoformat()}),
        ("/cancellation", {}),
    ):
        await house.call("POST", f"/transition{path}", body, token=token, expect=403)
        await house.call("POST", f"/transition{path}", body, expect=401)
    _, eve = await house.community("eve@example.com", slug="go")
    told = await house.call("POST", "/transition/preview", here.asked(), token=eve, expect=422)
    assert told["errors"][0]["pointer"] in ("/tiers", "/offer_id")
    seen = await here.announce()
    body = here.asked() | {"fingerprint": seen["fingerprint"]}
    told = await here.call("", body, expect=409)
    assert told["errors"][0]["code"] == "transition_underway"
    await house.call("GET", "/transition", token=eve, expect=404)
    await house.call("POST", "/transition/cancellation", {}, token=eve, expect=404)
    await house.call("GET", "/transition/founders", token=eve, expect=404)
