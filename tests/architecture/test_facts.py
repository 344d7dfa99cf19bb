"""What is published and what is stored for ever can hold no person's words, and everybody knows what it means."""

import pytest

from shared.contracts.contract import Contract
from shared.contracts.meanings import MEANINGS, meaning_of
from tools import house
from tools.shapes import Shape, fields_of

PUBLIC_KINDS = {"id", "enum", "number", "money", "time", "day", "bool", "label"}
CONTRACTS = house.contracts()
STORED = [
    (blueprint.name, cls)
    for blueprint in house.blueprints()
    for cls in [*house.event_types(blueprint).classes().values(), *house.command_classes(blueprint)]
]


def leaves(shape: Shape) -> set[str]:
    inner = set().union(*(leaves(part) for part in shape.of)) if shape.of else set()
    if shape.record is not None:
        inner |= set().union(*(leaves(field.shape) for field in fields_of(shape.record)))
    return inner or {shape.kind}


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.type())
def test_a_contract_holds_only_public_kinds(contract: type[Contract]) -> None:
    for field in fields_of(contract, maps=True):
        assert leaves(field.shape) <= PUBLIC_KINDS, field.name


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.type())
def test_a_contract_says_what_it_and_its_fields_mean(contract: type[Contract]) -> None:
    assert house.summary(contract)
    for field in fields_of(contract, maps=True):
        assert meaning_of(contract.__name__, field.name)


def test_no_meaning_is_left_of_a_field_that_is_gone() -> None:
    models: set[type] = set()
    waiting: set[type] = set(CONTRACTS)
    while waiting:
        models |= waiting
        inside = {
            one
            for model in waiting
            for field in fields_of(model, maps=True)
            for one in field.shape.records()
        }
        waiting = inside - models
    spoken = {field.name for model in models for field in fields_of(model, maps=True)}
    full = {f"{m.__name__}.{field.name}" for m in models for field in fields_of(m, maps=True)}
    full |= {"MoneyValue.minor", "MoneyValue.currency"}
    assert set(MEANINGS) - spoken - full == set()


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.type())
def test_a_contract_is_published_by_its_own_service(contract: type[Contract]) -> None:
    speakers = {
        blueprint.name
        for blueprint in house.blueprints()
        for publication in blueprint.publications
        if publication.to is contract
    }
    assert speakers == {contract.service()}


@pytest.mark.parametrize(
    ("service", "cls"), STORED, ids=[f"{service}.{cls.__name__}" for service, cls in STORED]
)
def test_what_is_stored_holds_no_bare_text(service: str, cls: type) -> None:
    """Unspeakable is raised for str, dict, float, Any and object, at any depth."""
    del service
    fields_of(cls)


def test_topics_are_named_by_service_and_feature() -> None:
    for topic, contracts in house.topics().items():
        tessera, service, feature, version = topic.split(".")
        assert (tessera, version) == ("tessera", "v1"), topic
        assert {contract.__module__ for contract in contracts} == {
            f"shared.contracts.{service}_{feature}"
        }
