"""A till: the smallest service worth measuring. It sells up to a limit and publishes as billing does.

python -m bench.till api | worker | migrate
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg

from shared import migrations
from shared.cli import main
from shared.command_handler import Origin
from shared.contracts.billing_payment import MoneyLine, PaymentSucceeded
from shared.contracts.contract import MoneyValue
from shared.decider import Decider, Rejected
from shared.event_store import CommandRecord, Fact, Meta, NewEvent, StreamWrite, Write
from shared.event_types import EventTypes
from shared.feature import Feature, Publication
from shared.ids import PersonId, derive, random_id
from shared.money import Money
from shared.reaction import Ask
from shared.service import Blueprint
from shared.settings import Settings

SERVICE = "till"
MIGRATIONS = Path(__file__).parent / "migrations"  # none beyond the kernel's
COMMUNITY = UUID("11111111-1111-8111-8111-111111111111")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRICE = Money(1500, "EUR")
NO_LIMIT = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Sell:
    buyer: PersonId
    amount: Money
    limit: int = NO_LIMIT


@dataclass(frozen=True, slots=True)
class Sold:
    number: int
    buyer: PersonId
    amount: Money


@dataclass(frozen=True, slots=True)
class Till:
    sold: int = 0


def decide(command: Sell, till: Till) -> list[Sold]:
    if till.sold >= command.limit:
        raise Rejected("sold_out", "There is nothing left to sell.")
    return [Sold(till.sold + 1, command.buyer, command.amount)]


def evolve(_: Till, event: Sold) -> Till:
    return Till(event.number)


TILL: Decider[Sell, Till, Sold] = Decider(
    "till", initial=Till(), decide=decide, evolve=evolve, commands=Sell, events=Sold
)
TYPES = EventTypes([Sold])


def paid(fact: Fact) -> PaymentSucceeded:
    event: Sold = fact.body
    amount = MoneyValue.of(event.amount)
    return PaymentSucceeded(
        community_id=fact.community_id,
        occurred_at=fact.at,
        payment_id=fact.stream_id,
        person_id=event.buyer,
        amount=amount,
        lines=(MoneyLine(charged_for="ticket", amount=amount),),
    )


PAID = Publication(of=Sold, to=PaymentSucceeded, map=paid)
FEATURE = Feature(name="till", deciders=(TILL,), publications=(PAID,))


def blueprint(settings: Settings) -> Blueprint:
    return Blueprint(SERVICE, settings, (FEATURE,), MIGRATIONS)


async def migrate(url: str) -> None:
    """Make its schema."""
    connection = await asyncpg.connect(url)
    await migrations.migrate(connection, SERVICE, MIGRATIONS)
    await connection.close()


def person(number: int) -> PersonId:
    """One of many."""
    return PersonId(derive(COMMUNITY, "person", str(number)))


def origin() -> Origin:
    """A request nobody has made before."""
    command_id = random_id()
    meta = Meta(correlation_id=command_id, causation_id=command_id, actor=person(0))
    return Origin(command_id, COMMUNITY, NOON, meta, command_id.bytes)


def sell(stream_id: UUID, limit: int = NO_LIMIT) -> Ask:
    """One sale at one till."""
    return Ask(TILL, stream_id, Sell(person(1), PRICE, limit))


def writes(number: int) -> list[Write]:
    """First sales of that many new tills, encoded and ready for the appender."""
    return [_write(origin()) for _ in range(number)]


def _write(origin: Origin) -> Write:
    stream_id = derive(origin.command_id, "till")
    name, schema_version, data = TYPES.encode(Sold(1, person(1), PRICE))
    event_id = derive(origin.command_id, "event", "0")
    event = NewEvent(event_id, origin.at, name, schema_version, data, origin.meta.to_json())
    return Write(
        (CommandRecord(origin.command_id, origin.fingerprint, stream_id, 1),),
        (StreamWrite(stream_id, COMMUNITY, 0, (event,)),),
    )


Row = tuple[UUID, UUID, int, UUID, datetime, str, int, str, str]
COLUMNS = "stream_id, community_id, version, event_id, at, type, schema_version, data, meta"


def rows(sales: Sequence[Write]) -> list[Row]:
    """The same events as rows of the event table, for whoever inserts them by hand."""
    return [
        (
            stream.stream_id,
            stream.community_id,
            version,
            event.event_id,
            event.at,
            event.type,
            event.schema_version,
            event.data,
            event.meta,
        )
        for sale in sales
        for stream in sale.streams
        for version, event in enumerate(stream.events, stream.expected + 1)
    ]


if __name__ == "__main__":
    main(lambda: blueprint(Settings()))
