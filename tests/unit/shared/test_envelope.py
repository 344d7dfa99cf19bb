"""What travels on Kafka, and that the other side reads from it what we meant."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

import orjson
import pytest
from pydantic import ValidationError

from shared.contracts.contract import Contract, MoneyValue
from shared.envelope import opened, seal
from shared.event_store import Fact, Meta
from shared.ids import derive
from shared.money import Money

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = AT + timedelta(seconds=5)
COMMUNITY, STREAM, EVENT = UUID(int=1), UUID(int=2), UUID(int=3)


class Sold(Contract):
    topic: ClassVar[str] = "tessera.billing.till.v1"

    price: MoneyValue


CONTRACT = Sold(community_id=COMMUNITY, occurred_at=AT, price=MoneyValue.of(Money(5, "EUR")))
FACT = Fact(
    source="billing",
    position=41,
    event_id=EVENT,
    stream_id=STREAM,
    community_id=COMMUNITY,
    version=7,
    type="Sold",
    at=AT,
    recorded_at=LATER,
    body=None,
    meta=Meta(UUID(int=4), UUID(int=5), actor=UUID(int=6), traceparent="00-a-b-01", mode="test"),
)


def test_the_other_side_reads_what_was_meant() -> None:
    envelope = orjson.loads(seal(FACT, CONTRACT, 0).value)
    assert opened(envelope, Sold, position=9, received_at=LATER) == FACT._replace(
        position=9,
        type="io.tessera.billing.Sold",
        body=CONTRACT,
        meta=FACT.meta._replace(actor=None),
    )


def test_the_envelope_is_a_cloud_event() -> None:
    envelope = orjson.loads(seal(FACT, CONTRACT, 0).value)
    assert {name: envelope[name] for name in ("specversion", "id", "source", "type", "time")} == {
        "specversion": "1.0",
        "id": str(EVENT),
        "source": "io.tessera.billing",
        "type": "io.tessera.billing.Sold",
        "time": "2026-03-01T12:00:00Z",
    }
    assert envelope["subject"] == str(STREAM)
    assert envelope["datacontenttype"] == "application/json"
    assert envelope["data"]["price"] == {"minor": 5, "currency": "EUR"}
    # The names of extensions are lower-case letters and digits, as CloudEvents asks.
    assert all(name.isalnum() and name.islower() for name in envelope)


def test_who_asked_stays_with_us() -> None:
    """An account is nobody's business on a public topic."""
    assert str(FACT.meta.actor).encode() not in seal(FACT, CONTRACT, 0).value


def test_routing_needs_no_body() -> None:
    record = seal(FACT, CONTRACT, 0)
    assert (record.topic, record.key) == (Sold.topic, str(STREAM).encode())
    assert dict(record.headers) == {
        "content-type": b"application/cloudevents+json; charset=utf-8",
        "ce_id": str(EVENT).encode(),
        "ce_source": b"io.tessera.billing",
        "ce_type": b"io.tessera.billing.Sold",
        "ce_position": b"41",
        "ce_communityid": str(COMMUNITY).encode(),
    }


def test_each_publication_of_one_fact_has_an_id_of_its_own() -> None:
    ids = [orjson.loads(seal(FACT, CONTRACT, number).value)["id"] for number in range(3)]
    assert ids[0] == str(EVENT)
    assert ids[1] == str(derive(EVENT, "publication", "1"))
    assert len(set(ids)) == 3


def test_an_untraced_fact_has_no_trace() -> None:
    untraced = FACT._replace(meta=FACT.meta._replace(traceparent=None))
    envelope = orjson.loads(seal(untraced, CONTRACT, 0).value)
    assert "traceparent" not in envelope
    assert opened(envelope, Sold, position=1, received_at=LATER).meta.traceparent is None


def test_what_a_newer_release_adds_is_ignored() -> None:
    envelope = orjson.loads(seal(FACT, CONTRACT, 0).value)
    envelope["data"]["added"] = envelope["added"] = True
    assert opened(envelope, Sold, position=1, received_at=LATER).body == CONTRACT


def test_data_that_breaks_the_contract_is_refused() -> None:
    envelope = orjson.loads(seal(FACT, CONTRACT, 0).value)
    envelope["data"]["price"]["minor"] = "a lot"
    with pytest.raises(ValidationError):
        opened(envelope, Sold, position=1, received_at=LATER)
