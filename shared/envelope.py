"""A public contract on the wire: CloudEvents 1.0, structured mode, JSON, with what routing needs as headers."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import orjson

from shared.contracts.contract import Contract
from shared.event_store import Fact, Meta
from shared.ids import derive, parsed

SOURCE = "io.tessera."


class Record(NamedTuple):
    """One Kafka record."""

    topic: str
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]


@cache
def _fixed(cls: type[Contract]) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
    """What every record of a contract says, in the envelope and in the headers."""
    source = SOURCE + cls.service()
    envelope = {
        "specversion": "1.0",
        "source": source,
        "type": cls.type(),
        "datacontenttype": "application/json",
        "dataschema": cls.schema_id(),
        "schemaversion": cls.version,
    }
    headers = [
        ("content-type", b"application/cloudevents+json; charset=utf-8"),
        ("ce_source", source.encode()),
        ("ce_type", cls.type().encode()),
    ]
    return envelope, headers


def seal(fact: Fact, contract: Contract, number: int) -> Record:
    """The record of `contract`, the `number`th publication of `fact`."""
    cls, meta = type(contract), fact.meta
    envelope, headers = _fixed(cls)
    event_id = str(
        fact.event_id if number == 0 else derive(fact.event_id, "publication", str(number))
    )
    stream, community = str(fact.stream_id), str(fact.community_id)
    envelope = envelope | {
        "id": event_id,
        "subject": stream,
        "time": fact.at,
        "position": fact.position,
        "version": fact.version,
        "communityid": community,
        "correlationid": str(meta.correlation_id),
        "causationid": str(meta.causation_id),
        "mode": meta.mode,
    }
    if meta.traceparent:
        envelope["traceparent"] = meta.traceparent
    envelope["data"] = orjson.Fragment(contract.__pydantic_serializer__.to_json(contract))
    headers = [
        *headers,
        ("ce_id", event_id.encode()),
        ("ce_position", b"%d" % fact.position),
        ("ce_communityid", community.encode()),
    ]
    value = orjson.dumps(envelope, option=orjson.OPT_UTC_Z)
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
        body=contract.__pydantic_validator__.validate_python(envelope["data"]),
        meta=Meta(
            correlation_id=parsed(envelope["correlationid"]),
            causation_id=parsed(envelope["causationid"]),
            traceparent=envelope.get("traceparent"),
            mode=envelope["mode"],
        ),
    )
