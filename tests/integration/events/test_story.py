"""A gathering is published, seats are held, paid for, come too late, and given back."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest

from shared.clock import real_now
from shared.contracts import events_gathering, events_sale, events_ticket
from shared.contracts.billing_order import OrderLine, OrderPaid, OrderRefunded
from shared.contracts.contract import MoneyValue
from shared.contracts.events_key import QuoteKeyPublished
from shared.contracts.events_message import MessageRequested
from shared.contracts.events_privacy import PersonForgotten
from shared.contracts.membership_community import CommunityCreated, Visibility
from shared.contracts.membership_member import PersonErased
from shared.contracts.membership_visibility import VisibilityChosen
from shared.ids import PLATFORM
from tests.integration.events.house import House, Json, Who, somebody

community = uuid4()
olga = somebody(community, "owner")
ada, bob = somebody(community), somebody(community)
stranger = somebody(uuid4(), "owner")
starts_at = real_now().replace(microsecond=0) + timedelta(days=7)


def gathering(capacity: int = 2, minor: int = 1200, **more: Any) -> Json:
    return {
        "name": "Spring dinner",
        "place": "Salle des fêtes",
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=3)).isoformat(),
        "capacity": capacity,
        "price": {"minor": minor, "currency": "EUR"},
    } | more


def created(visibility: Visibility = "public") -> CommunityCreated:
    return CommunityCreated(
        community_id=community,
        occurred_at=real_now(),
        kind="association",
        name="Choir",
        currency="EUR",
        time_zone="Europe/Paris",
        mode="live",
        visibility=visibility,
    )


def chosen(visibility: Visibility) -> VisibilityChosen:
    return VisibilityChosen(community_id=community, occurred_at=real_now(), visibility=visibility)


async def on_sale(house: House, capacity: int = 2, minor: int = 1200) -> str:
    """A gathering whose sale has opened."""
    published = await house.ask(olga, "POST", "/gatherings", gathering(capacity, minor))
    await house.quiet()
    return str(published["gathering_id"])


async def hold(
    house: House, gathering_id: str, who: Who = ada, seats: int = 1, **body: Any
) -> Json:
    path = f"/gatherings/{gathering_id}/holds"
    return await house.ask(who, "POST", path, {"seats": seats} | body)


def order_paid(held: Json, who: Who = ada, minor: int = 1200) -> OrderPaid:
    amount = MoneyValue(minor=minor, currency="EUR")
    hold_id = UUID(held["hold_id"])
    line = OrderLine(kind="quote", amount=amount, hold_id=hold_id, revision=1)
    return OrderPaid(
        community_id=community,
        occurred_at=real_now(),
        order_id=hold_id,
        person_id=who.person_id,
        checkout_id=uuid4(),
        payment_id=uuid4(),
        total=amount,
        lines=(line,),
    )


async def seats_left(house: House, gathering_id: str) -> int:
    await house.quiet()
    return int((await house.ask(olga, "GET", f"/gatherings/{gathering_id}"))["seats_left"])


async def tickets(house: House, who: Who = ada) -> list[Json]:
    await house.quiet()
    items: list[Json] = (await house.ask(who, "GET", "/tickets"))["items"]
    return items


async def test_a_stranger_sees_what_is_coming(house: House) -> None:
    await house.hear(created())
    await on_sale(house, 40)
    page = await house.ask(None, "GET", f"/public/communities/{community}/gatherings")
    (item,) = page["items"]
    assert (item["name"], item["seats_left"], item["price"]["minor"]) == ("Spring dinner", 40, 1200)
    assert page["next"] is None
    (told,) = await house.told(events_gathering.GatheringPublished)
    assert (told.name, told.capacity) == ("Spring dinner", 40)


@pytest.mark.parametrize(
    "heard",
    [(created("private"),), (created(), chosen("private")), (chosen("private"), created()), ()],
)
async def test_no_stranger_sees_what_is_coming_in_a_private_community(
    house: House, heard: tuple[CommunityCreated | VisibilityChosen, ...]
) -> None:
    if heard:
        await house.hear(*heard)
    await on_sale(house)
    path = f"/public/communities/{community}/gatherings"
    for who in (None, stranger):
        assert await house.refusal(who, "GET", path) == (404, "community_not_found")
    for who in (ada, olga):
        assert len((await house.ask(who, "GET", path))["items"]) == 1


async def test_what_is_coming_in_an_unlisted_community_is_kept_out_of_search(house: House) -> None:
    await house.hear(created(), chosen("unlisted"))
    await house.quiet()
    answer = await house.answer(None, "GET", f"/public/communities/{community}/gatherings")
    assert (answer.status_code, answer.headers["X-Robots-Tag"]) == (200, "noindex")


async def test_pages_of_what_is_coming_hang_together(house: House) -> None:
    await house.hear(created())
    for _ in range(3):
        await on_sale(house)
    path = f"/public/communities/{community}/gatherings?limit=2"
    first = await house.ask(None, "GET", path)
    second = await house.ask(None, "GET", f"{path}&after={first['next']}")
    seen = [item["gathering_id"] for page in (first, second) for item in page["items"]]
    assert (len(seen), len(set(seen)), second["next"]) == (3, 3, None)
    assert await house.refusal(None, "GET", f"{path}&after=nonsense") == (400, "malformed_cursor")


async def test_a_hold_answers_with_a_quote_that_the_announced_key_verifies(house: House) -> None:
    gathering_id = await on_sale(house)
    held = await hold(house, gathering_id, seats=2)
    (key,) = await house.told(QuoteKeyPublished)
    assert key.community_id == PLATFORM
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": key.x, "kid": key.kid}
    header = jwt.get_unverified_header(held["quote"])
    assert (header["alg"], header["kid"]) == ("EdDSA", key.kid)
    claims = jwt.decode(
        held["quote"],
        jwt.PyJWK(jwk, algorithm="EdDSA").key,
        algorithms=["EdDSA"],
        audience="tessera-billing",
        issuer="tessera-events",
    )
    expires_at = datetime.fromisoformat(held["expires_at"])
    assert claims == {
        "iss": "tessera-events",
        "aud": "tessera-billing",
        "hold_id": held["hold_id"],
        "revision": 1,
        "community_id": str(community),
        "account_id": str(ada.account_id),
        "person_id": str(ada.person_id),
        "lines": [
            {
                "label": "Spring dinner",
                "seats": 2,
                "amount": {"minor": 1200, "currency": "EUR"},
            }
        ],
        "amount": {"minor": 2400, "currency": "EUR"},
        "tax_category": "admission",
        "exp": int((expires_at - timedelta(minutes=2)).timestamp()),
    }


async def test_a_repeated_hold_gets_an_equal_answer_whatever_happened_since(house: House) -> None:
    gathering_id = await on_sale(house)
    path, body = f"/gatherings/{gathering_id}/holds", {"seats": 1, "holder": "Ada"}
    first = await house.ask(ada, "POST", path, body, Idempotency_Key="once")
    await hold(house, gathering_id, seats=2)
    again = await house.ask(ada, "POST", path, body, Idempotency_Key="once")
    assert again == first
    other = {"seats": 2, "holder": "Ada"}
    refused = await house.refusal(ada, "POST", path, other, Idempotency_Key="once")
    assert refused == (422, "idempotency_key_reused")


async def test_a_dry_run_holds_nothing(house: House) -> None:
    gathering_id = await on_sale(house)
    path = f"/gatherings/{gathering_id}/holds?dry_run=true"
    would = await house.ask(ada, "POST", path, {"seats": 1})
    assert [event["type"] for event in would["would"]["events"]] == ["SeatHeld"]
    assert would["quote"] is None
    assert await seats_left(house, gathering_id) == 2


async def test_a_paid_hold_becomes_a_ticket(house: House) -> None:
    gathering_id = await on_sale(house)
    held = await hold(house, gathering_id, holder="Ada Lovelace")
    await house.hear(order_paid(held))
    (bought,) = await house.until_told(events_ticket.TicketBought)
    assert (str(bought.hold_id), bought.origin, bought.amount.minor) == (
        held["hold_id"],
        "paid",
        1200,
    )
    (ticket,) = await tickets(house)
    assert (ticket["title"], ticket["seats"], ticket["holder"]) == (
        "Spring dinner",
        1,
        "Ada Lovelace",
    )
    link = house.service.links.check(ticket["code"], "ticket", now=real_now())
    assert str(link.subject) == ticket["ticket_id"]
    (message,) = await house.told(MessageRequested)
    assert (message.template, message.person_id) == ("ticket_bought_at", ada.person_id)
    guests = await house.ask(olga, "GET", f"/gatherings/{gathering_id}/tickets")
    assert [guest["holder"] for guest in guests["items"]] == ["Ada Lovelace"]
    assert guests["items"][0]["code"] is None
    assert await seats_left(house, gathering_id) == 1


async def test_only_staff_sees_who_comes(house: House) -> None:
    gathering_id = await on_sale(house)
    path = f"/gatherings/{gathering_id}/tickets"
    assert await house.refusal(ada, "GET", path) == (403, "forbidden")
    assert await house.refusal(stranger, "GET", path) == (404, "gathering_not_found")
    assert await tickets(house, bob) == []


async def test_an_unpaid_hold_frees_its_seat_and_late_money_goes_back(house: House) -> None:
    gathering_id = await on_sale(house, capacity=1)
    late = await hold(house, gathering_id)
    path = f"/gatherings/{gathering_id}/holds"
    assert await house.refusal(bob, "POST", path, {"seats": 1}) == (409, "sold_out")
    await house.move_clock(datetime.fromisoformat(late["expires_at"]))
    await house.until_told(events_sale.SeatReleased)
    in_time = await hold(house, gathering_id, bob)
    await house.hear(order_paid(late), order_paid(in_time, bob))
    await house.until_told(events_ticket.TicketBought)
    (denied,) = await house.until_told(events_sale.SeatDenied)
    assert (str(denied.hold_id), denied.reason) == (late["hold_id"], "sold_out")
    assert (denied.person_id, await tickets(house, ada)) == (ada.person_id, [])
    assert len(await tickets(house, bob)) == 1
    assert {message.template for message in await house.told(MessageRequested)} == {
        "seat_denied",
        "ticket_bought_at",
    }


async def test_money_for_a_hold_nobody_made_goes_back_after_a_while(house: House) -> None:
    await house.hear(order_paid({"hold_id": str(uuid4())}))
    await house.quiet()
    assert await house.told(events_sale.SeatDenied) == []
    await house.move_clock(house.service.clock.now() + timedelta(hours=1, minutes=1))
    (denied,) = await house.until_told(events_sale.SeatDenied)
    assert (denied.reason, denied.gathering_id) == ("unknown_hold", PLATFORM)


async def test_a_free_seat_needs_no_order(house: House) -> None:
    gathering_id = await on_sale(house, minor=0)
    held = await hold(house, gathering_id)
    assert held["quote"] is None
    (bought,) = await house.until_told(events_ticket.TicketBought)
    assert (bought.origin, bought.amount.minor) == ("free", 0)
    assert len(await tickets(house)) == 1


async def test_a_cancelled_gathering_ends_its_tickets_and_gives_money_back(house: House) -> None:
    await house.hear(created())
    gathering_id = await on_sale(house)
    held = await hold(house, gathering_id)
    await house.hear(order_paid(held))
    await house.until_told(events_ticket.TicketBought)
    await house.ask(olga, "POST", f"/gatherings/{gathering_id}/cancellation")
    (cancelled,) = await house.until_told(events_ticket.TicketCancelled)
    (denied,) = await house.told(events_sale.SeatDenied)
    assert cancelled.person_id == ada.person_id
    assert (str(denied.hold_id), denied.reason) == (held["hold_id"], "gathering_cancelled")
    (ticket,) = await tickets(house)
    assert (ticket["cancelled"], ticket["code"]) == (True, None)
    page = await house.ask(None, "GET", f"/public/communities/{community}/gatherings")
    assert page["items"] == []
    path = f"/gatherings/{gathering_id}/holds"
    assert await house.refusal(bob, "POST", path, {"seats": 1}) == (409, "gathering_cancelled")


async def test_a_ticket_whose_money_went_back_admits_nobody_and_its_seat_is_free(
    house: House,
) -> None:
    gathering_id = await on_sale(house, capacity=1)
    held = await hold(house, gathering_id)
    paid = order_paid(held)
    refunded = OrderRefunded(
        community_id=community,
        occurred_at=real_now(),
        order_id=paid.order_id,
        person_id=ada.person_id,
        total=paid.total,
        reason="requested",
    )
    await house.hear(paid)
    await house.until_told(events_ticket.TicketBought)
    assert await seats_left(house, gathering_id) == 0
    await house.hear(refunded)
    await house.hear(refunded)
    await house.until_told(events_ticket.TicketCancelled)
    (ticket,) = await tickets(house)
    assert (ticket["cancelled"], ticket["code"]) == (True, None)
    assert await seats_left(house, gathering_id) == 1
    assert await house.told(events_sale.SeatDenied) == [], "it would be refunded again"
    await hold(house, gathering_id, bob)


async def test_seats_let_go_can_be_had_by_others(house: House) -> None:
    gathering_id = await on_sale(house, capacity=1)
    held = await hold(house, gathering_id)
    path = f"/gatherings/{gathering_id}/holds/{held['hold_id']}"
    assert await house.refusal(bob, "DELETE", path) == (404, "hold_not_found")
    await house.ask(ada, "DELETE", path)
    await house.ask(ada, "DELETE", path)
    await hold(house, gathering_id, bob)


async def test_a_crowd_gets_every_seat_and_not_one_more(house: House) -> None:
    gathering_id = await on_sale(house, capacity=10)
    crowd = [somebody(community) for _ in range(40)]
    path = f"/gatherings/{gathering_id}/holds"
    answers = await asyncio.gather(
        *(house.answer(who, "POST", path, {"seats": 1}) for who in crowd)
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [409] * 30
    assert await seats_left(house, gathering_id) == 0


async def test_a_gathering_moves_for_who_has_seen_its_version(house: House) -> None:
    gathering_id = await on_sale(house)
    later = {
        "starts_at": (starts_at + timedelta(days=1)).isoformat(),
        "ends_at": (starts_at + timedelta(days=1, hours=3)).isoformat(),
    }
    path = f"/gatherings/{gathering_id}/times"
    assert await house.refusal(olga, "PUT", path, later) == (428, "missing_if_match")
    wrong = await house.refusal(olga, "PUT", path, later, If_Match='"7"')
    assert wrong == (412, "version_mismatch")
    seen = await house.answer(olga, "GET", f"/gatherings/{gathering_id}")
    await house.ask(olga, "PUT", path, later, If_Match=seen.headers["ETag"])
    (told,) = await house.told(events_gathering.GatheringRescheduled)
    assert told.starts_at == starts_at + timedelta(days=1)


async def test_another_communitys_gathering_is_not_there(house: House) -> None:
    gathering_id = await on_sale(house)
    path = f"/gatherings/{gathering_id}"
    assert (await house.refusal(stranger, "GET", path))[0] == 404
    assert (await house.refusal(stranger, "POST", f"{path}/holds", {"seats": 1}))[0] == 404
    assert (await house.refusal(stranger, "POST", f"{path}/cancellation"))[0] == 404
    moved = {"starts_at": starts_at.isoformat(), "ends_at": starts_at.isoformat()}
    assert (await house.refusal(stranger, "PUT", f"{path}/times", moved, If_Match='"1"'))[0] == 404


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"capacity": 0}, "/capacity"),
        ({"capacity": 10**12}, "/capacity"),
        ({"price": {"minor": 10**15, "currency": "EUR"}}, "/price"),
        ({"price": {"minor": 100, "currency": "XYZ"}}, "/price/currency"),
        ({"name": "  "}, "/name"),
        ({"starts_at": "2026-01-01T00:00:00Z"}, "/starts_at"),
        ({"starts_at": "2026-01-01T00:00:00"}, "/starts_at"),
        ({"ends_at": starts_at.isoformat()}, "/ends_at"),
        ({"colour": "red"}, "/colour"),
    ],
)
async def test_what_cannot_be_published_is_named(house: House, wrong: Json, pointer: str) -> None:
    answer = await house.answer(olga, "POST", "/gatherings", gathering() | wrong)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_member_publishes_nothing(house: House) -> None:
    assert await house.refusal(ada, "POST", "/gatherings", gathering()) == (403, "forbidden")


async def test_who_is_erased_leaves_no_name(house: House) -> None:
    gathering_id = await on_sale(house)
    held = await hold(house, gathering_id, holder="Ada Lovelace")
    await house.hear(order_paid(held))
    await house.until_told(events_ticket.TicketBought)
    erased = PersonErased(
        community_id=community, occurred_at=datetime.now(UTC), person_id=ada.person_id
    )
    await house.hear(erased, stream_id=ada.person_id)
    (forgotten,) = await house.until_told(PersonForgotten)
    assert forgotten.person_id == ada.person_id
    await house.quiet()
    guests = await house.ask(olga, "GET", f"/gatherings/{gathering_id}/tickets")
    assert [guest["holder"] for guest in guests["items"]] == [None]
    stored = await house.service.pool.fetch(
        "SELECT data::text FROM events UNION ALL SELECT t::text FROM tickets_v2 t"
    )
    assert not any("Lovelace" in row["data"] for row in stored)


async def test_the_key_is_announced_once_however_often_a_worker_starts(house: House) -> None:
    announce = house.service.blueprint.on_start
    assert announce is not None
    await announce(house.service)
    await announce(house.service)
    assert len(await house.told(QuoteKeyPublished)) == 1
