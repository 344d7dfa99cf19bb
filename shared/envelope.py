"""A public contract on the wire: CloudEvents 1.0, structured mode, JSON, with what routing needs as headers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from shared.contracts.contract import Contract
from shared.event_store import Fact, Meta, parsed
from shared.ids import derive

SOURCE = "io.tessera."


@dataclass(frozen=True, slots=True)
class Record:
    """One Kafka record."""

    topic: str
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]


def seal(fact: Fact, contract: Contract, number: int) -> Record:
    """The record of `contract`, the `number`th publication of `fact`."""
    cls = type(contract)
    event_id = fact.event_id if number == 0 else derive(fact.event_id, "publication", str(number))
    stream = str(fact.stream_id)
    extensions = {
        "position": fact.position,
        "version": fact.version,
        "schemaversion": cls.version,
        "communityid": str(fact.community_id),
        "correlationid": str(fact.meta.correlation_id),
        "causationid": str(fact.meta.causation_id),
        "mode": fact.meta.mode,
    }
    if fact.meta.traceparent:
        extensions["traceparent"] = fact.meta.traceparent
    value = orjson.dumps(
        {
            "specversion": "1.0",
            "id": str(event_id),
            "source": SOURCE + cls.service(),
            "type": cls.type(),
            "subject": stream,
            "time": fact.at,
            "datacontenttype": "application/json",
            "dataschema": cls.schema_id(),
            **extensions,
            "data": orjson.Fragment(contract.model_dump_json()),
        },
        option=orjson.OPT_UTC_Z,
    )
    headers = (
        ("content-type", b"application/cloudevents+json; charset=utf-8"),
        ("ce_id", str(event_id).encode()),
        ("ce_source", (SOURCE + cls.service()).encode()),
        ("ce_type", cls.type().encode()),
        ("ce_position", str(fact.position).encode()),
        ("ce_communityid", str(fact.community_id).encode()),
    )
    return Record(cls.topic, stream.encode(), value, headers)


def opened(
    envelope: dict[str, Any], contract: type[Contract], *, position: int, received_at: datetime
) -> Fact:
    """The received fact; `position` is its place in the inbox. ValidationError when the data breaks the contract."""
    return Fact(
        source=envelope["source"].removeprefix(SOURCE),
        position=position,
        event_id=parsed(envelope["id"]),
        stream_id=parsed(envelope["subject"]),
        community_id=parsed(envelope["communityid"]),
        version=envelope["version"],
        type=envelope["type"],
        at=datetime.fromisoformat(envelope["time"]),
        recorded_at=received_at,
        body=contract.model_validate(envelope["data"]),
        meta=Meta(
            correlation_id=parsed(envelope["correlationid"]),
            causation_id=parsed(envelope["causationid"]),
            traceparent=envelope.get("traceparent"),
            mode=envelope["mode"],
        ),
    )
