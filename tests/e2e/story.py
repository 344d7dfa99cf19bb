"""The people of a community as clients: HTTP to the one origin, as their apps would, and nothing behind its back."""

import hashlib
import json
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any, Self, TypeVar
from urllib.parse import quote
from uuid import UUID

import httpx

Json = dict[str, Any]
Seen = TypeVar("Seen")

SERVICES = ("membership", "billing", "events", "analytics")

MOVEMENTS = ("new", "reactivation", "expansion", "contraction", "churn")

# What the processor's test cards do (docs.stripe.com/testing).
GOOD_CARD = "4242424242424242"
ANOTHER_GOOD_CARD = "5555555555554444"
REFUSED_WHEN_KEPT = "4000000000000002"
REFUSED_WHEN_CHARGED = "4000000000000341"
ASKS_THE_PAYER = "4000002500003155"

TOKEN_SECONDS = 8 * 60  # tokens live for ten minutes of real time, whatever the business clock says
PATIENCE_SECONDS = 90.0  # an upper bound: the fault tests look while processes are killed
POLL_SECONDS = 0.05
QUIET_POLLS = 3
CODE = re.compile(r"\b\d{6}\b")


class Refused(Exception):
    """The answer was no: a problem document."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.problem: Json = (
            answer.json() if "json" in answer.headers.get("content-type", "") else {}
        )
        request = answer.request
        super().__init__(f"{request.method} {request.url.path}: {self.status} {answer.text}")

    @property
    def code(self) -> str:
        """The last word of the problem's type."""
        return str(self.problem.get("type", "")).rpartition(":")[2]


class World:
    """The stack as its users meet it: an origin, a mailbox, the processor's form, and a clock that can be moved."""

    def __init__(self, origin: str, processor: str) -> None:
        self.origin = origin
        self.processor = processor
        self.calls = 0
        self.asked_again = 0
        self.on_step: Callable[[datetime], None] = lambda _: None
        # Servers close an idle connection after five seconds; one of ours must never be the older.
        limits = httpx.Limits(keepalive_expiry=2)
        self._http = httpx.Client(base_url=origin, timeout=20, trust_env=False, limits=limits)
        self._form = httpx.Client(
            base_url=processor,
            timeout=20,
            trust_env=False,
            limits=limits,
            auth=("sk_test_browser", ""),
        )
        self._threads = ThreadPoolExecutor(len(SERVICES))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown()
        self._http.close()
        self._form.close()

    def send(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """One call; what cannot be answered just now is asked again. A file goes as it is: `headers` say what it is."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        content = None if body is None else raw
        sent = {"Content-Type": "application/json"} if content is not None else {}
        if method == "POST":
            sent["Idempotency-Key"] = secrets.token_hex(16)
        sent |= headers or {}
        self.calls += 1
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self._http.request(method, path, content=content, headers=sent)
            if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                return answer
            self.asked_again += 1
            time.sleep(0.2)

    def ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Json:
        """The answer's body, Refused when it was no."""
        answer = self.send(method, path, body, headers)
        if answer.is_error:
            raise Refused(answer)
        return answer.json() if answer.content else {}

    def public(self, path: str) -> Json:
        """What a stranger is shown."""
        return self.ask("GET", path)

    def patiently(self, look: Callable[[], Seen], accept: Callable[[Seen], object]) -> Seen:
        """Look until it is accepted; however often that is, it counts as one call."""
        before = self.calls
        seen = eventually(look, accept)
        self.calls = before + 1
        return seen

    def mails(self, to: str) -> list[Json]:
        """What the mailbox holds for an address, the newest first."""
        items: list[Json] = self._http.get(f"/mailbox.json?to={quote(to)}").json()["items"]
        return items

    # The processor's own form, in the payer's browser: card numbers never reach us.

    def card(self, number: str = GOOD_CARD, payer: "Account | None" = None) -> str:
        """What the form makes of a card, and of what the payer writes beside it."""
        form = {
            "type": "card",
            "card[number]": number,
            "card[exp_month]": "12",
            "card[exp_year]": "2050",
            "card[cvc]": "123",
        }
        if payer:
            form |= {"billing_details[name]": payer.name, "billing_details[email]": payer.email}
        answer = self._form.post("/v1/payment_methods", data=form).raise_for_status()
        return str(answer.json()["id"])

    def authenticate(self, processor: Json, *, success: bool = True) -> None:
        """What the payer does in the window that the bank opens."""
        form = {"client_secret": processor["client_secret"], "success": str(success).lower()}
        intent = processor["payment_intent"]
        self._form.post(f"/v1/payment_intents/{intent}/_authenticate", data=form).raise_for_status()

    def at_processor(self, path: str) -> Json:
        """What the processor's own dashboard would show."""
        answer: Json = self._form.get(path).raise_for_status().json()
        return answer

    # The business clock, which a development stack can move.

    def now(self) -> datetime:
        """What time it is for the business."""
        return max(_moment(clock["now"]) for clock in self._everywhere("clock").values())

    def advance(self, by: timedelta) -> int:
        """Let that much time pass; in how many minutes something was due."""
        return self.advance_to(self.now() + by)

    def advance_to(self, to: datetime) -> int:
        """Go there from minute to minute in which something is due, each with all its effects; how many there were."""
        steps = 0
        self.settle()
        while (due := self._next_due()) is not None and due <= to:
            minute = due.replace(second=0, microsecond=0) + timedelta(minutes=1)
            self.move_clock(min(minute, to))
            self.settle()
            self.on_step(due)
            steps += 1
        self.move_clock(to)
        self.settle()
        return steps

    def move_clock(self, to: datetime, *services: str) -> None:
        """Set the clock ahead; of all services, or of those whose time is to run faster than the others'."""

        def move(service: str) -> None:
            path = f"/api/{service}/v1/dev/clock"
            self._http.put(path, json={"to": to.isoformat()}).raise_for_status()

        list(self._threads.map(move, services or SERVICES))

    def settle(self) -> None:
        """Wait until all that happened has had its effects everywhere: quiet, several looks in a row."""
        deadline, still = time.monotonic() + 2 * PATIENCE_SECONDS, 0
        while still < QUIET_POLLS:
            states = self._everywhere("quiet")
            parked = [service for service, state in states.items() if state["agenda_parked"]]
            assert not parked, f"parked at {parked}: `python -m services.<name> agenda` says why"
            sent = {topic: n for state in states.values() for topic, n in state["sent"].items()}
            arrived = all(
                n == sent.get(topic, 0)
                for state in states.values()
                for topic, n in state["heard"].items()
            )
            quiet = arrived and all(state["quiet"] for state in states.values())
            still = still + 1 if quiet else 0
            assert time.monotonic() < deadline, f"not quiet: {states}"
            time.sleep(POLL_SECONDS)

    def _next_due(self) -> datetime | None:
        due = (clock["next_due"] for clock in self._everywhere("clock").values())
        return min((_moment(at) for at in due if at), default=None)

    def _everywhere(self, what: str) -> dict[str, Json]:
        """The same question to every service, all at once."""

        def look(service: str) -> Json:
            answer = self._http.get(f"/api/{service}/v1/dev/{what}").raise_for_status()
            told: Json = answer.json()
            return told

        return dict(zip(SERVICES, self._threads.map(look, SERVICES), strict=True))


@dataclass
class Community:
    """What its organiser wrote down."""

    id: UUID
    slug: str
    name: str
    currency: str


@dataclass(frozen=True)
class Figures:
    """What an organiser sees of a window of days: MRR and its movements, subscriptions, takings, members, access."""

    start: int
    new: int
    reactivation: int
    expansion: int
    contraction: int
    churn: int
    mrr: int
    trial: int
    paying: int
    past_due: int
    at_risk: int
    gross: dict[str, int]
    refunded: dict[str, int]
    members: int
    access: dict[UUID, int]

    @classmethod
    def of(cls, revenue: Json, members: Json) -> Self:
        """What analytics answers, once it adds up."""
        nothing = dict.fromkeys(("start", *MOVEMENTS, "end"), 0)
        recurring = revenue["recurring"][0] if revenue["recurring"] else nothing
        assert recurring["end"] == recurring["start"] + sum(recurring[move] for move in MOVEMENTS)
        gross, refunded = Counter[str](), Counter[str]()
        for taking in revenue["takings"]:
            gross[taking["source"]] += taking["gross"]["minor"]
            refunded[taking["source"]] += taking["refunded"]["minor"]
        standing = revenue["subscriptions"]
        return cls(
            start=recurring["start"],
            **{move: recurring[move] for move in MOVEMENTS},
            mrr=recurring["end"],
            trial=standing["trial"],
            paying=standing["paying"],
            past_due=standing["past_due"],
            at_risk=sum(money["minor"] for money in standing["at_risk"]),
            gross=dict(gross),
            refunded={source: minor for source, minor in refunded.items() if minor},
            members=members["members"]["end"],
            access={UUID(tier["tier_id"]): tier["live"] for tier in members["access"]["tiers"]},
        )


class Account:
    """Somebody with an e-mail address, who can sign in and act in one community at a time."""

    def __init__(self, world: World, name: str, email: str) -> None:
        self.world = world
        self.name = name
        self.email = email
        self.community: Community | None = None
        self.refresh_token = ""
        self._access_token = ""
        self._issued = 0.0
        self._position: str | None = None

    def sign_in(self, community: Community | None = None) -> None:
        """Ask for a code, read it in the mailbox, change it for tokens."""
        before = {mail["id"] for mail in self.world.mails(self.email)}
        self.world.ask("POST", "/api/membership/v1/sign-in", {"email": self.email})
        code = eventually(lambda: self.code_in_mail(before))
        self.community = community
        self._take_tokens({"grant": "code", "email": self.email, "code": code})

    def _act_in(self, community: Community, made: Json) -> None:
        """From now on act in this community, by the token that its opening or one's joining gave."""
        self.community = community
        self._access_token, self._issued = made["access_token"], time.monotonic()

    @property
    def token(self) -> str:
        """An access token that is still good."""
        if time.monotonic() > self._issued + TOKEN_SECONDS:
            self._take_tokens({"grant": "refresh", "refresh_token": self.refresh_token})
        return self._access_token

    @property
    def community_id(self) -> UUID:
        """Where this account acts now."""
        assert self.community is not None
        return self.community.id

    def get(self, path: str, **query: object) -> Json:
        """A read that waits for this account's own last write."""
        shown = {name: _text(value) for name, value in query.items() if value is not None}
        headers = {"Tessera-Wait-For": self._position} if self._position else {}
        return self._ask(
            "GET", f"{path}?{httpx.QueryParams(shown)}" if shown else path, None, headers
        )

    def post(self, path: str, body: object = None, *, key: str | None = None) -> Json:
        """A write, once per key."""
        return self._ask("POST", path, body, {"Idempotency-Key": key} if key else {})

    def send_file(self, path: str, raw: bytes, media_type: str) -> Json:
        """A write that brings a file."""
        return self._ask("POST", path, raw, {"Content-Type": media_type})

    def put(self, path: str, body: object) -> Json:
        """A write that replaces."""
        return self._ask("PUT", path, body)

    def delete(self, path: str) -> Json:
        """A write that takes away."""
        return self._ask("DELETE", path)

    def _ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Json:
        bearer = {"Authorization": f"Bearer {self.token}"}
        answer = self.world.send(method, path, body, bearer | (headers or {}))
        if answer.is_error:
            raise Refused(answer)
        self._position = answer.headers.get("tessera-position", self._position)
        return answer.json() if answer.content else {}

    def _take_tokens(self, grant: Json) -> None:
        body = grant | ({"community_id": str(self.community.id)} if self.community else {})
        tokens = self.world.ask("POST", "/api/membership/v1/tokens", body)
        self._access_token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        self._issued = time.monotonic()

    def code_in_mail(self, before: Collection[int] = ()) -> str:
        """The newest code in the mailbox, empty while none has come since."""
        mails = [mail for mail in self.world.mails(self.email) if mail["id"] not in before]
        found = CODE.search(mails[0]["text"]) if mails else None
        return found.group() if found else ""


class Organiser(Account):
    """Who opens a community, sells, and looks at the figures."""

    def open_community(
        self, name: str, slug: str, *, currency: str = "EUR", time_zone: str = "Europe/Lisbon"
    ) -> Community:
        """A test community; the organiser acts in it from then on."""
        body = {
            "kind": "association",
            "name": name,
            "slug": slug,
            "brand": {"colour": "#0a6b5e"},
            "currency": currency,
            "time_zone": time_zone,
            "mode": "test",
        }
        made = self.post("/api/membership/v1/communities", body)
        community = Community(UUID(made["community_id"]), slug, name, currency)
        self._act_in(community, made)
        return community

    def join_as_person(self, name: str) -> UUID:
        """Be a member of one's own community too."""
        path = f"/api/membership/v1/communities/{self.community_id}/members"
        made = self.post(path, {"name": name, "email": self.email})
        assert self.community is not None
        self._act_in(self.community, made)
        return UUID(made["person_id"])

    def define_tier(self, name: str, *, paid: bool) -> UUID:
        """Something to belong to."""
        return UUID(self.post("/api/membership/v1/tiers", {"name": name, "paid": paid})["tier_id"])

    def publish_offer(
        self, name: str, minor: int, interval: str, *, tier: UUID | None = None, trial_days: int = 0
    ) -> UUID:
        """Something to buy, that grants the tier."""
        body: Json = {
            "name": name,
            "price": self._money(minor),
            "interval": interval,
            "trial_days": trial_days,
        }
        if tier:
            body["tier_id"] = str(tier)
        return UUID(self.post("/api/billing/v1/offers", body)["offer_id"])

    def publish_article(self, title: str) -> UUID:
        """Something to read, for every member."""
        raw, of = title.encode(), "/api/membership/v1"
        file = {"name": "text.md", "size": len(raw), "media_type": "text/markdown"}
        told = self.post(f"{of}/files", file | {"sha256": hashlib.sha256(raw).hexdigest()})
        door = told["upload"]
        headers = {name.title(): value for name, value in door["headers"].items()}
        self.world.ask(door["method"], door["url"], raw, headers)
        self.post(f"{of}/files/{told['file_id']}/completion")
        article = {
            "kind": "article",
            "words": [{"language": "en", "title": title}],
            "files": [{"file_id": told["file_id"]}],
            "audience": "members",
        }
        content_id = self.post(f"{of}/content", article)["content_id"]
        self.post(f"{of}/content/{content_id}/publication", {})
        return UUID(content_id)

    def publish_gathering(
        self, name: str, starts_at: datetime, *, capacity: int, minor: int
    ) -> UUID:
        """Something to come to, for three hours."""
        body = {
            "name": name,
            "place": "The boat house",
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(hours=3)).isoformat(),
            "capacity": capacity,
            "price": self._money(minor),
        }
        return UUID(self.post("/api/events/v1/gatherings", body)["gathering_id"])

    def check_in(self, gathering_id: UUID, code: str) -> Json:
        """Let in whoever shows the code, with all of its seats."""
        return self.post(f"/api/events/v1/gatherings/{gathering_id}/check-ins", {"code": code})

    def revenue(self, first: date | None = None, last: date | None = None) -> Json:
        """MRR and its movements, subscriptions, takings by source: of these days, or this month so far."""
        path = f"/api/analytics/v1/communities/{self.community_id}/revenue"
        return self.get(path, **{"from": first, "to": last})

    def members(self, first: date | None = None, last: date | None = None) -> Json:
        """Members and access over these days."""
        path = f"/api/analytics/v1/communities/{self.community_id}/members"
        return self.get(path, **{"from": first, "to": last})

    def figures(self, first: date | None = None, last: date | None = None) -> Figures:
        """All of it, checked to add up."""
        return Figures.of(self.revenue(first, last), self.members(first, last))

    def dashboard(self) -> Json:
        """This month so far."""
        return self.get(f"/api/analytics/v1/communities/{self.community_id}/dashboard")

    def access_of(self, person_id: UUID, at: datetime | None = None) -> Json:
        """What a member may enter, and why; now or then."""
        return self.get(f"/api/membership/v1/people/{person_id}/access", at=at)

    def give(self, person_id: UUID, tier: UUID) -> UUID:
        """Let somebody in for nothing."""
        made = self.post(f"/api/membership/v1/people/{person_id}/gifts", {"tier_id": str(tier)})
        return UUID(made["gift_id"])

    def payments(self) -> list[Json]:
        """Everything that was ever charged."""
        items: list[Json] = self.get("/api/billing/v1/payments", limit=200)["items"]
        return items

    def end_all(self) -> None:
        """End every subscription at once, so that the clock has less to do."""
        for one in self.get("/api/billing/v1/staff/subscriptions", limit=200)["items"]:
            if one["state"] != "ended":
                self.post(f"/api/billing/v1/subscriptions/{one['subscription_id']}/end")

    def erase(self, person_id: UUID) -> None:
        """Have a person forgotten."""
        self.post(f"/api/membership/v1/people/{person_id}/erasure")

    def erasure_of(self, person_id: UUID) -> Json:
        """Who has confirmed, and who is waited for."""
        return self.get(f"/api/membership/v1/erasures/{person_id}")

    def _money(self, minor: int) -> Json:
        assert self.community is not None
        return {"minor": minor, "currency": self.community.currency}


class Member(Account):
    """Who joins, pays, comes, and may leave again."""

    person_id: UUID

    def join(self, community: Community) -> UUID:
        """Become a person of the community, with a name and an address that are kept sealed."""
        if not self.refresh_token:
            self.sign_in(community)
        path = f"/api/membership/v1/communities/{community.id}/members"
        made = self.post(path, {"name": self.name, "email": self.email})
        self._act_in(community, made)
        self.person_id = UUID(made["person_id"])
        return self.person_id

    def check_out(self, *lines: Json) -> UUID:
        """A basket of offers and quotes."""
        body = {"lines": list(lines), "return_url": f"{self.world.origin}/thanks"}
        return UUID(self.post("/api/billing/v1/checkouts", body)["checkout_id"])

    def checkout(self, checkout_id: UUID) -> Json:
        """Where a basket stands."""
        return self.get(f"/api/billing/v1/checkouts/{checkout_id}")

    def pay(self, checkout_id: UUID, number: str = GOOD_CARD) -> None:
        """Give the processor's form a card, and us the form's word for it."""
        path = f"/api/billing/v1/checkouts/{checkout_id}/pay"
        self.post(path, {"payment_method": self.world.card(number, self)})

    def buy(self, *lines: Json, number: str = GOOD_CARD) -> Json:
        """Check out, pay, and wait for the word of the processor."""
        checkout_id = self.check_out(*lines)
        self.pay(checkout_id, number)
        return self.until(checkout_id, "completed")

    def until(self, checkout_id: UUID, *states: str) -> Json:
        """The basket, once it stands like this."""
        return self.world.patiently(
            lambda: self.checkout(checkout_id), lambda found: found["state"] in states
        )

    def subscriptions(self) -> list[Json]:
        """What this person pays for again and again."""
        items: list[Json] = self.get("/api/billing/v1/subscriptions")["items"]
        return items

    def subscription(self) -> Json:
        """The only one there is."""
        (only,) = self.subscriptions()
        return only

    def cancel(self) -> None:
        """Go on until the end of what is paid, and no further."""
        self.post(
            f"/api/billing/v1/subscriptions/{self.subscription()['subscription_id']}/cancellation"
        )

    def give_card(self, number: str) -> Json:
        """Be charged by another card from now on."""
        self.post(
            "/api/billing/v1/payer/payment-method",
            {"payment_method": self.world.card(number, self)},
        )
        return self.world.patiently(
            lambda: self.get("/api/billing/v1/payer/payment-method"),
            lambda kept: kept["state"] != "saving",
        )

    def hold(self, gathering_id: UUID, seats: int = 1) -> Json:
        """Have seats kept for a while; the quote is what they cost, signed."""
        body = {"seats": seats, "holder": self.name}
        return self.post(f"/api/events/v1/gatherings/{gathering_id}/holds", body)

    def tickets(self) -> list[Json]:
        """One's own."""
        items: list[Json] = self.get("/api/events/v1/tickets")["items"]
        return items

    def access(self, at: datetime | None = None) -> Json:
        """What one may enter, and why."""
        return self.get(f"/api/membership/v1/people/{self.person_id}/access", at=at)

    def messages(self) -> list[Json]:
        """What one was told."""
        items: list[Json] = self.get(f"/api/membership/v1/people/{self.person_id}/messages")[
            "items"
        ]
        return items


def offer(offer_id: UUID, quantity: int = 1) -> Json:
    """A line of a basket."""
    return {"offer_id": str(offer_id), "quantity": quantity}


def seats(held: Json) -> Json:
    """A line of a basket: seats that are held."""
    return {"quote": held["quote"]}


def eventually(
    look: Callable[[], Seen],
    accept: Callable[[Seen], object] = bool,
    *,
    within: float = PATIENCE_SECONDS,
) -> Seen:
    """Look until what is seen is accepted; after so many real seconds, fail with what was last seen."""
    deadline = time.monotonic() + within
    while True:
        seen = look()
        if accept(seen):
            return seen
        assert time.monotonic() < deadline, f"not within {within:.0f} s; last seen: {seen!r}"
        time.sleep(POLL_SECONDS)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
