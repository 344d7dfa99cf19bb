"""What there is at Stripe: accounts with a book each, time, and news of everything that happens."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, ClassVar, Protocol, TypeVar

from tests.doubles.stripe.forms import EXPAND, LISTED, Reader, within
from tests.doubles.stripe.refusals import invalid, missing

Json = dict[str, Any]
API_VERSION = "2026-08-26.dahlia"
KEPT_EVENTS = 5_000
DEEPEST = 4


class Kept(Protocol):
    """An object of the API. `kind` is its `object`, `prefix` begins its ids."""

    kind: ClassVar[str]
    prefix: ClassVar[str]
    id: str
    created: int

    def shown(self) -> Json:
        """As Stripe shows it when nothing is expanded."""
        ...


K = TypeVar("K", bound=Kept)


class Book:
    """All that one account has; no other sees it. The platform's own has no name."""

    def __init__(self, account: str | None) -> None:
        self.account = account
        self._kept: defaultdict[type[Kept], dict[str, Any]] = defaultdict(dict)
        self._all: dict[str, Kept] = {}

    def put(self, one: K) -> K:
        self._kept[type(one)][one.id] = one
        self._all[one.id] = one
        return one

    def remove(self, one: Kept) -> None:
        del self._kept[type(one)][one.id], self._all[one.id]

    def every(self, kind: type[K]) -> list[K]:
        """The newest first."""
        return list(reversed(self._kept[kind].values()))

    def find(self, kind: type[K], id_: str, param: str = "id", status: int = 404) -> K:
        found: K | None = self._kept[kind].get(id_)
        if found is None:
            raise missing(kind.kind, id_, param, status)
        return found

    def get(self, id_: str) -> Kept | None:
        return self._all.get(id_)

    def expanded(self, shown: Json, paths: list[str]) -> Json:
        """The same, with the object in place of its id wherever a path leads."""
        for path in paths:
            steps = path.split(".")
            if len(steps) - (steps[0] == "data") > DEEPEST:
                raise invalid(f"You cannot expand more than {DEEPEST} levels.", "expand")
            shown = self._opened(shown, steps, path)
        return shown

    def _opened(self, value: Any, steps: list[str], path: str) -> Any:
        if isinstance(value, list):
            return [self._opened(one, steps, path) for one in value]
        if isinstance(value, str):
            found = self.get(value)
            value = found.shown() if found else value
        if not steps or value is None:
            return value
        if not isinstance(value, dict) or steps[0] not in value:
            raise invalid(f"This property cannot be expanded ({path}).", "expand")
        return value | {steps[0]: self._opened(value[steps[0]], steps[1:], path)}


@dataclass(slots=True)
class Event:
    """Something that happened, told by webhooks and kept for whoever asks."""

    kind: ClassVar[str] = "event"
    prefix: ClassVar[str] = "evt"
    id: str
    created: int
    account: str | None
    type: str
    about: Json
    key: str | None = None

    def shown(self) -> Json:
        told: Json = {
            "id": self.id,
            "object": "event",
            "api_version": API_VERSION,
            "created": self.created,
            "data": {"object": self.about},
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": None, "idempotency_key": self.key},
            "type": self.type,
        }
        return told | ({"account": self.account} if self.account else {})


class World:
    """Shared by all operations. `events` are the last that happened, the oldest first.

    `address`: where it was last spoken to. `takes_seconds`: how long banks take where they do not answer at once, None
    where a test says when.
    """

    def __init__(self, takes_seconds: float | None = 0.3) -> None:
        self.books: dict[str | None, Book] = {None: Book(None)}
        self.events: deque[Event] = deque(maxlen=KEPT_EVENTS)
        self.listeners: list[Callable[[Event], None]] = []
        self.waiting: list[Callable[[], None]] = []
        self.takes_seconds = takes_seconds
        self.passed = timedelta()
        self.address = ""
        self._ids = count(1)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.passed

    @property
    def seconds(self) -> int:
        return int(self.now.timestamp())

    @property
    def platform(self) -> Book:
        return self.books[None]

    def connect(self, account: str) -> Book:
        """A seller lets us act for them."""
        return self.books.setdefault(account, Book(account))

    def later(self, act: Callable[[], None]) -> None:
        """What a bank does in its own time: soon, or when a test calls what is `waiting`."""
        if self.takes_seconds is None:
            self.waiting.append(act)
        else:
            asyncio.get_running_loop().call_later(self.takes_seconds, act)

    def new_id(self, kind: type[Kept]) -> str:
        return f"{kind.prefix}_{next(self._ids):024x}"

    def tell(self, book: Book, happened: str, about: Kept) -> None:
        """News of an object, as it is now."""
        event = Event(self.new_id(Event), self.seconds, book.account, happened, about.shown())
        self.events.append(event)
        for listener in self.listeners:
            listener(event)


@dataclass(frozen=True, slots=True)
class Call:
    """One request: on whose book, about which object, with what."""

    world: World
    book: Book
    ids: Mapping[str, str]
    asked: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """A method and a path as Stripe's own document names it, what it takes, and what it does."""

    method: str
    template: str
    act: Callable[[Call], Json]
    takes: Mapping[str, Reader] = field(default_factory=dict)
    needs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def reads(self) -> Mapping[str, Reader]:
        return {**self.takes, **EXPAND}


def listing(template: str, kind: type[Kept], **filters: Reader) -> Operation:
    """A list, the newest first; each filter compares the attribute of its name."""

    def act(call: Call) -> Json:
        return page(call, template, call.book.every(kind), tuple(filters))

    return Operation("GET", template, act, {**LISTED, **filters})


def page(call: Call, url: str, found: list[Any], filters: tuple[str, ...] = ()) -> Json:
    """Some of them, as far as the request asks (docs.stripe.com/api/pagination)."""
    asked = call.asked
    same = {name: asked[name] for name in filters if name in asked}
    chosen = [
        one
        for one in found
        if within(one.created, asked.get("created", {}))
        and all(getattr(one, name) == value for name, value in same.items())
    ]
    ids = [one.id for one in chosen]
    many = asked.get("limit", 10)
    if "ending_before" in asked:
        end = _place(ids, asked["ending_before"], "ending_before")
        begin = max(0, end - many)
        more = begin > 0
    else:
        after = asked.get("starting_after")
        begin = _place(ids, after, "starting_after") + 1 if after else 0
        end = begin + many
        more = end < len(ids)
    data = [one.shown() for one in chosen[begin:end]]
    return {"object": "list", "url": url, "has_more": more, "data": data}


def _place(ids: list[str], id_: str, param: str) -> int:
    if id_ not in ids:
        raise missing("object", id_, param, 400)
    return ids.index(id_)


def retrieving(template: str, kind: type[Kept], name: str) -> Operation:
    def act(call: Call) -> Json:
        return call.book.find(kind, call.ids[name], name).shown()

    return Operation("GET", template, act)
