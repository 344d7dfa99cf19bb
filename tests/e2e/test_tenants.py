"""Every route of every service, called by people of another community: nothing of the first is ever in an answer."""

import io
import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4
from zipfile import ZipFile

import httpx
import pytest
from fastapi.routing import APIRoute

from services.analytics.app import FEATURES as ANALYTICS
from services.billing.app import FEATURES as BILLING
from services.events.app import FEATURES as EVENTS
from services.membership.app import FEATURES as MEMBERSHIP
from shared.http import permission_of
from tests.e2e.conftest import Cast
from tests.e2e.story import Json, Member, World, eventually, offer, seats
from tests.e2e.vendors import Vendors, give_number, open_group

FEATURES = {
    "membership": MEMBERSHIP,
    "billing": BILLING,
    "events": EVENTS,
    "analytics": ANALYTICS,
}
TICKET = 1500
NUMBER = "+33699887766"
NOBODY_THERE = "http://127.0.0.1:1/"
SHA256 = "0" * 64
ANNOUNCED = {"name": "a.pdf", "size": 9, "media_type": "application/pdf", "sha256": SHA256}
DRAFT = {
    "kind": "article",
    "words": [{"language": "en", "title": "Not for everybody"}],
    "audience": "members",
}
REFUSALS = {401, 403, 404, 415, 422, 412, 428, 400}
PARAMETER = re.compile(r"\{(\w+)\}")


class Route(NamedTuple):
    """One operation of one service, and who may call it."""

    service: str
    method: str
    path: str
    permission: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes() -> Iterator[Route]:
    """The route table of the code itself: a route that nobody documents is called as well."""
    for service, features in FEATURES.items():
        for feature in features:
            for route in feature.router.routes if feature.router else ():
                assert isinstance(route, APIRoute)
                gate = permission_of(route)
                assert gate is not None
                for method in sorted(route.methods or ()):
                    yield Route(service, method, f"/api/{service}/v1{route.path}", gate.name)


ROUTES = list(routes())

# What a path chooses by where everybody has one: a kind of document, the first audit, a day, a kind of delivery.
CHOICES = {
    "about": "content",
    "kind": "terms",
    "number": "1",
    "day": "2090-01-01",
    "key": "hello",
    "name": "join.example.org",
}

# An account is of no community: that it has no role in one's own is no secret.
OF_NO_COMMUNITY = {"account_id", "role", *CHOICES}

# Who may come in by design: these are asked for by whoever is not yet of the community.
OPEN_DOORS = {"join_community", "apply_to_join", "read_my_application", "withdraw_application"}


class Victim:
    """A community in which everything exists that a route could name."""

    def __init__(self, cast: Cast, world: World, vendors: Vendors) -> None:
        organiser = cast.organiser
        self.cast, self.vendors = cast, vendors
        self.person: Member = cast.member(f"Vera Canary{cast.tag}")
        yearly = organiser.publish_offer("Yearly", 12000, "year", tier=cast.singers, trial_days=3)
        gathering = organiser.publish_gathering(
            "Winter concert", world.now() + timedelta(days=9), capacity=5, minor=TICKET
        )
        client = organiser.post(
            "/api/membership/v1/clients", {"name": "Books", "role": "accountant"}
        )
        file = organiser.post("/api/membership/v1/files", ANNOUNCED)
        content = organiser.post("/api/membership/v1/content", DRAFT)
        discount = organiser.post("/api/billing/v1/discounts", {"code": "CANARY", "percent": 5})
        world.settle()
        self.choir = self._offered()
        world.settle()
        bought = self.person.buy(offer(self.choir, 2))
        held = self.person.hold(gathering)
        self.person.buy(seats(held))
        still_held = self.person.hold(gathering)
        gift = organiser.give(self.person.person_id, cast.singers)
        world.settle()
        rise_id = self._raised()
        me = organiser.get("/api/membership/v1/me")
        invited = organiser.post(
            "/api/membership/v1/invitations", {"email": f"guest.{cast.tag}@example.org"}
        )
        endpoint = organiser.post("/api/membership/v1/webhook-endpoints", {"url": NOBODY_THERE})
        webhooks = f"/api/membership/v1/webhook-endpoints/{endpoint['endpoint_id']}"
        organiser.post(f"{webhooks}/pings", {})
        announced = organiser.post(
            "/api/membership/v1/announcements",
            {"texts": [{"language": "en", "subject": "Rehearsal", "text": "On *Monday*."}]},
        )
        ritual = organiser.post(
            "/api/membership/v1/rituals",
            {
                "name": "Rehearsal",
                "rule": "FREQ=WEEKLY",
                "local_time": "18:00",
                "starts_on": (world.now() + timedelta(days=2)).date().isoformat(),
            },
        )
        sponsor = organiser.post("/api/membership/v1/sponsorships", {"name": "Bean & Sons"})
        organisation = self.person.post(
            "/api/membership/v1/organisations", {"name": "Acme", "country": "PT"}
        )
        leaving = {
            "reason": "too_expensive",
            "since": (world.now() - timedelta(days=9)).isoformat(),
        }
        improvement = organiser.post(
            "/api/membership/v1/improvements", {"words": "It costs less now.", "leaving": leaving}
        )
        delivery, *_ = eventually(lambda: organiser.get(f"{webhooks}/deliveries")["items"])
        self.words = [f"{word} of Canary{cast.tag}" for word in ("Wish", "Pitch", "Bio", "Vote")]
        self.subscription_id = self.person.subscription()["subscription_id"]
        present_id = self._given()
        (ticket,) = self.person.tickets()
        self.ids = self._meant() | {
            "community_id": str(cast.community.id),
            "person_id": str(self.person.person_id),
            "account_id": me["account_id"],
            "tier_id": str(cast.singers),
            "offer_id": str(yearly),
            "gathering_id": str(gathering),
            "hold_id": still_held["hold_id"],
            "ticket_id": ticket["ticket_id"],
            "client_id": client["client_id"],
            "rise_id": rise_id,
            "discount_id": discount["discount_id"],
            "file_id": file["file_id"],
            "content_id": content["content_id"],
            "endpoint_id": endpoint["endpoint_id"],
            "delivery_id": delivery["delivery_id"],
            "checkout_id": bought["checkout_id"],
            "payment_id": bought["payment_id"],
            "subscription_id": self.subscription_id,
            "gift_id": str(gift),
            "present_id": present_id,
            "message_id": self.person.messages()[0]["message_id"],
            "invitation_id": invited["invitation_id"],
            "application_id": self._applied(),
            "ritual_id": ritual["ritual_id"],
            "sponsorship_id": sponsor["sponsorship_id"],
            "organisation_id": organisation["organisation_id"],
            "improvement_id": improvement["improvement_id"],
            "refund_id": str(uuid4()),
            "reconciliation_id": str(uuid4()),
            "announcement_id": announced["announcement_id"],
            "message_kind": "reminder",
            "link": "no-link",
            "token": "no-token",
            "slug": cast.community.slug,
            "role": "owner",
        }
        # What no stranger may ever read, wherever it may stand.
        self.private = {
            self.person.name,
            self.person.email,
            organiser.email,
            *self.words,
            NUMBER.removeprefix("+"),
            *(value for name, value in self.ids.items() if name not in PUBLIC),
            self.account,
            client["client_secret"],
            endpoint["secret"],
        }
        self.secret = self.private | {value for name, value in self.ids.items() if name in PUBLIC}
        self.quote = still_held["quote"]

    def _offered(self) -> UUID:
        """What the person pays for: a seat of their own, and one for somebody else."""
        terms = {
            "name": "Duet",
            "price": {"minor": 2400, "currency": "EUR"},
            "interval": "month",
            "tier_id": str(self.cast.singers),
            "seats": True,
        }
        return UUID(self.cast.organiser.post("/api/billing/v1/offers", terms)["offer_id"])

    def _given(self) -> str:
        """What the person buys for somebody else, with a letter to them."""
        organiser, person = self.cast.organiser, self.person
        months = organiser.publish_offer("Months", 900, "month", tier=self.cast.singers)
        self.cast.world.settle()
        person.buy(offer(months, 3) | {"gift": True})
        self.cast.world.settle()
        (present,) = person.get("/api/membership/v1/me/presents")["items"]
        whom = {"email": f"vio.{self.cast.tag}@example.org", "message": self.words[0]}
        person.put(f"/api/membership/v1/me/presents/{present['present_id']}", whom)
        return str(present["present_id"])

    def _meant(self) -> Json:
        """What members say, ask and are given, each with an id that a path names."""
        organiser, person, world = self.cast.organiser, self.person, self.cast.world
        wish, pitch, bio, vote = self.words
        other = self.cast.member("Vito Other")
        for member in (person, other):
            entry = {"name": member.name, "about": bio, "contact": bio}
            member.put("/api/membership/v1/me/directory-entry", entry)
        person.put("/api/membership/v1/me/goal", {"words": wish})
        self.vendors.connect(organiser, self.cast.singers)
        group_id = open_group(organiser, vote, self.cast.singers)
        give_number(person, NUMBER)
        self.account = self.vendors.link(person)
        world.settle()
        plan = f"/api/membership/v1/people/{person.person_id}/seat-plans/{self.subscription_id}"
        asked = {"person_id": str(other.person_id), "words": wish}
        poll = {
            "title": vote,
            "questions": [{"kind": "one", "words": vote, "options": ["Yes", "No"]}],
            "closes_at": (world.now() + timedelta(days=60)).isoformat(),
            "secrecy": "named",
        }
        poll_id = organiser.post("/api/membership/v1/polls", poll)["poll_id"]
        person.put(f"/api/membership/v1/polls/{poll_id}/ballot", {"answers": [[0]]})
        article = str(organiser.publish_article(vote))
        said = {"rating": 2, "words": wish, "named": True}
        person.put(f"/api/membership/v1/feedback/content/{article}", said)
        rows = f"name,email\nVico Brought,vico.{self.cast.tag}@example.org\n".encode()
        imports = "/api/membership/v1/imports"
        idea = {"title": pitch, "text": pitch}
        return {
            "idea_id": person.post("/api/membership/v1/ideas", idea)["idea_id"],
            "introduction_id": person.post("/api/membership/v1/me/introductions", asked)[
                "introduction_id"
            ],
            "poll_id": poll_id,
            "about_id": article,
            "group_id": group_id,
            "seat_id": person.post(f"{plan}/own-seat")["seat_id"],
            "import_id": organiser.send_file(imports, rows, "text/csv")["import_id"],
        }

    def _raised(self) -> str:
        """The price that the person pays rises."""
        organiser, world, offer_id = self.cast.organiser, self.cast.world, str(self.choir)
        dearer = {"prices": [{"amount": {"minor": 9900, "currency": "EUR"}}]}
        organiser.post(f"/api/billing/v1/offers/{offer_id}/prices", dearer)
        world.settle()
        effective_from = (world.now() + timedelta(days=40)).isoformat()
        asked = {"offer_id": offer_id, "effective_from": effective_from}
        rises = "/api/billing/v1/price-rises"
        seen = organiser.post(f"{rises}/preview", asked)
        started = organiser.post(rises, asked | {"fingerprint": seen["fingerprint"]})
        return str(started["rise_id"])

    def _applied(self) -> str:
        """Somebody once applied, when that was the way to join."""
        organiser, cast = self.cast.organiser, self.cast
        admission = "/api/membership/v1/admission"
        organiser.put(admission, {"way": "application"})
        applicant = Member(cast.world, "Ann Applicant", f"ann.{cast.tag}@example.org")
        applicant.sign_in()
        body = {"name": applicant.name, "email": applicant.email, "version": 1}
        applied = applicant.post(
            f"/api/membership/v1/communities/{cast.community.id}/applications", body
        )
        organiser.put(admission, {"way": "open"})
        return str(applied["application_id"])

    def path(self, route: Route) -> str:
        """The route's path, with what exists in this community."""
        return PARAMETER.sub(lambda found: (self.ids | CHOICES)[found.group(1)], route.path)

    def seen(self) -> list[object]:
        """All that its own people see of it, to be compared."""
        organiser = self.cast.organiser
        return [
            organiser.figures(),
            organiser.access_of(self.person.person_id)["live"],
            organiser.get("/api/membership/v1/tiers"),
            organiser.get("/api/membership/v1/staff"),
            organiser.get("/api/membership/v1/members"),
            organiser.get("/api/membership/v1/clients"),
            organiser.get("/api/membership/v1/content/desk"),
            organiser.get("/api/membership/v1/webhook-endpoints"),
            organiser.get("/api/membership/v1/announcements"),
            organiser.get("/api/membership/v1/rituals"),
            organiser.get("/api/membership/v1/applications"),
            organiser.get("/api/membership/v1/organisations"),
            organiser.get("/api/membership/v1/documents/terms/acceptances"),
            organiser.get(f"/api/membership/v1/people/{self.person.person_id}/preferences"),
            organiser.get("/api/billing/v1/staff/subscriptions"),
            organiser.get("/api/billing/v1/discounts"),
            organiser.get("/api/billing/v1/price-rises"),
            organiser.get(f"/api/billing/v1/public/communities/{self.cast.community.id}/offers"),
            organiser.get(f"/api/events/v1/gatherings/{self.ids['gathering_id']}"),
            [ticket["ticket_id"] for ticket in self.person.tickets()],
            *self._seen_of_members(),
        ]

    def _seen_of_members(self) -> list[object]:
        """What members said, asked and were given, as they and the staff see it."""
        organiser, person, of = self.cast.organiser, self.person, "/api/membership/v1"
        its = f"{of}/people/{person.person_id}"
        return [
            *(
                person.get(f"{of}/{path}")
                for path in ("me/goal", "me/directory-entry", "me/introductions", "directory")
            ),
            *(organiser.get(f"{of}/{path}") for path in ("goals", "groups", "group-tasks")),
            person.get(f"{of}/ideas"),
            person.get(f"{of}/improvements"),
            person.get(f"{of}/me/feedback"),
            organiser.get(f"{of}/feedback/content/{self.ids['about_id']}"),
            person.get(f"{of}/polls/{self.ids['poll_id']}"),
            organiser.get(f"{of}/polls/{self.ids['poll_id']}/ballots"),
            organiser.get(f"{of}/imports/{self.ids['import_id']}"),
            organiser.get(f"{its}/seat-plans/{self.subscription_id}/seats"),
            person.get(f"{its}/groups"),
            person.get(f"{its}/chat"),
            person.get(f"{its}/benefits"),
            organiser.get(f"{of}/chat/audits"),
        ]


PUBLIC = {
    "community_id",
    "tier_id",
    "offer_id",
    "gathering_id",
    "slug",
    "role",
    "link",
    "message_kind",
    "token",
}


@pytest.fixture
def victim(cast: Cast, world: World, vendors: Vendors) -> Victim:
    return Victim(cast, world, vendors)


@pytest.fixture
def intruders(world: World, victim: Victim) -> dict[str, str | None]:
    """A stranger; an owner and a member of another community; an account; and one who asked for a token of this one."""
    other = Cast(world)
    other.organiser.join_as_person("Otto Owner")
    member = other.member("Mia Member")
    account = Member(world, "Alma Account", f"alma.{other.tag}@example.org")
    account.sign_in()
    outsider = Member(world, "Oda Outside", f"oda.{other.tag}@example.org")
    outsider.sign_in(victim.cast.community)
    return {
        "stranger": None,
        "owner of another": other.organiser.token,
        "member of another": member.token,
        "account of none": account.token,
        "outsider": outsider.token,
    }


def test_every_documented_route_is_walked_and_every_walked_route_is_documented(
    world: World,
) -> None:
    documented = {
        (service, method.upper(), path)
        for service in FEATURES
        for path, item in world.public(f"/openapi/{service}.json")["paths"].items()
        for method in item
        if "/dev/" not in path
    }
    assert documented == {(route.service, route.method, route.path) for route in ROUTES}
    assert len(documented) > 40


def test_nobody_of_another_community_reads_or_changes_anything(
    world: World, victim: Victim, intruders: dict[str, str | None]
) -> None:
    bodies = Bodies(world, victim)
    before = victim.seen()
    leaks, calls = [], 0
    for route in ROUTES:
        operation = bodies.operation(route)
        if operation["operationId"] in OPEN_DOORS:
            continue
        for who, token in intruders.items():
            answer = call(world, route, victim, bodies.of(operation), token)
            calls += 1
            leaks += [f"{who}: {route}: {wrong}" for wrong in judged(route, who, answer, victim)]
    assert leaks == [], "\n".join(["", *leaks])
    assert calls > 200
    world.settle()
    assert victim.seen() == before


def call(
    world: World, route: Route, victim: Victim, body: Json | None, token: str | None
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if route.method == "PUT":
        headers["If-Match"] = '"1"'
    return world.send(route.method, victim.path(route), body, headers)


def judged(route: Route, who: str, answer: httpx.Response, victim: Victim) -> Iterator[str]:
    """What is wrong with an answer to an intruder."""
    text = read(answer)
    # One's own path is no secret; what else is in a refusal would be.
    for canary in (
        victim.private if route.permission == "public" or who == "outsider" else victim.secret
    ):
        if canary in text and canary != "owner":
            yield f"{answer.status_code} with {canary}"
    if answer.is_error:
        if answer.status_code not in REFUSALS | {409, 429}:
            yield f"{answer.status_code} {text}"
        if answer.headers.get("content-type") != "application/problem+json":
            yield f"{answer.status_code} is no problem document: {text}"
    named = set(PARAMETER.findall(route.path)) - OF_NO_COMMUNITY
    if route.permission == "public":
        return
    if who == "stranger" and answer.status_code != 401:
        yield f"{answer.status_code}, and nobody has signed in"
    if named and answer.is_success and (who != "outsider" or "person_id" in named):
        yield f"{answer.status_code} for something of another community: {text[:200]}"


def read(answer: httpx.Response) -> str:
    """What stands in an answer; a ZIP is unpacked, or it would hide everything."""
    if answer.headers.get("content-type") != "application/zip":
        return answer.text
    with ZipFile(io.BytesIO(answer.content)) as archive:
        return "\n".join(archive.read(name).decode(errors="replace") for name in archive.namelist())


class Bodies:
    """A body for every operation, made from its own schema, naming things of the victim wherever a name fits."""

    def __init__(self, world: World, victim: Victim) -> None:
        self._documents = {
            service: world.public(f"/openapi/{service}.json") for service in FEATURES
        }
        price = {"minor": 100, "currency": "EUR"}
        self._named: Json = victim.ids | {"quote": victim.quote, "price": price}
        self._service = ""

    def operation(self, route: Route) -> Json:
        operation: Json = self._documents[route.service]["paths"][route.path][route.method.lower()]
        self._service = route.service
        return operation

    def of(self, operation: Json) -> Json | None:
        """One that passes the schema, so that it is the tenant and not a typing error that is refused."""
        if "requestBody" not in operation:
            return None
        content = operation["requestBody"]["content"]
        if "application/json" not in content:
            return {}  # A file: that this is none is told to who may send one.
        schema = content["application/json"]["schema"]
        body: Json = self._made("", schema)
        return body

    def _made(self, name: str, schema: Json) -> Any:
        if "$ref" in schema:
            named = self._documents[self._service]["components"]["schemas"]
            return self._made(name, named[schema["$ref"].rpartition("/")[2]])
        if name in SAMPLES:
            return SAMPLES[name]()
        if name in self._named:
            return self._named[name]
        choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        return self._made(name, choices[0]) if choices else self._of_type(name, schema)

    def _of_type(self, name: str, schema: Json) -> Any:
        if "const" in schema or "enum" in schema:
            return schema.get("const") or schema["enum"][0]
        match schema.get("type"):
            case "object":
                fields: Json = schema.get("properties", {})
                wanted = set(schema.get("required", ())) | self._named.keys()
                return {
                    field: self._made(field, fields[field]) for field in fields if field in wanted
                }
            case "array":
                return [self._made(name, schema["items"])]
            case "integer":
                return schema.get("minimum", 1)
            case "boolean":
                return True
            case _:
                return "x" * max(1, schema.get("minLength", 1))


SAMPLES: dict[str, Any] = {
    "slug": lambda: f"s-{secrets.token_hex(6)}",
    "email": lambda: f"{secrets.token_hex(6)}@example.org",
    "code": lambda: "000000",
    "currency": lambda: "EUR",
    "payment_method": lambda: "pm_intruder",
    "account": lambda: "acct_intruder",
    "return_url": lambda: "http://127.0.0.1/thanks",
    "starts_at": lambda: "2090-01-01T10:00:00Z",
    "ends_at": lambda: "2090-01-01T12:00:00Z",
    "effective_from": lambda: "2090-01-01T10:00:00Z",
    "fingerprint": lambda: str(uuid4()),
    "since": lambda: "2020-01-01T10:00:00Z",
    "until": lambda: "2090-01-01T12:00:00Z",
    "url": lambda: NOBODY_THERE,
    "id_token": lambda: "a.b.c",
    "client_secret": lambda: str(uuid4()),
    "language": lambda: "en",
    "media_type": lambda: "application/pdf",
    "sha256": lambda: SHA256,
}
