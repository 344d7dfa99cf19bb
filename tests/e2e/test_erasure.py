"""After a person is erased their words are nowhere: no table, topic, dump, log, trace, agenda, not at the processor."""

import asyncio
import base64
import json
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from psycopg import sql

from deploy.local import postgres
from deploy.local.keys import Keys
from deploy.local.settings import HOST, SERVICES, Settings
from tests.doubles.discord import Guild
from tests.e2e.conftest import Cast
from tests.e2e.story import Member, Refused, World, eventually, offer, seats
from tests.e2e.traces import Traces
from tests.e2e.vendors import Vendors, give_number, open_group

TICKET = 1500
CHUNK = 1 << 20
INDEXES = {".index", ".timeindex"}


class Search:
    """Looks for a word in every place that outlives a request: as it is, as hexadecimal, and as base64."""

    def __init__(self, word: str, whole: Settings) -> None:
        self._whole = whole
        self._needles: list[bytes] = []
        for text in (word, word.capitalize()):
            raw = text.encode()
            self._needles += [raw, raw.hex().encode()]
            for offset in range(
                3
            ):  # What stands before it decides which of three forms base64 gives it.
                coded = base64.urlsafe_b64encode(bytes(offset) + raw).rstrip(b"=")
                self._needles.append(coded[4 if offset else 0 : -2])

    def found(self, haystack: bytes) -> bool:
        """Whether the word is there."""
        return any(needle in haystack for needle in self._needles)

    def tables(self) -> list[str]:
        """Every table of every schema, each row as text: that covers text, json, arrays and, as hexadecimal, bytea."""
        guilty = []
        with psycopg.connect(self._database) as connection:
            tables = connection.execute(
                "SELECT schemaname, tablename FROM pg_tables"
                " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
            ).fetchall()
            assert {(service, "agenda") for service in SERVICES} <= set(tables)
            for name in tables:
                query = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(*name))
                with connection.cursor().copy(query) as rows:
                    content = b"".join(bytes(row) for row in rows)
                if self.found(content):
                    guilty.append(".".join(name))
        return guilty

    def topics(self) -> list[str]:
        """Every record of every topic from its beginning: key, value and headers."""
        return asyncio.run(self._consume(f"{HOST}:{self._whole.ports['kafka']}"))

    def traces(self, exported: Traces) -> list[str]:
        """Every span that any process has exported, with its attributes, events and errors, as it was sent."""
        guilty = [body for body in list(exported.bodies) if self.found(body)]
        return [str(ExportTraceServiceRequest.FromString(body)) for body in guilty]

    def dump(self) -> bool:
        """What a backup would hold."""
        tool = postgres.binary("pg_dump")
        done = subprocess.run([tool, self._database], capture_output=True, check=True)
        assert b"PostgreSQL database dump complete" in done.stdout
        return self.found(done.stdout)

    def files(self) -> list[str]:
        """Every file of the stack: the logs, and under the stores whatever a copy of the disk would show."""
        # Kafka reserves its index files ahead of time; they hold numbers.
        kept = (path for path in self._whole.state.rglob("*") if path.suffix not in INDEXES)
        return sorted(str(path) for path in kept if path.is_file() and self._in_file(path))

    def _in_file(self, path: Path) -> bool:
        overlap, before = max(map(len, self._needles)), b""
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                if self.found(before + chunk):
                    return True
                before = chunk[-overlap:]
        return False

    async def _consume(self, bootstrap: str) -> list[str]:
        async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as looking:
            topics = {topic for topic in await looking.topics() if topic.startswith("tessera.")}
        guilty: set[str] = set()
        async with AIOKafkaConsumer(
            *topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest"
        ) as consumer:
            ends = await consumer.end_offsets(list(consumer.assignment()))
            assert {part.topic for part in ends} == topics
            assert sum(ends.values()) > 0
            while any([await consumer.position(part) < end for part, end in ends.items()]):
                for part, records in (await consumer.getmany(timeout_ms=200)).items():
                    for record in records:
                        headers = b"".join(key.encode() + value for key, value in record.headers)
                        if self.found((record.key or b"") + (record.value or b"") + headers):
                            guilty.add(part.topic)
        return sorted(guilty)

    @property
    def _database(self) -> str:
        return database_of(self._whole)


def database_of(whole: Settings) -> str:
    password = Keys.of(whole.state).database_password
    return postgres.url(whole.ports["postgres"], postgres.SUPERUSER, password, postgres.APPLICATION)


class Singer(Member):
    """Who has an account on Discord and a number as well."""

    account: str
    number: str
    spoken_of: str

    @property
    def said(self) -> str:
        """What she wrote wherever members write something; the word is the one in her name."""
        return f"What {self.name.split()[-1]} had to say"


def applied(cast: Cast, person: Singer) -> None:
    """She came in by an application, with an answer of her own."""
    admission, community = "/api/membership/v1/admission", cast.community
    questions = [{"text": "What do you sing?"}]
    cast.organiser.put(admission, {"way": "application", "questions": questions})
    person.sign_in(community)
    told = {"name": person.name, "email": person.email, "version": 1, "answers": [person.said]}
    made = person.post(f"/api/membership/v1/communities/{community.id}/applications", told)
    acceptance = f"/api/membership/v1/applications/{made['application_id']}/acceptance"
    cast.organiser.post(acceptance, {"number": 1})
    cast.organiser.put(admission, {"way": "open"})
    cast.world.settle()
    person.sign_in(community)
    person.person_id = UUID(person.get("/api/membership/v1/me")["person_id"])


def took_part(cast: Cast, person: Singer, vendors: Vendors) -> None:
    """She said what members say to each other and to us, and where she is to be found."""
    world, said, of = cast.world, person.said, "/api/membership/v1"
    other = cast.member("Other Member")
    for member in (person, other):
        entry = {"name": member.name, "about": said, "contact": said}
        member.put(f"{of}/me/directory-entry", entry)
    person.put(f"{of}/me/goal", {"words": said})
    person.post(f"{of}/ideas", {"title": said, "text": said})
    person.spoken_of = f"{of}/feedback/content/{cast.organiser.publish_article('Warming up')}"
    person.put(person.spoken_of, {"rating": 4, "words": said, "named": True})
    vendors.connect(cast.organiser, cast.singers)
    open_group(cast.organiser, "Singers", cast.singers)
    person.number = f"336{int(cast.tag, 16) % 10**8:08}"
    give_number(person, f"+{person.number}")
    person.account = vendors.link(person)
    world.settle()
    person.post(f"{of}/me/introductions", {"person_id": str(other.person_id), "words": said})
    person.cancel()
    world.settle()
    answer = f"/api/billing/v1/subscriptions/{person.subscription()['subscription_id']}/exit-answer"
    person.put(answer, {"reason": "other", "comment": said})
    world.settle()
    assert vendors.whatsapp.to(person.number)
    assert [guild.members[person.account] for guild in servers_of(person, vendors)] != [set()]
    seen = ("goals", "ideas", "directory")
    assert all(
        said in json.dumps(reader.get(f"{of}/{what}"))
        for reader, what in zip((cast.organiser, other, other), seen, strict=True)
    )
    assert said in json.dumps(cast.organiser.get(person.spoken_of))


def servers_of(person: Singer, vendors: Vendors) -> list[Guild]:
    return [one for one in vendors.discord.guilds.values() if person.account in one.members]


@pytest.fixture
def zuleika(cast: Cast, world: World, whole: Settings, vendors: Vendors) -> Singer:
    """Somebody who did all there is to do, so that every service has had something of hers; then she was erased."""
    person = Singer(world, f"Zuleika Quetzal{cast.tag}", f"zuleika.quetzal{cast.tag}@example.org")
    applied(cast, person)
    person.buy(offer(cast.monthly))
    concert = cast.organiser.publish_gathering(
        "Winter concert", world.now() + timedelta(days=9), capacity=5, minor=TICKET
    )
    world.settle()
    person.buy(seats(person.hold(concert)))
    person.hold(concert)
    world.settle()
    (ticket,) = person.tickets()
    assert ticket["holder"] == person.name
    names = {one["name"] for one in cast.organiser.get("/api/membership/v1/members")["items"]}
    assert person.name in names
    assert person.get("/api/membership/v1/me")["email"] == person.email
    assert person.email in json.dumps(person.get("/api/membership/v1/me/data"))
    payments = [fact["of"] for fact in person.get("/api/billing/v1/me/data")["facts"]]
    eventually(lambda: reports_of(whole, payments), lambda kinds: "charge.succeeded" in kinds)
    took_part(cast, person, vendors)
    person.post("/api/membership/v1/me/bundle")
    world.settle()
    assert person.get("/api/membership/v1/me/bundle")["state"] == "ready"
    # The form was told her name, and the processor's reports say it; even now it is nowhere in clear.
    word = Search(f"quetzal{cast.tag}", whole)
    assert word.tables() == []
    assert word.topics() == []
    person.post(f"/api/membership/v1/people/{person.person_id}/erasure")
    world.settle()
    return person


def test_an_erased_person_is_forgotten_everywhere(
    cast: Cast, world: World, whole: Settings, traces: Traces, zuleika: Singer, vendors: Vendors
) -> None:
    erasure = cast.organiser.erasure_of(zuleika.person_id)
    assert (erasure["confirmed_by"], erasure["waiting_for"]) == (sorted(SERVICES), [])
    path = f"/api/membership/v1/erasures/{zuleika.person_id}/certificate"
    statement = cast.organiser.get(path)["statement"]
    assert statement["state"] == "complete"
    assert all(one["destroyed_at"] for one in statement["services"])

    # On Discord she has nothing that was ours to give, and we no longer know of her there.
    assert [guild.members[zuleika.account] for guild in servers_of(zuleika, vendors)] in (
        [],
        [set()],
    )

    # The word is the one that her name and her address share. Only the mails themselves still have it.
    word = Search(f"quetzal{cast.tag}", whole)
    assert not word.found(_everything_said(cast, zuleika).encode())
    assert word.tables() == []
    assert word.topics() == []
    assert not word.dump()
    assert word.files() == []
    _export_all(cast, world, traces)
    assert word.traces(traces) == []
    for number in (zuleika.account, zuleika.number):
        mark = Search(number, whole)
        assert (mark.tables(), mark.topics(), mark.files()) == ([], [], []), number
        assert mark.traces(traces) == [], number
    for kind in ("customers", "payment_intents", "refunds", "events"):
        kept = world.at_processor(f"/v1/{kind}?limit=100")
        assert not word.found(json.dumps(kept).encode()), f"the processor's {kind}"

    # What she paid stays in the books; what she paid for has ended, and whom she wrote to is still a member.
    figures = cast.organiser.figures()
    assert figures.gross == {"subscription": 1200, "ticket": TICKET}
    assert (figures.mrr, figures.churn, figures.paying, figures.members) == (0, -1200, 0, 1)
    assert figures.access == {cast.singers: 0, cast.friends: 1}


def test_the_search_finds_what_is_there(cast: Cast, world: World, whole: Settings) -> None:
    """A search that finds nothing proves something only if it would have found it."""
    word = Search(f"quetzal{cast.tag}", whole)
    for before in ("", "a", "ab", "abc"):
        for text in (f"{before}Zuleika Quetzal{cast.tag}, more", f"{before}quetzal{cast.tag}@"):
            assert word.found(text.encode())
            assert word.found(text.encode().hex().encode())
            assert word.found(base64.urlsafe_b64encode(text.encode()))
    cast.organiser.publish_gathering(
        f"An evening with Quetzal{cast.tag}".lower(),
        world.now() + timedelta(days=3),
        capacity=1,
        minor=0,
    )
    world.settle()
    assert {"events.events", "events.gatherings_v2"} <= set(word.tables())
    assert word.topics() == ["tessera.events.gathering.v1"]
    assert word.dump()
    assert any("postgres" in path for path in word.files())
    assert any("kafka" in path for path in word.files())


def test_the_search_finds_what_is_in_a_trace(
    cast: Cast, world: World, whole: Settings, traces: Traces
) -> None:
    word = Search(f"quetzal{cast.tag}", whole)
    with pytest.raises(Refused):
        world.public(f"/api/membership/v1/public/communities/quetzal{cast.tag}")
    _export_all(cast, world, traces)
    assert word.traces(traces) == []  # Nor what stands in an address, as links do.
    told = ExportTraceServiceRequest.FromString(traces.bodies[-1])
    told.resource_spans[0].scope_spans[0].spans[0].events.add(name=f"refused: quetzal{cast.tag}@")
    later = Traces()
    later.bodies = [*traces.bodies, told.SerializeToString()]
    assert len(word.traces(later)) == 1


def _export_all(cast: Cast, world: World, traces: Traces) -> None:
    """Until every process has exported what it had done by now: each sends its spans in the order of their ends."""
    world.settle()
    now = time.time_ns()
    later = cast.member(f"Later Person{cast.tag}")
    for service in SERVICES:
        later.get(f"/api/{service}/v1/me/data")
    later.post(f"/api/membership/v1/people/{later.person_id}/erasure")
    world.settle()
    wanted = {f"tessera-{service}-{role}" for service in SERVICES for role in ("api", "worker")}
    eventually(lambda: {one.process for one in traces.spans() if one.began >= now}, wanted.issubset)


def reports_of(whole: Settings, payments: list[str]) -> set[str]:
    """Of which kinds billing has kept reports about these payments."""
    metadata = ["data", "object", "metadata", "payment_id"]
    query = "SELECT type FROM billing.inbox WHERE topic = 'webhook' AND value #>> %s = ANY (%s)"
    with psycopg.connect(database_of(whole)) as connection:
        return {kind for (kind,) in connection.execute(query, (metadata, payments))}


def _everything_said(cast: Cast, gone: Singer) -> str:
    """All that the API answers about her, to the organiser and to the token that she still has."""
    person = f"/api/membership/v1/people/{gone.person_id}"
    paths = [
        f"{person}/access",
        f"{person}/benefits",
        f"{person}/messages",
        "/api/membership/v1/members",
        "/api/membership/v1/applications",
        "/api/membership/v1/goals",
        gone.spoken_of,
        "/api/membership/v1/me/feedback",
        "/api/membership/v1/ideas",
        "/api/membership/v1/directory",
        "/api/membership/v1/me/introductions",
        f"{person}/chat",
        f"{person}/groups",
        "/api/membership/v1/me",
        "/api/membership/v1/me/data",
        "/api/billing/v1/me/data",
        "/api/events/v1/me/data",
        "/api/analytics/v1/me/data",
        "/api/billing/v1/payments",
        "/api/billing/v1/subscriptions",
        "/api/billing/v1/exit-answers",
        "/api/events/v1/tickets",
    ]
    answers = []
    for account in (cast.organiser, gone):
        for path in paths:
            try:
                answers.append(json.dumps(account.get(path)))
            except Refused as refusal:
                answers.append(json.dumps(refusal.problem))
    return "\n".join(answers)
