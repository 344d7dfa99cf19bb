"""`python -m tools.samples --write-missing`: golden samples of every public and stored fact, kept for ever.

A sample is what one release wrote. Later releases must still read it, so no sample is ever written again: a class that
can no longer read its own past is what these files are there to find.
"""

import argparse
import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from shared.contracts.contract import Contract
from shared.envelope import seal
from shared.event_store import Fact, Meta
from shared.ids import PLATFORM, derive
from tools import house
from tools.asyncapi import key_of
from tools.shapes import Shape, fields_of

SAMPLES = house.ROOT / "tests" / "samples"
REACTIONS = SAMPLES / "reactions.txt"

NOW = datetime(2026, 3, 14, 9, 26, 53, 589793, tzinfo=UTC)
WORDS = {
    "name": "Supporter",
    "CommunityCreated.name": "Atelier du Midi",
    "GatheringPublished.name": "Spring dinner",
    "OfferPublished.name": "Supporter, monthly",
    "ClientRegistered.name": "Newsletter export",
    "title": "Spring dinner",
    "place": "Salle des fêtes, Arles",
    "slug": "atelier-du-midi",
    "time_zone": "Europe/Paris",
    "currency": "EUR",
    "colour": "#aa3355",
    "link": "https://tessera.example/tickets",
    "template": "ticket_bought",
    "kid": "2026-03",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "reason": "card_declined",
}
NUMBERS = {"capacity": 40, "trial_days": 14, "seats": 2, "days": 30}
LATER = {
    "starts_at": timedelta(days=21),
    "ends_at": timedelta(days=21, hours=3),
    "closes_at": timedelta(days=21, hours=3),
    "expires_at": timedelta(minutes=15),
    "period_end": timedelta(days=31),
    "trial_ends_at": timedelta(days=14),
    "due_at": timedelta(days=3),
    "until": timedelta(days=90),
}


# A line of an order is an offer or a quote; this one is an offer.
ABSENT = {"OrderLine.hold_id", "OrderLine.revision"}
SEALED = {
    "person_id": str(derive(PLATFORM, "sample", "person_id")),
    "retention": "profile",
    "box": base64.urlsafe_b64encode(b"a nonce and the ciphertext").decode(),
}


def expected() -> dict[Path, str]:
    """Every sample of today's classes and versions, by its path under tests/samples/."""
    found = {}
    for contract in house.contracts():
        path = Path(contract.topic) / f"{contract.__name__}.v{contract.version}.json"
        found[path] = _pretty(envelope_of(contract))
    for blueprint in house.blueprints():
        types = house.event_types(blueprint)
        for name, cls in types.classes().items():
            path = Path("events") / blueprint.name / f"{name}.v{types.schema_version(name)}.json"
            found[path] = _pretty(json.loads(types.encode(example_of(cls))[2]))
    return found


def needed() -> Iterator[Path]:
    """The path of every sample there has to be: of each class, one for each version there ever was."""
    for path in expected():
        name, version = path.name.removesuffix(".json").rsplit(".v", 1)
        for earlier in range(1, int(version) + 1):
            yield path.with_name(f"{name}.v{earlier}.json")


def reactions() -> list[str]:
    """The names of all reactions; ids derive from them."""
    return sorted(
        reaction.name for blueprint in house.blueprints() for reaction in blueprint.reactions
    )


def envelope_of(contract: type[Contract]) -> dict[str, Any]:
    """A whole record's value, as the relay would send it."""
    sample = contract.model_validate_json(json.dumps(_json_of(contract)))
    key = key_of([contract])  # Such as "the order (for held seats, their hold)".
    stream_id = getattr(sample, f"{key.split()[1]}_id", None) or derive(PLATFORM, "sample", key)
    fact = Fact(
        source=contract.service(),
        position=1729,
        event_id=derive(PLATFORM, "sample event", contract.type()),
        stream_id=stream_id,
        community_id=sample.community_id,
        version=3,
        type=contract.__name__,
        at=NOW,
        recorded_at=NOW,
        body=None,
        meta=Meta(
            correlation_id=derive(PLATFORM, "sample", "request"),
            causation_id=derive(PLATFORM, "sample", "request"),
            traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ),
    )
    sealed: dict[str, Any] = json.loads(seal(fact, sample, 0).value)
    return sealed


def example_of(cls: type) -> Any:
    """A filled instance of a dataclass, the same at every call."""
    return TypeAdapter(cls).validate_json(json.dumps(_json_of(cls)))


def _json_of(cls: type) -> dict[str, Any]:
    return {
        field.name: _value(field.shape, field.name, cls.__name__)
        for field in fields_of(cls, maps=True)
        if f"{cls.__name__}.{field.name}" not in ABSENT
    }


def _value(shape: Shape, name: str, owner: str) -> Any:
    at = NOW + LATER.get(name, timedelta(0))
    word = WORDS.get(f"{owner}.{name}", WORDS.get(name, name))
    values: dict[str, Any] = {
        "id": str(derive(PLATFORM, "sample", name)),
        "enum": shape.choices[0] if shape.choices else word,
        "code": word,
        "label": word,
        "number": NUMBERS.get(name, 1),
        "bool": True,
        "time": at.isoformat().replace("+00:00", "Z"),
        "day": at.date().isoformat(),
        "money": {"minor": 2900, "currency": "EUR"},
        "sealed": SEALED,
        "map": {"gathering": WORDS["title"]},
    }
    if shape.record is not None:
        return _json_of(shape.record)
    if shape.kind in ("list", "tuple"):
        return [_value(part, name, owner) for part in shape.of]
    if shape.kind == "union":
        return _value(shape.of[0], name, owner)
    return values[shape.kind]


def _pretty(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write_missing() -> list[str]:
    """Write what is missing and can be written; what was written, and what cannot be any more."""
    told = []
    texts = expected()
    for path in needed():
        target = SAMPLES / path
        if target.exists():
            continue
        if path not in texts:
            told.append(f"{path} is missing: take it from the release that wrote this version.")
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(texts[path])
        told.append(f"{path} written.")
    known = REACTIONS.read_text().split() if REACTIONS.exists() else []
    new = sorted(set(reactions()) - set(known))
    if new:
        REACTIONS.write_text("".join(f"{name}\n" for name in sorted({*known, *new})))
        told += [f"{name} recorded." for name in new]
    return told


def main() -> None:
    """Write the samples of new classes and versions, and the names of new reactions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write-missing", action="store_true", required=True)
    parser.parse_args()
    print("\n".join(write_missing()) or "Nothing is missing.")


if __name__ == "__main__":
    main()
