"""A company pays for the seats of its people: two act for it, one of them goes, and it goes on."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.e2e.conftest import Cast
from tests.e2e.story import Json, Member, Refused, World, eventually, offer

SEAT = 1000
SEATS = 3


def for_teams(cast: Cast) -> UUID:
    """An offer whose quantity are seats."""
    body = {
        "name": "Team",
        "price": {"minor": SEAT, "currency": "EUR"},
        "interval": "month",
        "tier_id": str(cast.singers),
        "seats": True,
    }
    return UUID(cast.organiser.post("/api/billing/v1/offers", body)["offer_id"])


def register(founder: Member, *others: Member) -> str:
    """An organisation that its founder registers, and the others represent as well, once they have agreed."""
    registered = founder.post("/api/membership/v1/organisations", {"name": "Acme", "country": "PT"})
    organisation_id = str(registered["organisation_id"])
    for other in others:
        founder.post(
            f"/api/membership/v1/organisations/{organisation_id}/representatives",
            {"person_id": str(other.person_id)},
        )
        with pytest.raises(Refused, match="403"):
            other.get(f"/api/membership/v1/organisations/{organisation_id}")
        asked = f"/api/membership/v1/me/organisation-invitations/{organisation_id}"
        other.post(f"{asked}/acceptance")
    return organisation_id


def buys(who: Member, organisation_id: str, offer_id: UUID) -> None:
    body = {
        "lines": [offer(offer_id, SEATS)],
        "return_url": f"{who.world.origin}/thanks",
        "organisation_id": organisation_id,
    }
    checkout_id = UUID(who.post("/api/billing/v1/checkouts", body)["checkout_id"])
    who.pay(checkout_id)
    who.until(checkout_id, "completed")


def plan_of(who: Member, organisation_id: str) -> Json:
    (plan,) = who.get(f"/api/membership/v1/people/{organisation_id}/seat-plans")["items"]
    return dict(plan)


def test_one_pays_for_it_another_gives_its_seats_and_it_outlives_the_first(
    cast: Cast, world: World
) -> None:
    petra, bob, sue = (cast.member(name) for name in ("Petra Prime", "Bob Second", "Sue Singer"))
    offer_id = for_teams(cast)
    world.settle()
    organisation_id = register(petra, bob)
    world.settle()
    buys(petra, organisation_id, offer_id)
    world.settle()
    assert plan_of(petra, organisation_id)["seats"] == SEATS
    plan = plan_of(bob, organisation_id)
    path = f"/api/membership/v1/people/{organisation_id}/seat-plans/{plan['subscription_id']}"
    given = bob.post(f"{path}/seats", {"email": sue.email})
    mail = eventually(lambda: [one for one in world.mails(sue.email) if "/seats/" in one["text"]])[
        0
    ]
    link = mail["text"].split(f"/seats/{plan['subscription_id']}/")[1].split()[0]
    claims = f"/api/membership/v1/seats/{plan['subscription_id']}/claims"
    sue.post(claims, {"link": link, "name": sue.name})
    world.settle()
    assert "seat" in [reason["kind"] for reason in sue.access()["live"]]

    dismissal = f"/api/membership/v1/organisations/{organisation_id}/representatives"
    bob.delete(f"{dismissal}/{petra.person_id}")
    with pytest.raises(Refused, match="403"):
        petra.post(f"{path}/seats/{given['seat_id']}/revocation")
    world.settle()
    assert petra.subscriptions() == []
    with pytest.raises(Refused, match="last_representative"):
        cast.organiser.delete(f"{dismissal}/{bob.person_id}")

    world.advance(timedelta(days=32))
    paid = [one["amount"]["minor"] for one in cast.organiser.payments()]
    assert paid == [SEAT * SEATS, SEAT * SEATS]
    assert {one["person_id"] for one in cast.organiser.payments()} == {organisation_id}
    figures = cast.organiser.figures()
    assert (figures.mrr, figures.paying, figures.members) == (SEAT * SEATS, 1, 3)
    bob.post(f"{path}/seats/{given['seat_id']}/revocation")
    world.settle()
    assert "seat" not in [reason["kind"] for reason in sue.access()["live"]]


def test_strangers_do_nothing_for_it_and_it_buys_nothing_but_seats(
    cast: Cast, world: World
) -> None:
    petra, eve = cast.member("Petra Prime"), cast.member("Eve Stranger")
    offer_id = for_teams(cast)
    organisation_id = register(petra)
    world.settle()
    with pytest.raises(Refused, match="organisation_not_found"):
        buys(eve, organisation_id, offer_id)
    with pytest.raises(Refused, match="seats_only"):
        buys(petra, organisation_id, cast.monthly)
    with pytest.raises(Refused, match="403"):
        eve.get(f"/api/membership/v1/people/{organisation_id}/seat-plans")
