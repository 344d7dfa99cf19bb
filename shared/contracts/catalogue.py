"""Every public contract there is, found where it is defined: nobody keeps a list by hand."""

import importlib
import pkgutil
from collections.abc import Iterator

from shared import contracts
from shared.contracts.contract import Contract


def catalogue() -> list[type[Contract]]:
    """Every public contract, by topic and then in the order of its module."""
    return sorted(_published(), key=lambda contract: contract.topic)


def _published() -> Iterator[type[Contract]]:
    for found in pkgutil.iter_modules(contracts.__path__):
        module = importlib.import_module(f"{contracts.__name__}.{found.name}")
        for value in vars(module).values():
            is_own = isinstance(value, type) and value.__module__ == module.__name__
            if (
                is_own
                and issubclass(value, Contract)
                and hasattr(value, "topic")
                and is_leaf(value)
            ):
                yield value


def is_leaf(contract: type[Contract]) -> bool:
    """Whether it is published itself, and is not what the contracts of a topic have in common."""
    return not any(other.__module__ == contract.__module__ for other in contract.__subclasses__())
