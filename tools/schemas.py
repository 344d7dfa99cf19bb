"""JSON Schemas (2020-12) of the public facts: one per type for `data`, one for the envelope around all of them."""

import json
from typing import Any

from pydantic import BaseModel

from shared.contracts.contract import Contract
from shared.contracts.meanings import meaning_of
from shared.envelope import SOURCE
from tools import house
from tools.shapes import fields_of

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ENVELOPE = "envelope.json"
CONTAINERS = {"list", "tuple", "map", "union", "record"}
IDENTIFIER: Schema = {"type": "string", "format": "uuid"}
ENVELOPE_PROPERTIES: Schema = {
    "specversion": {"const": "1.0"},
    "id": IDENTIFIER | {"description": "The same for every copy of this fact: drop what you have."},
    "source": {
        "enum": [SOURCE + service for service in house.SERVICES],
        "description": "The service that says so. Together with `id` it is unique for ever.",
    },
    "type": {
        "type": "string",
        "pattern": r"^io\.tessera\.[a-z]+\.[A-Z][A-Za-z]+$",
        "description": "What happened; the last part names the schema of `data`.",
    },
    "subject": IDENTIFIER
    | {"description": "The stream: what it happened to. Also the key of the record."},
    "time": {
        "type": "string",
        "format": "date-time",
        "description": "When it happened, by the business clock.",
    },
    "datacontenttype": {"const": "application/json"},
    "dataschema": {
        "type": "string",
        "format": "uri",
        "description": "The `$id` of the schema of `data`.",
    },
    "position": {
        "type": "integer",
        "minimum": 1,
        "description": "Where it stands in its service's log; grows along a partition.",
    },
    "version": {
        "type": "integer",
        "minimum": 1,
        "description": "Which event of its stream it is; not every one is published.",
    },
    "schemaversion": {
        "type": "integer",
        "minimum": 1,
        "description": "Which version of the schema it was written with.",
    },
    "communityid": IDENTIFIER | {"description": "The community, as in `data`."},
    "correlationid": IDENTIFIER | {"description": "The request all this began with."},
    "causationid": IDENTIFIER | {"description": "The command or fact that led to it."},
    "mode": {"enum": ["live", "test"], "description": "`test` facts count nowhere."},
    "traceparent": {
        "type": "string",
        "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
        "description": "W3C trace context, where the request was traced.",
    },
    "data": {"type": "object", "description": "By the schema that `dataschema` names."},
}


def data_schema(contract: type[Contract]) -> Schema:
    """The schema of one contract's `data`: what every record of it fulfils, old and new."""
    raw = contract.model_json_schema(mode="validation")
    described: Schema = {
        "$schema": DIALECT,
        "$id": contract.schema_id(),
        "title": contract.__name__,
        "description": "\n\n".join(house.prose(contract)),
        "x-topic": contract.topic,
        "x-version": contract.version,
        **{key: raw[key] for key in ("type", "properties", "required", "$defs") if key in raw},
    }
    _describe(described, contract)
    records = {record.__name__: record for record in _records(contract)}
    for name, nested in described.get("$defs", {}).items():
        nested.pop("title")
        nested["description"] = "\n\n".join(house.prose(records[name]))
        _describe(nested, records[name])
    return described


def _describe(schema: Schema, model: type) -> None:
    for field in fields_of(model, maps=True):
        # A title that repeats the name is noise in every reader's editor.
        plain = {k: v for k, v in schema["properties"][field.name].items() if k != "title"}
        described = {"description": meaning_of(model.__name__, field.name), **plain}
        if field.shape.kind not in CONTAINERS:
            described["x-kind"] = field.shape.kind
        schema["properties"][field.name] = described


def _records(model: type[BaseModel]) -> set[type]:
    """The models inside a model, those with money among them."""
    found: set[type] = set()
    todo: list[Any] = [model]
    while todo:
        annotation = todo.pop()
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            found.add(annotation)
            todo += [field.annotation for field in annotation.model_fields.values()]
        else:
            todo += getattr(annotation, "__args__", ())
    return found


def envelope_schema() -> Schema:
    """The schema of a whole record's value: a CloudEvent in structured mode, with our extensions."""
    return {
        "$schema": DIALECT,
        "$id": "urn:tessera:schema:envelope",
        "title": "Envelope",
        "description": "CloudEvents 1.0, structured mode, JSON. Later versions may add attributes.",
        "type": "object",
        "properties": ENVELOPE_PROPERTIES,
        "required": [name for name in ENVELOPE_PROPERTIES if name != "traceparent"],
    }


def written() -> dict[str, Schema]:
    """Every schema by its path under docs/."""
    found = {f"schemas/{ENVELOPE}": envelope_schema()}
    for contract in house.contracts():
        found[f"schemas/{contract.topic}/{contract.__name__}.json"] = data_schema(contract)
    return found


def as_text(document: Schema) -> str:
    """JSON for people and diffs."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
