"""docs/data-dictionary.md: every field of every public fact and of every stored one, and what is sealed."""

from collections.abc import Iterable, Mapping, Sequence

from shared.contracts.contract import Contract
from shared.contracts.meanings import meaning_of
from shared.decider import members
from shared.service import Blueprint
from tools import house
from tools.asyncapi import key_of, title_of
from tools.shapes import Field, Shape, fields_of

KINDS: Mapping[str, str] = {
    "id": "a UUID; random or derived, never telling anything",
    "enum": "a word from a list that may grow",
    "code": "the same, or a vendor's own word, in what is stored",
    "number": "an integer",
    "money": "integer minor units and an ISO 4217 code",
    "time": "an instant (RFC 3339, UTC)",
    "day": "a day of the calendar",
    "bool": "true or false",
    "label": "public text an organiser wrote, never about a person",
    "sealed": "a person's words under that person's key; unreadable after erasure",
}

TEXT = "\n\n"

HEAD = """\
# Data dictionary

Written by `make contracts` from the code. Nothing here holds personal data in plain text: a field has one of these
kinds, and a test refuses every other.

| kind | what it is |
|---|---|
"""

PUBLIC = """
## Public facts

What is on the topics (`asyncapi.yaml`, `schemas/`); how to read them is in `consume.md`. Every fact has a
`community_id` and an `occurred_at`, and the envelope around it is `schemas/envelope.json`.
"""

STORED = """
## Stored facts

What each service keeps in its own log, for ever, and nobody else reads. `data` is shown; who, when and why are in the
log's own columns.
"""


def as_text() -> str:
    """The dictionary as Markdown."""
    parts = [HEAD, *(f"| {kind} | {meaning} |\n" for kind, meaning in KINDS.items()), PUBLIC]
    for topic, contracts in house.topics().items():
        parts += _topic(topic, contracts)
    parts.append(STORED)
    for blueprint in house.blueprints():
        parts += _service(blueprint)
    return "".join(parts)


def _topic(topic: str, contracts: Sequence[type[Contract]]) -> Iterable[str]:
    title = title_of(topic, list(contracts))
    yield f"\n### `{topic}`: {title}\n\nKey: {key_of(list(contracts))}.\n"
    for contract in contracts:
        fields = fields_of(contract, maps=True)
        yield f"\n#### {contract.__name__} v{contract.version}\n\n{TEXT.join(house.prose(contract))}\n\n"
        yield from _public_table(contract, fields)
    for record in _records(contracts):
        yield f"\n#### {record.__name__} (part of the above)\n\n{TEXT.join(house.prose(record))}\n\n"
        yield from _public_table(record, fields_of(record))


def _public_table(model: type, fields: Sequence[Field]) -> Iterable[str]:
    yield "| field | type | kind | meaning |\n|---|---|---|---|\n"
    for field in fields:
        name = field.name if field.required else f"{field.name}?"
        meaning = meaning_of(model.__name__, field.name).replace("|", r"\|")
        yield f"| `{name}` | {type_of(field.shape)} | {_kind(field.shape)} | {meaning} |\n"


def _kind(shape: Shape) -> str:
    if shape.choices:
        return f"{shape}: " + ", ".join(f"`{choice}`" for choice in shape.choices)
    return str(shape)


def type_of(shape: Shape) -> str:
    """The JSON type behind a shape."""
    match shape.kind:
        case "number":
            return "integer"
        case "bool":
            return "boolean"
        case "money" | "record" | "map" | "sealed":
            return "object"
        case "list" | "tuple":
            return "array"
        case "union":
            return " or ".join(dict.fromkeys(type_of(part) for part in shape.of))
        case _:
            return "string"


def _records(models: Iterable[type]) -> list[type]:
    """The records inside models, each once, in the order they are met."""
    found: dict[type, None] = {}
    for model in models:
        for field in fields_of(model, maps=True):
            for record in field.shape.records():
                found.setdefault(record)
    return list(found)


def _service(blueprint: Blueprint) -> Iterable[str]:
    yield f"\n### {blueprint.name}\n"
    types = house.event_types(blueprint)
    for decider in blueprint.deciders:
        events = members(decider.events)
        yield f"\n#### {decider.name}\n\n"
        yield "| event | version | sealed | fields |\n|---|---|---|---|\n"
        for event in events:
            fields = fields_of(event)
            sealed = "yes" if any(field.shape.holds("sealed") for field in fields) else ""
            version = types.schema_version(event.__name__)
            yield f"| {event.__name__} | {version} | {sealed} | {_fields(fields)} |\n"
        for record in _records(events):
            yield f"\n{record.__name__}: {_fields(fields_of(record))}\n"


def _fields(fields: Iterable[Field]) -> str:
    return ", ".join(
        f"`{field.name}` {str(field.shape).replace('sealed', '**sealed**')}" for field in fields
    )
