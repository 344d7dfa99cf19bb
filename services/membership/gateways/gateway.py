"""What membership asks of the outside world: letters posted, identities proved, chats opened, webhooks delivered."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Protocol
from uuid import UUID

from pydantic import StringConstraints

from shared.decider import NotFound, Rejected
from shared.event_store import Unavailable
from shared.files import FileStore
from shared.ids import Code
from shared.money import Money

Address = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=254,
        pattern=r"^[^@\s<>\",;]+@[^@\s<>\",;]+\.[^@\s<>\",;]+$",
    ),
]
Language = Literal["en", "fr"]
Value = str | int | datetime | Money


UnsendableReason = Literal[
    "unknown_template", "incomplete_values", "refused_by_mail_server", "address_refused"
]


class Unsendable(Exception):
    """This letter will never be posted, however often it is tried."""

    def __init__(self, reason: UnsendableReason) -> None:
        super().__init__(reason)
        self.reason = reason


class Unreachable(Exception):
    """The other side does not answer; the same may be tried again: `after` so many seconds, where it has said so."""

    def __init__(self, reason: str = "", after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Unwelcome(Unreachable):
    """The other side does not know us, and will not until somebody has put that right."""


class Unsure(Unreachable):
    """The other side stopped answering once it had everything: it may have done what we asked, or not."""


class NotProved(Exception):
    """The token says nothing that we may believe."""


@dataclass(frozen=True, slots=True)
class Look:
    """The sender's colours as #rrggbb, and the https address of their logo; without an `accent` it is the colour."""

    colour: str = "#1f6feb"
    logo: str | None = None
    accent: str | None = None

    @property
    def pressed(self) -> str:
        return self.accent or self.colour


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody wrote for this one letter in place of a template; `text` is Markdown."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class WayOut:
    """Where the reader says that they want no more of this kind: a program by `one_click`, a person on `page`."""

    kind: Literal["announcement", "reminder"]
    one_click: str
    page: str


@dataclass(frozen=True, slots=True)
class Letter:
    """`key` is the same at every try, so that a letter posted twice can be recognised as one.

    Of a message of a community what comes back later is told by its name: `mark`.
    """

    key: UUID
    to: str
    sender: str
    template: str
    language: Language
    values: Mapping[str, Value]
    link: str | None = None
    time_zone: str = "UTC"
    look: Look = Look()
    words: Words | None = None
    way_out: WayOut | None = None
    mark: str | None = None


ABOUT_US = "5.7."
"""The class of a mail server's answers that speak of us and our letters, not of whom they are for (RFC 3463)."""


class Post(Protocol):
    """Whoever carries letters."""

    async def send(self, letter: Letter) -> None:
        """Hand the letter over. Unsendable when that is pointless, Unreachable when it is not yet.

        Unsure when it may have been taken: who must not send twice does not try again.
        """
        ...


class IdentityProvider(Protocol):
    """Whoever vouches for e-mail addresses with OpenID Connect id tokens."""

    async def email_of(self, id_token: str) -> str:
        """The verified address. NotProved for a token that is not to be believed, Unreachable for no keys."""
        ...


class Resolver(Protocol):
    """Whoever knows which records stand beside a name."""

    async def texts(self, name: str) -> frozenset[str]:
        """Its TXT records, none where there are none. Unreachable when nobody could say."""
        ...


ChatProblem = Literal[
    "account_gone",
    "banned_on_server",
    "bot_not_allowed",
    "bot_not_on_server",
    "channel_unknown",
    "link_refused",
    "not_on_server",
    "refused",
    "role_unknown",
    "server_unknown",
    "too_many_invites",
    "too_many_servers",
]


class ChatRefused(Exception):
    """The chat's vendor said no, and will say so again until somebody acts."""

    def __init__(self, problem: ChatProblem) -> None:
        super().__init__(problem)
        self.problem = problem


DirectProblem = Literal["account_gone", "messages_closed", "refused"]


class Undeliverable(Exception):
    """A person is not written to there, and will not be until they act: what they are told goes by mail."""

    def __init__(self, problem: DirectProblem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """`key` is the same at every try; `tried_since` is when an earlier one began, of which nobody knows what came."""

    key: UUID
    text: str
    tried_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChatAuthorization:
    """What a person allowed us: `access_token` is used at once; `server` is what they put our bot on, if they did."""

    access_token: str
    server: str | None


@dataclass(frozen=True, slots=True)
class ChatInvite:
    """An invite lets one person in, until it runs out."""

    code: str
    until: datetime


SightingKind = Literal["comment", "reply", "reaction", "reaction_received", "thread"]
StreamProblem = Literal[
    "away", "token_refused", "intents_refused", "starts_spent", "refused", "unheard"
]


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody did something on a server; all by the vendor's ids, and never a word of what was said.

    `key` is the same whenever the vendor tells of it, among those of its kind, and so is the time `page_at`; `seen_at`
    is None where the vendor does not say when. `towards` is whom it was an answer to.
    """

    server: str
    account: str
    kind: SightingKind
    key: str
    place: str
    page_at: datetime
    seen_at: datetime | None = None
    towards: str | None = None


@dataclass(frozen=True, slots=True)
class StreamSession:
    """How far one of `count` streams was heard: with it the vendor goes on where we stopped, for a while."""

    shard: int
    count: int
    session_id: str
    url: str
    seq: int


@dataclass(frozen=True, slots=True)
class Heard:
    """`sightings` are those of one dispatch, `unreadable` that it was none we know; `at` is on the monotonic clock."""

    session: StreamSession
    sightings: tuple[Sighting, ...]
    at: float
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """What the vendor advises: how many streams, how many may begin in five seconds, and how many beginnings are left.

    `reset_after` is in seconds: then all of them are there again.
    """

    url: str
    shards: int
    at_once: int
    remaining: int
    reset_after: float


class StreamRefused(Exception):
    """The vendor closed the stream for good: trying again is in vain until somebody acts."""

    def __init__(self, problem: StreamProblem) -> None:
        super().__init__(problem)
        self.problem = problem


class StreamListener(Protocol):
    """Who is told what is heard. Whoever tells waits until the listener has room."""

    async def hear(self, heard: Heard) -> None:
        """Something came; it is to be stored before the session's place is."""
        ...

    async def notice(self, shard: int, problem: StreamProblem | None) -> None:
        """How a stream stands now: None while it is followed."""
        ...


class ChatStream(Protocol):
    """What a chat vendor tells of as it happens."""

    async def follow(self, sessions: Sequence[StreamSession], listener: StreamListener) -> None:
        """Follow every stream for ever, from these places on where the vendor knows them. StreamRefused ends it."""
        ...


class Chat(Protocol):
    """A chat vendor. Everywhere: Unreachable when it does not answer, ChatRefused when it says no."""

    def account_url(self, state: str) -> str:
        """Where a person allows us to know their account and to let it onto servers."""
        ...

    def server_url(self, state: str) -> str:
        """Where somebody who manages a server puts our bot on it."""
        ...

    async def authorized(self, code: str) -> ChatAuthorization:
        """What the code they came back with is worth."""
        ...

    async def account_of(self, access_token: str) -> str:
        """Whose token it is."""
        ...

    async def join(self, server: str, account: str, access_token: str) -> bool:
        """Let the account onto the server; False when it was there."""
        ...

    async def add_role(self, server: str, account: str, role: str) -> None:
        """Give a member of the server a role."""
        ...

    async def remove_role(self, server: str, account: str, role: str) -> None:
        """Take a role; whoever has left has none."""
        ...

    async def kick(self, server: str, account: str) -> None:
        """Remove somebody from the server; whoever has left is removed."""
        ...

    async def invite(self, channel: str, roles: Sequence[str], now: datetime) -> ChatInvite:
        """An invite for one use, which gives these roles."""
        ...

    async def withdraw_invite(self, code: str) -> bool:
        """Take an invite back; False when it had been used or had run out."""
        ...

    async def write(self, account: str, message: ChatMessage) -> None:
        """Write to somebody themselves, once. Undeliverable when that is in vain, Unsure when it may have gone."""
        ...

    async def members(self, server: str) -> Mapping[str, frozenset[Code]]:
        """Everybody on the server: their roles, by account."""
        ...

    async def roles_of(self, server: str, account: str) -> frozenset[str] | None:
        """The roles of a member, None for who is not on the server."""
        ...


def chat_stream_of(gateways: Mapping[str, Any]) -> ChatStream:
    """What the chat tells of as it happens, or NotFound on a platform that does not listen."""
    stream: ChatStream | None = gateways.get("chat_stream")
    if stream is None:
        raise NotFound("chat_activity_not_offered", "This platform does not listen to the chat.")
    return stream


def chat_of(gateways: Mapping[str, Any]) -> Chat:
    """The chat vendor the platform is set up with; NotFound when it is with none."""
    chat: Chat | None = gateways.get("chat")
    if chat is None:
        raise NotFound("chat_not_offered", "This platform has not been set up with a chat.")
    return chat


MessengerProblem = Literal["number_refused", "number_unreachable", "messages_stopped", "held_back"]


class MessengerRefused(Exception):
    """The messenger will not carry this to this number, until somebody acts."""

    def __init__(self, problem: MessengerProblem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class GroupInvite:
    """`door` is the last part of the address the reader opens; `mark` comes back with each report on the message."""

    number: str
    community: str
    group: str
    language: Language
    door: str
    mark: str


@dataclass(frozen=True, slots=True)
class PhoneMessage:
    """That there is a message, and its subject; `page` is the last part of the address where all of it is read."""

    number: str
    community: str
    subject: str
    language: Language
    page: str
    mark: str


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a message, by its mark; `report_id` is the same however often it is told."""

    report_id: str
    mark: str
    arrived: bool
    problem: MessengerProblem | None = None


class Messenger(Protocol):
    """Whoever carries messages to phones."""

    async def invite(self, invite: GroupInvite) -> None:
        """Hand it over. MessengerRefused when that is in vain, Unreachable when it certainly was not taken.

        Unsure when it may have been taken: nothing at the vendor would recognise a second one.
        """
        ...

    @property
    def tells(self) -> bool:
        """Whether there is a template for messages, and not for invites alone."""
        ...

    async def tell(self, message: PhoneMessage) -> None:
        """Hand it over, as an invite is."""
        ...

    def welcome(self, mode: str, token: str) -> bool:
        """Whether it is the vendor who asks if reports may be sent here."""
        ...

    def reports(self, raw: bytes, signature: str) -> list[Report]:
        """What the vendor reports. NotProved when somebody else does."""
        ...


def messenger_of(gateways: Mapping[str, Any]) -> Messenger:
    """The messenger the platform is set up with; NotFound when it is with none."""
    messenger: Messenger | None = gateways.get("messenger")
    if messenger is None:
        raise NotFound("groups_not_offered", "This platform has not been set up with WhatsApp.")
    return messenger


def files_of(gateways: Mapping[str, Any]) -> FileStore:
    """Where the platform keeps files; NotFound when it keeps none."""
    store: FileStore | None = gateways.get("files")
    if store is None:
        raise NotFound("files_not_offered", "This platform has not been set up to keep files.")
    return store


@contextmanager
def in_a_request() -> Iterator[None]:
    """For somebody who waits: a vendor that is away is 503, and what it refuses is theirs to begin again."""
    try:
        yield
    except Unreachable as gone:
        raise Unavailable(str(gone), retry_after=5) from gone
    except ChatRefused as refusal:
        detail = "The chat does not accept this; begin again."
        raise Rejected("link_refused", detail, pointer="/code") from refusal


Failure = Literal[
    "refused",
    "gone",
    "redirected",
    "timeout",
    "unreachable",
    "name_unknown",
    "address_refused",
    "tls",
    "not_http",
]


@dataclass(frozen=True, slots=True)
class Parcel:
    """An event for an endpoint. `message_id` is the same at every try; each of the `secrets` signs it."""

    url: str
    message_id: UUID
    body: bytes
    secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the other side made of it: no `failure` means it took it. `excerpt` is how it began to explain itself."""

    duration: timedelta
    failure: Failure | None = None
    status: int | None = None
    excerpt: str | None = None
    retry_after: timedelta | None = None


class Round(Protocol):
    """Deliveries one after another."""

    async def deliver(self, parcel: Parcel) -> Receipt:
        """Hand the parcel over; whatever the other side does is in the receipt."""
        ...


class Courier(Protocol):
    """Whoever carries webhooks to addresses that others chose."""

    def round(self) -> AbstractAsyncContextManager[Round]:
        """Deliveries that may share a connection."""
        ...
