"""What every public contract shares: a topic, a frozen shape, and field types that cannot hold a person's words."""

from datetime import datetime
from functools import cache
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from shared.money import CURRENCIES, Money

Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", json_schema_extra={"x-kind": "enum"})]
LabelText = Annotated[str, Field(max_length=200, json_schema_extra={"x-kind": "label"})]
CodeText = Annotated[
    str, Field(max_length=200, pattern=r"^[\w.:+/=-]*$", json_schema_extra={"x-kind": "enum"})
]

ChargedFor = Literal["subscription", "purchase", "ticket", "donation", "sponsorship"]


class MoneyValue(BaseModel):
    """An amount on the wire: integer minor units and an ISO 4217 code."""

    model_config = ConfigDict(frozen=True)

    minor: int
    currency: Currency

    @field_validator("currency")
    @classmethod
    def _is_a_currency(cls, code: str) -> str:
        if code not in CURRENCIES:
            message = f"{code} is not an ISO 4217 currency"
            raise ValueError(message)
        return code

    @staticmethod
    def of(money: Money) -> "MoneyValue":
        """The wire form of `money`."""
        return MoneyValue(minor=money.minor, currency=money.currency)

    def money(self) -> Money:
        """The amount."""
        return Money(self.minor, self.currency)


class Contract(BaseModel):
    """One public fact. Readers ignore fields they do not know; the class name is the type's last part."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    topic: ClassVar[str]
    version: ClassVar[int] = 1

    community_id: UUID
    occurred_at: AwareDatetime

    @classmethod
    @cache
    def service(cls) -> str:
        """The service that publishes it: the second word of its topic."""
        return cls.topic.split(".")[1]

    @classmethod
    @cache
    def type(cls) -> str:
        """The CloudEvents type, such as `io.tessera.billing.PaymentSucceeded`."""
        return f"io.tessera.{cls.service()}.{cls.__name__}"

    @classmethod
    @cache
    def schema_id(cls) -> str:
        """The URI of its JSON Schema, docs/schemas/<topic>/<name>.json."""
        return f"urn:tessera:schema:{cls.topic}:{cls.__name__}"


class MessageRequested(Contract):
    """A service asks membership, the one sender, to write to a person.

    `values` are codes, ids, numbers, times and labels for the template; never personal data.
    """

    person_id: UUID
    template: CodeText
    values: dict[CodeText, LabelText | int | datetime | MoneyValue]
    link: LabelText | None = None


class PersonForgotten(Contract):
    """A service has destroyed what it held of a person."""

    person_id: UUID


class PersonDataDestroyed(Contract):
    """A service looked again after it forgot a person: no key of theirs is left, but for accounting until then."""

    person_id: UUID
    kept_until: AwareDatetime | None


class KeptDataDestroyed(Contract):
    """What a service had kept of a forgotten person for accounting is destroyed as well."""

    person_id: UUID


class PartPacked(Contract):
    """All that a service keeps of a person is where files are kept, sealed for their bundle of this number."""

    person_id: UUID
    bundle_id: UUID
    number: int
    file_id: UUID
    size: int
    sha256: CodeText
