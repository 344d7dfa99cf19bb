"""The documents agree with the code and with each other."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from fastapi.openapi.models import OpenAPI

from tools import contracts, house

ADRS = sorted((house.ROOT / "docs" / "adr").glob("*.md"))
PATH = re.compile(r"`((?:tests|shared|services|docs|deploy|bench)/[\w./-]+)`")
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def test_the_generated_documents_are_what_the_code_says() -> None:
    before, now = contracts.committed(), contracts.documents()
    assert contracts.broken(before, now) == []
    drifted = "\n".join(contracts.drift(before, now))
    assert not drifted, f"run `make contracts`:\n{drifted}"


@cache
def asyncapi() -> Any:
    return yaml.safe_load((contracts.DOCS / "asyncapi.yaml").read_text())


def test_asyncapi_has_what_its_specification_requires() -> None:
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= document["info"].keys()
    assert all(channel["address"] for channel in document["channels"].values())
    for operation in document["operations"].values():
        assert operation["action"] in ("send", "receive")
        assert set(operation["channel"]) == {"$ref"}
        assert all(set(message) == {"$ref"} for message in operation["messages"])


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def test_every_reference_in_asyncapi_leads_somewhere() -> None:
    document = asyncapi()
    for reference in references(document):
        if reference.startswith("#/"):
            found = document
            for step in reference.removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/")]
        else:
            assert (contracts.DOCS / reference).is_file(), reference


def test_every_channel_is_said_by_one_service() -> None:
    document = asyncapi()
    said = [
        operation["channel"]["$ref"]
        for operation in document["operations"].values()
        if operation["action"] == "send"
    ]
    assert sorted(said) == sorted(f"#/channels/{name}" for name in document["channels"])


@pytest.mark.parametrize("service", house.SERVICES)
def test_openapi_is_valid(service: str) -> None:
    document = json.loads((contracts.DOCS / "openapi" / f"{service}.json").read_text())
    assert document["openapi"].startswith("3.1.")
    OpenAPI.model_validate(document)
    for reference in references(document):
        found = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_schemas_are_valid_and_carry_their_own_id() -> None:
    ids = []
    for path in sorted((contracts.DOCS / "schemas").rglob("*.json")):
        schema = json.loads(path.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        ids.append(schema["$id"])
    assert len(ids) == len(set(ids)) == len(house.contracts()) + 1


@pytest.mark.parametrize("page", ADRS, ids=lambda page: page.stem)
def test_a_decision_ends_with_what_enforces_it(page: Path) -> None:
    last = page.read_text().strip().split("\n\n")[-1]
    assert last.startswith("**Enforced by:**")
    for path in PATH.findall(last):
        assert (house.ROOT / path).exists(), path


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(page.name[:4]) for page in ADRS]
    assert numbers == list(range(1, len(ADRS) + 1))


@pytest.mark.parametrize("service", house.SERVICES)
def test_the_glossary_has_a_row_for_every_feature(service: str) -> None:
    glossary = (house.ROOT / "docs" / "glossary.md").read_text()
    rows = re.findall(rf"^\| `?([a-z_]+)`? \| {service} \|", glossary, flags=re.MULTILINE)
    missing = {folder.name for folder in house.feature_folders(service)} - set(rows)
    assert missing == set(), f"add `| {', '.join(sorted(missing))} | {service} | ... |`"


def test_every_link_between_documents_leads_somewhere() -> None:
    pages = [*house.ROOT.glob("*.md"), *(house.ROOT / "docs").rglob("*.md")]
    pages += (house.ROOT / "services").glob("*/README.md")
    dead = [
        f"{page.relative_to(house.ROOT)}: {target}"
        for page in pages
        for target in LINK.findall(page.read_text())
        if not (page.parent / target).exists()
    ]
    assert dead == []
