"""The manifest of a feature: what a service mounts when it lists the feature in its app.py."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter

from shared.contracts.contract import Contract
from shared.decider import Decider
from shared.event_store import Fact
from shared.projection import Projection
from shared.reaction import Action, Reaction


@dataclass(frozen=True)
class Publication:
    """How a domain event of class `of` becomes the public contract `to`; None keeps it private."""

    of: type
    to: type[Contract]
    map: Callable[[Fact], Contract | None]


@dataclass(frozen=True)
class Feature:
    """One invariant and all that belongs to it. A loop is run by the worker, and calls its argument as it turns."""

    name: str
    deciders: tuple[Decider[Any, Any, Any], ...] = ()
    router: APIRouter | None = None
    projections: tuple[Projection, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    publications: tuple[Publication, ...] = ()
    actions: tuple[Action, ...] = ()
    loops: tuple[tuple[str, Callable[[Any, Callable[[], None]], Awaitable[None]]], ...] = ()
