"""Seats that one pays for: given, claimed, taken back; as many as are paid for, and as long."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.membership.gateways.gateway import Letter
from shared.clock import real_now
from shared.contracts.billing_subscription import (
    SubscriptionActivated,
    SubscriptionChanged,
    SubscriptionEnded,
    SubscriptionPaused,
    SubscriptionPlan,
    SubscriptionReinstated,
    SubscriptionResumed,
    SubscriptionSuspended,
)
from shared.contracts.contract import MoneyValue
from shared.ids import random_id
from shared.testing import eventually
from tests.integration.membership.house import House, Json, code_of, link_in

petra, ada, bob = "petra@example.com", "ada@example.com", "bob@example.com"
ten_euros = MoneyValue(minor=1000, currency="EUR")


@dataclass
class Desk:
    """A payer, and the seats of one subscription of theirs."""

    house: House
    community_id: str
    owner: str
    gold: str
    payer_id: str
    payer: str
    subscription_id: UUID

    @property
    def path(self) -> str:
        return f"/people/{self.payer_id}/seat-plans/{self.subscription_id}"

    async def hear(self, kind: type[Any], seats: int = 2, **more: Any) -> None:
        about = {
            "community_id": UUID(self.community_id),
            "occurred_at": real_now(),
            "subscription_id": self.subscription_id,
            "person_id": UUID(self.payer_id),
            "offer_id": UUID(int=78),
            "tier_id": UUID(self.gold),
            "seats": seats,
        }
        await self.house.hear(kind(**about | more), self.subscription_id)

    async def begins(self, seats: int = 2, **more: Any) -> None:
        month = timedelta(days=30)
        told = {
            "price": ten_euros, "interval": "month", "quantity": seats or 5,
            "period_start": real_now(), "period_end": real_now() + month,
        }  # fmt: skip
        await self.hear(SubscriptionActivated, seats, **told | more)

    async def becomes(self, seats: int, before: int = 2) -> None:
        was, becomes = (
            SubscriptionPlan(
                offer_id=UUID(int=78), tier_id=UUID(self.gold), price=ten_euros, interval="month",
                every=1, quantity=quantity, recurring=ten_euros, seats=quantity,
            )
            for quantity in (before, seats)
        )  # fmt: skip
        await self.hear(SubscriptionChanged, seats, before=was, after=becomes, charged=None)

    async def plans(self) -> list[Json]:
        path = f"/people/{self.payer_id}/seat-plans"
        return list((await self.house.call("GET", path, token=self.payer))["items"])

    async def until(self, **wanted: object) -> Json:
        """The one plan, once it is like that."""

        def is_so(plans: list[Json]) -> bool:
            return [{name: plan[name] for name in wanted} for plan in plans] == [wanted]

        return (await eventually(self.plans, is_so))[0]

    async def seats(self, standing: str = "") -> list[Json]:
        query = f"?filter[standing]={standing}" if standing else ""
        listed = await self.house.call("GET", f"{self.path}/seats{query}", token=self.payer)
        return list(listed["items"])

    async def give(self, email: str, token: str | None = None, **more: Any) -> Json:
        expect = more.pop("expect", 201)
        body = {"email": email} | more
        path = f"{self.path}/seats"
        return await self.house.call("POST", path, body, token=token or self.payer, expect=expect)

    async def take_back(self, seat_id: str, token: str | None = None, expect: int = 200) -> Json:
        path = f"{self.path}/seats/{seat_id}/revocation"
        return await self.house.call("POST", path, {}, token=token or self.payer, expect=expect)

    async def letter(self, email: str, number: int = 1) -> Letter:
        async def letters() -> list[Letter]:
            mail = self.house.mailbox.to(email)
            return [one for one in mail if one.template == "seat_assigned"]

        return (await eventually(letters, lambda seen: len(seen) >= number))[number - 1]

    async def claim(self, link: str, token: str, expect: int = 201, **more: Any) -> Json:
        path = f"/seats/{self.subscription_id}/claims"
        body = {"link": link, "name": "Ada"} | more
        return await self.house.call("POST", path, body, token=token, expect=expect)

    async def sits(self, email: str) -> tuple[str, str]:
        """Somebody who was given a seat and took it: the person, and their token."""
        await self.give(email)
        link = link_in(await self.letter(email))
        claimed = await self.claim(link, await self.house.token(email))
        person_id = str(claimed["person_id"])
        return person_id, await self.enters(email)

    async def enters(self, email: str) -> str:
        """A token that names them as a person."""

        async def me() -> Json:
            token = await self.house.token(email, self.community_id)
            return await self.house.call("GET", "/me", token=token)

        # Who became a person after their token was made is told so by `/me`, and not named by that token.
        await eventually(me, lambda seen: seen.get("standing") == "joined")
        return await self.house.token(email, self.community_id)


@pytest.fixture
async def desk(house: House) -> Desk:
    community_id, owner = await house.community("olga@example.com")
    await house.tier(owner, "Everybody", paid=False)
    gold = await house.tier(owner, "Gold", paid=True)
    payer_id, payer = await house.join(petra, community_id, "Petra")
    return Desk(house, community_id, owner, gold, payer_id, payer, random_id())


async def test_who_is_given_a_seat_becomes_a_member_and_has_its_tier(
    house: House, desk: Desk
) -> None:
    await desk.begins(2)
    await desk.until(seats=2, pending=0, claimed=0, withheld=False, ended_at=None)
    seat_id = (await desk.give(ada, language="fr"))["seat_id"]
    letter = await desk.letter(ada)
    assert (letter.sender, letter.language, letter.values["tier"]) == ("Chess Club", "fr", "Gold")
    (waiting,) = await desk.seats()
    assert (waiting["email"], waiting["standing"], waiting["person_id"]) == (ada, "pending", None)
    link = link_in(letter)
    shown = await house.call("GET", f"/public/seats/{desk.subscription_id}/{link}")
    assert (shown["community"], shown["tier"], shown["standing"]) == (
        "Chess Club",
        "Gold",
        "pending",
    )
    assert ada not in str(shown)
    claimed = await desk.claim(link, await house.token(ada))
    assert (claimed["seat_id"], claimed["community_id"]) == (seat_id, desk.community_id)
    token = await desk.enters(ada)
    person_id = claimed["person_id"]
    await house.eventually_live(person_id, token, ("Everybody", "joined"), ("Gold", "seat"))
    await desk.until(pending=0, claimed=1)
    (sitting,) = await desk.seats("claimed")
    assert (sitting["email"], sitting["person_id"]) == (ada, person_id)


async def test_the_payer_has_access_only_by_a_seat_of_their_own(house: House, desk: Desk) -> None:
    await desk.begins(2)
    await desk.until(seats=2)
    await house.eventually_live(desk.payer_id, desk.payer, ("Everybody", "joined"))
    path = f"{desk.path}/own-seat"
    await house.call("POST", path, {}, token=desk.payer, expect=201)
    wanted = (("Everybody", "joined"), ("Gold", "seat"))
    await house.eventually_live(desk.payer_id, desk.payer, *wanted)
    problem = await house.call("POST", path, {}, token=desk.payer, expect=409)
    assert code_of(problem) == "already_seated"
    assert code_of(await desk.give(petra, expect=409)) == "already_seated"
    assert [seat["email"] for seat in await desk.seats()] == [petra]
    await house.quiet()
    assert [one for one in house.mailbox.to(petra) if one.template == "seat_assigned"] == []


async def test_without_seats_the_payer_alone_has_access_whatever_the_quantity(
    house: House, desk: Desk
) -> None:
    await desk.begins(0)
    wanted = (("Everybody", "joined"), ("Gold", "subscription"))
    await house.eventually_live(desk.payer_id, desk.payer, *wanted)
    assert await desk.plans() == []
    assert code_of(await desk.give(ada, expect=404)) == "seats_not_found"


async def test_no_more_seats_are_given_than_are_paid_for(desk: Desk) -> None:
    await desk.begins(2)
    await desk.until(seats=2)
    first = await desk.give(ada)
    answers = await asyncio.gather(
        *(
            desk.house.client.post(
                f"http://tessera.test/api/membership/v1{desk.path}/seats",
                json={"email": f"guest{number}@example.com"},
                headers={"Authorization": f"Bearer {desk.payer}", "Idempotency-Key": str(number)},
            )
            for number in range(4)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    problem = await desk.give(bob, expect=409)
    assert code_of(problem) == "no_seat_left"
    assert problem["errors"][0]["params"] == {"seats": 2}
    await desk.take_back(first["seat_id"])
    await desk.give(bob)


async def test_an_address_has_one_seat_and_a_repeat_is_the_same(house: House, desk: Desk) -> None:
    await desk.begins(3)
    await desk.until(seats=3)
    path, body = f"{desk.path}/seats", {"email": ada}
    first = await house.call("POST", path, body, token=desk.payer, Idempotency_Key="one")
    assert first == await house.call("POST", path, body, token=desk.payer, Idempotency_Key="one")
    assert code_of(await desk.give("ADA@example.com", expect=409)) == "already_seated"
    await desk.letter(ada)
    await desk.take_back(first["seat_id"])
    await desk.take_back(first["seat_id"])
    (lost,) = await desk.seats("revoked")
    assert (lost["email"], lost["reason"]) == (None, "taken_back")
    await desk.give(ada)


async def test_sitting_down_twice_is_once_and_a_letter_is_good_for_one(
    house: House, desk: Desk
) -> None:
    await desk.begins(2)
    await desk.until(seats=2)
    await desk.give(ada)
    link = link_in(await desk.letter(ada))
    eve = await house.token("eve@example.com")
    assert code_of(await desk.claim(link, eve, 409)) == "not_your_email"
    first = await desk.claim(link, await house.token(ada))
    again = await desk.claim(link, await house.token(ada))
    assert (first["person_id"], first["version"]) == (again["person_id"], again["version"])
    assert code_of(await desk.claim(link, eve, 409)) == "seat_claimed"
    await house.call(
        "POST", f"/seats/{desk.subscription_id}/claims", {"link": link, "name": "Ada"}, expect=401
    )
    problem = await desk.claim("nonsense", eve, 403)
    assert code_of(problem) == "bad_link"
    await house.call("GET", f"/public/seats/{random_id()}/{link}", expect=404)


async def test_a_seat_that_was_taken_back_closes_at_once(house: House, desk: Desk) -> None:
    await desk.begins(2)
    await desk.until(seats=2)
    person_id, token = await desk.sits(ada)
    await house.eventually_live(person_id, token, ("Everybody", "joined"), ("Gold", "seat"))
    link = link_in(await desk.letter(ada))
    (seat,) = await desk.seats()
    await desk.take_back(seat["seat_id"])
    await house.eventually_live(person_id, token, ("Everybody", "joined"))
    assert code_of(await desk.claim(link, token, 409)) == "seat_revoked"
    access = await house.call("GET", f"/people/{person_id}/access", token=token)
    assert [reason["cause"] for reason in access["past"]] == ["withdrawn"]
    await desk.give(ada)
    await desk.claim(link_in(await desk.letter(ada, 2)), token)
    await house.eventually_live(person_id, token, ("Everybody", "joined"), ("Gold", "seat"))


async def test_a_member_who_is_given_a_seat_stays_who_they_are(house: House, desk: Desk) -> None:
    await desk.begins(2)
    await desk.until(seats=2)
    person_id, _ = await house.join(ada, desk.community_id)
    sitting, token = await desk.sits(ada)
    assert sitting == person_id
    await house.eventually_live(person_id, token, ("Everybody", "joined"), ("Gold", "seat"))


@pytest.mark.parametrize(
    ("off", "on"),
    [(SubscriptionSuspended, SubscriptionReinstated), (SubscriptionPaused, SubscriptionResumed)],
)
async def test_what_is_withheld_from_the_payer_is_withheld_from_all(
    house: House, desk: Desk, off: type[Any], on: type[Any]
) -> None:
    await desk.begins(2)
    await desk.until(seats=2)
    person_id, token = await desk.sits(ada)
    await house.eventually_live(person_id, token, ("Everybody", "joined"), ("Gold", "seat"))
    later = real_now() + timedelta(days=9)
    await desk.hear(off, cause="unpaid", resumes_at=later)
    await house.eventually_live(person_id, token, ("Everybody", "joined"))
    await desk.until(withheld=True)
    second, second_token = await desk.sits(bob)
    await house.eventually_live(second, second_token, ("Everybody", "joined"))
    await desk.hear(on, recurring=None, period_end=later)
    for sitter, theirs in ((person_id, token), (second, second_token)):
        await house.eventually_live(sitter, theirs, ("Everybody", "joined"), ("Gold", "seat"))
    await desk.until(withheld=False)


@pytest.mark.parametrize(
    ("reason", "cause"), [("voluntary", "ended"), ("refunded", "refunded"), ("erased", "ended")]
)
async def test_the_end_of_the_subscription_ends_all_seats(
    house: House, desk: Desk, reason: str, cause: str
) -> None:
    await desk.begins(3)
    await desk.until(seats=3)
    person_id, token = await desk.sits(ada)
    await house.eventually_live(person_id, token, ("Everybody", "joined"), ("Gold", "seat"))
    await desk.give(bob)
    link = link_in(await desk.letter(bob))
    await desk.hear(SubscriptionEnded, 3, reason=reason, was_paying=True)
    await house.eventually_live(person_id, token, ("Everybody", "joined"))
    access = await house.call("GET", f"/people/{person_id}/access", token=token)
    assert [one["cause"] for one in access["past"]] == [cause]
    assert (await desk.until(pending=0, claimed=0))["ended_at"] is not None
    assert {seat["email"] for seat in await desk.seats()} == {None}
    assert code_of(await desk.claim(link, await house.token(bob), 409)) == "seat_revoked"
    assert code_of(await desk.give("eve@example.com", expect=409)) == "seats_ended"


async def test_who_sits_keeps_the_tier_for_the_grace_of_what_was_paid_for_them(
    house: House, desk: Desk
) -> None:
    await house.call("PUT", "/access/grace", {"dispute_days": 7}, token=desk.owner)
    await desk.begins(3)
    await desk.until(seats=3)
    person_id, token = await desk.sits(ada)
    has_both = ("Everybody", "joined"), ("Gold", "seat")
    await house.eventually_live(person_id, token, *has_both)
    over = real_now()
    await desk.hear(SubscriptionEnded, 3, reason="disputed", was_paying=True)
    await desk.until(pending=0, claimed=0)
    await house.quiet()
    await house.eventually_live(person_id, token, *has_both)
    await house.service.move_clock(over + timedelta(days=7, minutes=5))
    await house.eventually_live(person_id, token, ("Everybody", "joined"))


async def test_an_end_that_comes_first_is_remembered(house: House, desk: Desk) -> None:
    await desk.hear(SubscriptionEnded, reason="voluntary", was_paying=True)

    async def ended() -> int:
        count: int = await house.service.pool.fetchval(
            "SELECT count(*) FROM events WHERE type = 'SeatsEnded'"
        )
        return count

    await eventually(ended)
    await desk.begins(2)
    other = Desk(**{**vars(desk), "subscription_id": random_id()})
    await other.begins(5)
    plan = await desk.until(seats=5)
    assert plan["subscription_id"] == str(other.subscription_id)
    assert code_of(await desk.give(ada, expect=404)) == "seats_not_found"


async def test_of_fewer_seats_the_last_given_go_and_the_payer_is_told_which(
    house: House, desk: Desk
) -> None:
    await desk.begins(3)
    await desk.until(seats=3)
    stays, staying = await desk.sits(ada)
    goes, going = await desk.sits(bob)
    await desk.give("carl@example.com")
    await desk.letter("carl@example.com")
    await desk.becomes(1, before=3)
    await house.eventually_live(goes, going, ("Everybody", "joined"))
    await house.eventually_live(stays, staying, ("Everybody", "joined"), ("Gold", "seat"))

    async def told() -> list[Letter]:
        return [one for one in house.mailbox.to(petra) if one.template == "seats_lost"]

    (letter,) = await eventually(told)
    assert letter.values["people"] == "carl@example.com, bob@example.com"
    assert (letter.values["seats"], letter.language) == (1, "fr")
    await desk.until(seats=1, pending=0, claimed=1)
    assert {seat["reason"] for seat in await desk.seats("revoked")} == {"fewer_seats"}
    await desk.becomes(3, before=1)
    await desk.until(seats=3)

    async def given() -> bool:
        """Once the addresses are forgotten they may be given a seat again."""
        answer = await house.client.post(
            f"http://tessera.test/api/membership/v1{desk.path}/seats",
            json={"email": "carl@example.com"},
            headers={"Authorization": f"Bearer {desk.payer}", "Idempotency-Key": str(random_id())},
        )
        return answer.status_code == 201

    await eventually(given)


async def test_a_seat_that_nobody_takes_is_free_again_after_thirty_days(
    house: House, desk: Desk
) -> None:
    await desk.begins(1)
    await desk.until(seats=1)
    seat_id = (await desk.give(ada))["seat_id"]
    await desk.letter(ada)
    await house.service.move_clock(real_now() + timedelta(days=20))
    path = f"{desk.path}/seats/{seat_id}/letters"
    await house.call("POST", path, {}, token=desk.payer, expect=200)
    link = link_in(await desk.letter(ada, 2))
    await house.service.move_clock(real_now() + timedelta(days=31))
    await desk.until(pending=1)
    await house.service.move_clock(real_now() + timedelta(days=51))
    await desk.until(pending=0)
    problem = await desk.claim(link, await house.token(ada), 409)
    assert code_of(problem) in ("seat_expired", "seat_revoked")
    await house.call("POST", path, {}, token=desk.payer, expect=409)


async def test_nobody_gets_letters_without_end(house: House, desk: Desk) -> None:
    await desk.begins(1)
    await desk.until(seats=1)
    seat_id = (await desk.give(ada))["seat_id"]
    path = f"{desk.path}/seats/{seat_id}/letters"
    for _ in range(4):
        await house.call("POST", path, {}, token=desk.payer)
    problem = await house.call("POST", path, {}, token=desk.payer, expect=409)
    assert code_of(problem) == "sent_often_enough"


@pytest.mark.parametrize(("way", "reason"), [("erasure", "erased"), ("ban", "banned")])
async def test_who_is_nobody_any_more_leaves_their_seat(
    house: House, desk: Desk, way: str, reason: str
) -> None:
    await desk.begins(1)
    await desk.until(seats=1)
    person_id, _ = await desk.sits(ada)
    await desk.until(claimed=1)
    await house.call("POST", f"/people/{person_id}/{way}", {}, token=desk.owner)
    await desk.until(pending=0, claimed=0)
    (lost,) = await desk.seats()
    assert (lost["reason"], lost["email"]) == (reason, None)
    if way == "ban":
        assert code_of(await desk.give(ada, expect=409)) == "banned"
    await desk.give(bob)


async def test_who_sits_down_and_is_no_member_yet_accepts_what_is_asked(
    house: House, desk: Desk
) -> None:
    await desk.begins()
    await desk.until(seats=2)
    terms = {"kind": "terms", "url": "https://chess.example/terms.pdf", "sha256": "0" * 64}
    await house.call("POST", "/documents", terms, token=desk.owner, expect=201)
    for email in ("ada@example.com", "petra@example.com"):
        await desk.give(email)
    link = link_in(await desk.letter("ada@example.com"))
    path = f"/public/seats/{desk.subscription_id}/{link}"
    (asked,) = (await house.call("GET", path))["documents"]
    assert (asked["kind"], asked["version"], asked["url"]) == ("terms", 1, terms["url"])
    account = await house.token("ada@example.com")
    assert code_of(await desk.claim(link, account, 422)) == "documents_not_accepted"
    assert len(await desk.seats("pending")) == 2
    agreed = [{"kind": "terms", "version": 1}]
    await desk.claim(link, account, accepted_documents=agreed)
    token = await desk.enters("ada@example.com")
    (mine,) = (await house.call("GET", "/documents/mine", token=token))["items"]
    assert (mine["accepted"], mine["asked"]) == (1, False)
    assert (await house.call("GET", path))["documents"] == []
    # Who is a member already is not kept from what is given to them.
    await desk.claim(link_in(await desk.letter("petra@example.com")), desk.payer)


async def test_for_who_is_erased_no_seat_waits_by_their_address(house: House, desk: Desk) -> None:
    await desk.begins()
    await desk.until(seats=2)
    await desk.give("ada@example.com")
    await desk.letter("ada@example.com")
    person_id, token = await house.join("ada@example.com", desk.community_id)
    assert [one["email"] for one in await desk.seats()] == ["ada@example.com"]
    await house.call("POST", f"/people/{person_id}/erasure", {}, token=token, expect=202)

    async def addresses() -> list[object]:
        return [one["email"] for one in await desk.seats()]

    await house.eventually(addresses, [None])
    await desk.give("ada@example.com")


async def test_who_was_banned_meanwhile_does_not_sit_down(house: House, desk: Desk) -> None:
    await desk.begins(1)
    await desk.until(seats=1)
    person_id, token = await house.join(ada, desk.community_id)
    await desk.give(ada)
    link = link_in(await desk.letter(ada))
    await house.call("POST", f"/people/{person_id}/ban", {}, token=desk.owner)
    assert code_of(await desk.claim(link, token, 409)) == "banned"


async def test_nobody_but_the_payer_and_staff_sees_or_changes_seats(
    house: House, desk: Desk
) -> None:
    await desk.begins(2)
    await desk.until(seats=2)
    seat_id = (await desk.give(ada))["seat_id"]
    eve_id, eve = await house.join("eve@example.com", desk.community_id)
    own = f"/people/{eve_id}/seat-plans/{desk.subscription_id}"
    for path, refused in ((desk.path, 403), (own, 404)):
        await house.call("GET", f"{path}/seats", token=eve, expect=refused)
        await house.call("POST", f"{path}/seats", {"email": bob}, token=eve, expect=refused)
        await house.call("POST", f"{path}/own-seat", {}, token=eve, expect=refused)
        for act in ("letters", "revocation"):
            one = f"{path}/seats/{seat_id}/{act}"
            await house.call("POST", one, {}, token=eve, expect=refused)
    plans = f"/people/{desk.payer_id}/seat-plans"
    await house.call("GET", plans, token=eve, expect=403)
    await house.call("GET", plans, expect=401)
    await house.call("POST", f"{desk.path}/seats", {"email": bob}, expect=401)
    await desk.give(bob, desk.owner)
    listed = await house.call("GET", f"{desk.path}/seats", token=desk.owner)
    assert len(listed["items"]) == 2
    await desk.take_back(seat_id, desk.owner)


async def test_another_community_s_seats_are_not_there(house: House, desk: Desk) -> None:
    await desk.begins(2)
    await desk.until(seats=2)
    seat_id = (await desk.give(ada))["seat_id"]
    _, other = await house.community("gina@example.com", "go")
    await house.call("GET", f"/people/{desk.payer_id}/seat-plans", token=other, expect=404)
    await house.call("GET", f"{desk.path}/seats", token=other, expect=404)
    await desk.give(bob, other, expect=404)
    await desk.take_back(seat_id, other, expect=404)


async def test_all_that_is_wrong_is_said(house: House, desk: Desk) -> None:
    await desk.begins(2)
    await desk.until(seats=2)
    body = {"email": "nobody", "language": "de", "x": 1}
    path = f"{desk.path}/seats"
    problem = await house.call("POST", path, body, token=desk.payer, expect=422)
    assert {wrong["pointer"] for wrong in problem["errors"]} == {"/email", "/language", "/x"}
    await house.call("GET", f"{path}?filter[colour]=red", token=desk.payer, expect=422)
    await desk.take_back(str(random_id()), expect=404)
