"""What membership asks of the outside world: that letters are posted, identities proved and webhooks delivered."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Literal, Protocol
from uuid import UUID

from pydantic import StringConstraints

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


class Unsendable(Exception):
    """This letter will never be posted, however often it is tried."""

    def __init__(
        self, reason: Literal["unknown_template", "incomplete_values", "refused_by_mail_server"]
    ) -> None:
        super().__init__(reason)
        self.reason = reason


class Unreachable(Exception):
    """The other side does not answer; the same may be tried again."""


class NotProved(Exception):
    """The token says nothing that we may believe."""


@dataclass(frozen=True, slots=True)
class Letter:
    """`key` is the same at every try, so that a letter posted twice can be recognised as one."""

    key: UUID
    to: str
    sender: str
    template: str
    language: Language
    values: Mapping[str, Value]
    link: str | None = None
    time_zone: str = "UTC"


class Post(Protocol):
    """Whoever carries letters."""

    async def send(self, letter: Letter) -> None:
        """Hand the letter over. Unsendable when that is pointless, Unreachable when it is not yet."""
        ...


class IdentityProvider(Protocol):
    """Whoever vouches for e-mail addresses with OpenID Connect id tokens."""

    async def email_of(self, id_token: str) -> str:
        """The verified address. NotProved for a token that is not to be believed, Unreachable for no keys."""
        ...


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
