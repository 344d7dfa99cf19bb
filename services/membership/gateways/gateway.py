"""What membership asks of the outside world: that letters are posted and identities proved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
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
