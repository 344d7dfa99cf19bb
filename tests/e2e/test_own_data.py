"""What all services together keep of somebody: given to them alone, and nothing of it to be found in anybody else's."""

import io
import json
from datetime import timedelta
from zipfile import ZipFile

import psycopg
import pytest

from deploy.local import postgres
from deploy.local.keys import Keys
from deploy.local.settings import SERVICES, Settings
from shared.decider import members
from shared.takeout.subjects import speaks
from tests.architecture.test_own_data import OF_A_PERSON
from tests.e2e.conftest import Cast
from tests.e2e.story import Json, Member, Refused, World, offer, seats
from tools import house


def taken(person: Member) -> dict[str, Json]:
    return {service: person.get(f"/api/{service}/v1/me/data") for service in sorted(SERVICES)}


def test_everybody_takes_out_their_own_from_every_service(cast: Cast, world: World) -> None:
    concert = cast.organiser.publish_gathering(
        "Winter concert", world.now() + timedelta(days=9), capacity=5, minor=1500
    )
    world.settle()
    ada, bob = cast.member(f"Ada Alto{cast.tag}"), cast.member(f"Bob Bass{cast.tag}")
    for person in (ada, bob):
        person.buy(offer(cast.monthly))
        person.buy(seats(person.hold(concert)))
    world.settle()
    of_ada, of_bob = taken(ada), taken(bob)
    words = {service: json.dumps(document) for service, document in of_ada.items()}
    assert ada.email in words["membership"]
    assert ada.name in words["membership"]
    assert {fact["type"] for fact in of_ada["billing"]["facts"]} >= {
        "PaymentSucceeded",
        "SubscriptionActivated",
        "OrderPaid",
    }
    assert {fact["type"] for fact in of_ada["events"]["facts"]} >= {"SeatHeld", "TicketIssued"}
    assert {fact["type"] for fact in of_ada["analytics"]["heard"]} >= {
        "io.tessera.membership.MemberJoined",
        "io.tessera.billing.PaymentSucceeded",
        "io.tessera.membership.AccessGranted",
    }
    for other, documents in ((bob, of_ada), (ada, of_bob)):
        told = json.dumps(documents)
        for private in (str(other.person_id), other.email, other.name, cast.organiser.email):
            assert private not in told


def bundle(person: Member) -> Json:
    """How far it is."""
    return person.get("/api/membership/v1/me/bundle")


def fetched(person: Member) -> dict[str, Json]:
    """What every service packed, as whoever has the link reads it."""
    url = person.post("/api/membership/v1/me/bundle/link")["url"]
    answer = person.world.send("GET", url)
    assert answer.is_success, answer.text
    with ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {
            service: json.loads(archive.read(f"{service}/data.json"))
            for service in sorted(SERVICES)
        }


def told(document: Json) -> list[Json]:
    """All but that it was asked for, packed and fetched, and what a processor reports when it likes."""
    return [
        fact
        for fact in (*document["facts"], *document["heard"])
        if fact.get("source") != "stripe"
        and not any(word in fact["type"] for word in ("Bundle", "PartPacked", "PartReported"))
    ]


def test_one_file_holds_what_each_service_would_give(cast: Cast, world: World) -> None:
    concert = cast.organiser.publish_gathering(
        "Spring concert", world.now() + timedelta(days=9), capacity=5, minor=1500
    )
    world.settle()
    ada, bob = cast.member(f"Ada Alto{cast.tag}"), cast.member(f"Bob Bass{cast.tag}")
    for person in (ada, bob):
        person.buy(offer(cast.monthly))
    ada.buy(seats(ada.hold(concert)))
    world.settle()
    ada.post("/api/membership/v1/me/bundle")
    world.settle()
    assert bundle(ada)["state"] == "ready"
    documents, each = fetched(ada), taken(ada)
    for service in SERVICES:
        assert told(documents[service]) == told(each[service]), service
        assert told(documents[service])
    everything = json.dumps(documents)
    assert ada.email in everything
    for private in (str(bob.person_id), bob.email, bob.name, cast.organiser.email):
        assert private not in everything
    # The owner may ask for her, and nobody else; they are told nothing of what she asked for herself.
    path = f"/api/membership/v1/people/{ada.person_id}/bundle"
    for nobody in (ada, bob):
        with pytest.raises(Refused, match="403"):
            nobody.post(path)
    with pytest.raises(Refused, match="404"):
        cast.organiser.get(path)
    cast.organiser.post(path)
    world.settle()
    assert cast.organiser.get(path)["state"] == "ready"


def test_what_is_somebodys_own_speaks_of_them_from_the_first(whole: Settings) -> None:
    """The rule by which facts that name nobody are told, looked for in everything that has happened in this run."""
    deciders = {
        (blueprint.name, event.__name__): (decider.name, event)
        for blueprint in house.blueprints()
        for decider in blueprint.deciders
        for event in members(decider.events)
    }
    with psycopg.connect(
        postgres.url(
            whole.ports["postgres"],
            postgres.SUPERUSER,
            Keys.of(whole.state).database_password,
            postgres.APPLICATION,
        )
    ) as connection:
        firsts = [
            deciders[service, name]
            for service in sorted(SERVICES)
            for (name,) in connection.execute(
                f"SELECT DISTINCT type FROM {service}.events WHERE version = 1"
            ).fetchall()
        ]
    silent = [event.__name__ for name, event in firsts if name in OF_A_PERSON and not speaks(event)]
    assert silent == []
    assert {name for name, _ in firsts} >= {
        "member",
        "checkout",
        "payment",
        "order",
        "subscription",
    }
