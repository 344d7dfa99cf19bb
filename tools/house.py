"""What is in the house, as the code itself says: services, features, contracts, stored classes."""

import importlib
from collections.abc import Sequence
from pathlib import Path

from shared.contracts.catalogue import catalogue
from shared.contracts.contract import Contract
from shared.decider import members
from shared.event_types import EventTypes
from shared.feature import Feature
from shared.service import Blueprint
from shared.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
SERVICES = ("membership", "billing", "events", "analytics")
ROOMS = (
    "feature",
    "commands",
    "events",
    "decider",
    "routes",
    "projections",
    "reactions",
    "publications",
)


def blueprints() -> list[Blueprint]:
    """Every service by its table of contents; nothing is read from the environment."""
    return [_blueprint(name) for name in SERVICES]


def _blueprint(name: str) -> Blueprint:
    features: Sequence[Feature] = importlib.import_module(f"services.{name}.app").FEATURES
    return Blueprint(
        name, Settings.model_construct(), features, ROOT / "services" / name / "migrations"
    )


def feature_folders(service: str) -> list[Path]:
    """The folders of a service that are features: those with any of the eight rooms."""
    folders = (ROOT / "services" / service).iterdir()
    return sorted(
        folder
        for folder in folders
        if folder.is_dir() and any((folder / f"{room}.py").exists() for room in ROOMS)
    )


def contracts() -> list[type[Contract]]:
    """Every public contract, by topic and then in the order of its module."""
    return catalogue()


def topics() -> dict[str, list[type[Contract]]]:
    """The contracts of each topic."""
    found: dict[str, list[type[Contract]]] = {}
    for contract in contracts():
        found.setdefault(contract.topic, []).append(contract)
    return found


def event_types(blueprint: Blueprint) -> EventTypes:
    """The events a service stores, as the service itself encodes them."""
    return EventTypes(cls for decider in blueprint.deciders for cls in members(decider.events))


def command_classes(blueprint: Blueprint) -> list[type]:
    """What a service stores in its agenda: the commands of its deciders and its gateway actions."""
    commands = (cls for decider in blueprint.deciders for cls in members(decider.commands))
    return [*commands, *(action.of for action in blueprint.actions)]


def prose(cls: type) -> list[str]:
    """The paragraphs of a class's own docstring, each on one line."""
    # A dataclass without a docstring is given its signature as one.
    text = cls.__doc__ or ""
    own = "" if text.startswith(f"{cls.__name__}(") else text
    return [" ".join(part.split()) for part in own.split("\n\n") if part.strip()]


def summary(cls: type) -> str:
    """The first paragraph; empty where it has none."""
    return next(iter(prose(cls)), "")
