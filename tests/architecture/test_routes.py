"""Every door says who may come in, and has a name that stays."""

import re
from typing import Any

import pytest

from shared.auth import PERMISSIONS
from tools import house, openapi

OPEN = {"public", "account", "person", "platform.read"}
VERB_NOUN = re.compile(r"[a-z]+(_[a-z]+)+")
# What no other role carries: who may point the money at another account, and who may take all of it away with them.
OWNERS_ALONE = {"merchant.write", "takeout.read"}

DOCUMENTS = {blueprint.name: openapi.document(blueprint) for blueprint in house.blueprints()}
OPERATIONS: list[tuple[str, str, str, str, dict[str, Any]]] = [
    (service, name, method, path, operation)
    for service, document in DOCUMENTS.items()
    for name, (method, path, operation) in openapi.operations(document).items()
]


def test_every_route_names_a_permission_that_somebody_has() -> None:
    held = set().union(*PERMISSIONS.values()) - {"*"}
    unknown = {
        f"{service} {name} needs {operation['x-permission']}"
        for service, name, _, _, operation in OPERATIONS
        if operation["x-permission"] not in OPEN | OWNERS_ALONE | held
    }
    assert unknown == set(), "a word in shared/auth.py is missing, or this one is misspelt"


def test_every_permission_of_a_role_opens_a_door() -> None:
    asked = {operation["x-permission"] for *_, operation in OPERATIONS}
    held = set().union(*PERMISSIONS.values()) - {"*"}
    assert asked >= OWNERS_ALONE
    assert held <= asked


def test_who_sees_only_their_own_comes_in_by_their_own_doors_alone() -> None:
    doors = {
        (role, name)
        for role in ("affiliate", "sponsor_contact")
        for _, name, _, _, operation in OPERATIONS
        if operation["x-permission"] in PERMISSIONS[role]
    }
    assert doors == {
        ("affiliate", "read_reach_of_my_links"),
        ("sponsor_contact", "list_my_sponsorships"),
        ("sponsor_contact", "read_reach_of_my_sponsorships"),
    }


def test_operation_ids_are_verb_noun() -> None:
    wrong = [name for _, name, _, _, _ in OPERATIONS if not VERB_NOUN.fullmatch(name)]
    assert wrong == []


def test_operation_ids_are_unique_across_the_services() -> None:
    names = [name for _, name, _, _, _ in OPERATIONS]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_every_operation_is_in_its_document_once() -> None:
    """Two routes of one operation id would hide each other."""
    for service, document in DOCUMENTS.items():
        routes = sum(len(methods) for methods in document["paths"].values())
        assert routes == len(openapi.operations(document)), service


def test_every_path_belongs_to_its_service() -> None:
    for service, name, _, path, _ in OPERATIONS:
        assert path.startswith(f"/api/{service}/v1/"), name


@pytest.mark.parametrize("method", ["get", "head"])
def test_reading_never_takes_a_body(method: str) -> None:
    assert [o[1] for o in OPERATIONS if o[2] == method and "requestBody" in o[4]] == []


def test_every_answer_has_a_shape_that_can_be_compared() -> None:
    shapeless = [
        name
        for _, name, _, _, operation in OPERATIONS
        for status, response in operation["responses"].items()
        for kind, content in response.get("content", {}).items()
        if status.startswith("2")
        and kind not in ("text/plain", "text/csv", "application/zip")
        and "$ref" not in content["schema"]
    ]
    assert shapeless == [], "answer with a named model"
