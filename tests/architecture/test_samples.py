"""What was written once is read for ever: golden samples of every published and stored fact, in every version."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from shared.contracts.contract import Contract
from shared.envelope import opened
from shared.event_types import MAX_BYTES
from shared.relay import MAX_BATCH_BYTES
from tools import house, samples, schemas

# What a record costs beside its value: key, headers, lengths.
RECORD_OVERHEAD = 1024

PUBLIC = sorted(samples.SAMPLES.glob("tessera.*/*.json"))
STORED = sorted(samples.SAMPLES.glob("events/*/*.json"))
CONTRACTS = {contract.schema_id(): contract for contract in house.contracts()}
TYPES = {blueprint.name: house.event_types(blueprint) for blueprint in house.blueprints()}


def labelled(path: Path) -> str:
    return path.relative_to(samples.SAMPLES).as_posix()


def contract_of(path: Path) -> type[Contract]:
    name, _ = path.name.removesuffix(".json").rsplit(".v", 1)
    return CONTRACTS[f"urn:tessera:schema:{path.parent.name}:{name}"]


def test_every_version_of_every_fact_has_a_sample() -> None:
    missing = [path for path in samples.needed() if not (samples.SAMPLES / path).exists()]
    names = "\n  ".join(map(str, missing))
    assert missing == [], f"run `python -m tools.samples --write-missing`, it lacks:\n  {names}"


def test_every_sample_is_still_somebodys() -> None:
    needed = {samples.SAMPLES / path for path in samples.needed()}
    orphans = [labelled(path) for path in (*PUBLIC, *STORED) if path not in needed]
    assert orphans == [], "a class was renamed or removed, and what it wrote is still in the log"


@pytest.mark.parametrize("path", PUBLIC, ids=labelled)
def test_a_published_sample_is_read_by_todays_class(path: Path) -> None:
    envelope: dict[str, Any] = json.loads(path.read_text())
    contract = contract_of(path)
    fact = opened(envelope, contract, position=1, received_at=samples.NOW)
    assert isinstance(fact.body, contract)
    assert envelope["type"] == contract.type()
    assert path.name == f"{contract.__name__}.v{envelope['schemaversion']}.json"
    assert fact.body.community_id == fact.community_id
    assert fact.body.occurred_at == fact.at


@pytest.mark.parametrize("path", PUBLIC, ids=labelled)
def test_a_published_sample_fulfils_todays_schemas(path: Path) -> None:
    envelope = json.loads(path.read_text())
    checks = jsonschema.Draft202012Validator.FORMAT_CHECKER
    for instance, schema in (
        (envelope, schemas.envelope_schema()),
        (envelope["data"], schemas.data_schema(contract_of(path))),
    ):
        jsonschema.validate(
            instance, schema, cls=jsonschema.Draft202012Validator, format_checker=checks
        )


@pytest.mark.parametrize("path", PUBLIC, ids=labelled)
def test_a_published_sample_is_a_cloud_event(path: Path) -> None:
    envelope = json.loads(path.read_text())
    assert envelope["specversion"] == "1.0"
    assert all(envelope[name] for name in ("id", "source", "type", "datacontenttype", "dataschema"))
    assert datetime.fromisoformat(envelope["time"]).tzinfo is not None
    assert all(name.isalnum() and name.islower() for name in envelope)


@pytest.mark.parametrize("path", PUBLIC, ids=labelled)
def test_a_published_sample_fits_a_record_batch_many_times(path: Path) -> None:
    value = json.dumps(json.loads(path.read_text()), separators=(",", ":")).encode()
    assert len(value) + RECORD_OVERHEAD < MAX_BATCH_BYTES / 10


def test_the_envelope_has_nothing_that_its_schema_does_not_name() -> None:
    named = set(schemas.envelope_schema()["properties"])
    for contract in house.contracts():
        assert set(samples.envelope_of(contract)) == named


def test_the_largest_event_that_can_be_stored_fits_a_record_batch() -> None:
    assert 2 * MAX_BYTES + RECORD_OVERHEAD < MAX_BATCH_BYTES


@pytest.mark.parametrize("path", STORED, ids=labelled)
def test_a_stored_sample_is_read_by_todays_service(path: Path) -> None:
    name, version = path.name.removesuffix(".json").rsplit(".v", 1)
    decoded = TYPES[path.parent.name].decode(name, int(version), path.read_text())
    assert type(decoded).__name__ == name


@pytest.mark.parametrize("path", STORED, ids=labelled)
def test_a_stored_sample_survives_being_written_again(path: Path) -> None:
    types = TYPES[path.parent.name]
    name, version = path.name.removesuffix(".json").rsplit(".v", 1)
    decoded = types.decode(name, int(version), path.read_text())
    assert types.decode(*types.encode(decoded)) == decoded


def test_no_reaction_was_renamed() -> None:
    frozen = set(samples.REACTIONS.read_text().split())
    gone = frozen - set(samples.reactions())
    assert gone == set(), "ids derive from these names: replays would do their work again"


def test_every_reaction_is_recorded() -> None:
    frozen = samples.REACTIONS.read_text().split()
    new = set(samples.reactions()) - set(frozen)
    assert new == set(), "run `python -m tools.samples --write-missing`"
    assert frozen == sorted(frozen)


def test_a_reaction_is_named_by_service_feature_event_and_command() -> None:
    for name in samples.reactions():
        service, feature, sentence = name.split(".")
        assert service in house.SERVICES, name
        assert feature.isidentifier(), name
        assert sentence.startswith("when_"), name
