"""Stored name <-> class: how events, commands and actions become JSON and come back, in every version."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

Upcast = Callable[[dict[str, Any]], dict[str, Any]]

MAX_BYTES = 65_536

adapter_of: Callable[[type], TypeAdapter[Any]] = cache(TypeAdapter)


class UnknownType(Exception):
    """A name this release does not know, or data it cannot read: written by a newer one, or damaged."""


class TooLarge(ValueError):
    """An event is at most 64 kB: facts are small, files live elsewhere."""


class EventTypes:
    """The classes a service stores, by class name.

    An event class with `SCHEMA_VERSION = n` (1 when absent) has n - 1 upcasters in `UPCASTS`, a tuple of pure
    functions from the raw dictionary of version i to that of version i + 1.
    """

    def __init__(self, classes: Iterable[type]) -> None:
        self._classes: dict[str, type] = {}
        self._versions: dict[str, int] = {}
        for cls in classes:
            if self._classes.setdefault(cls.__name__, cls) is not cls:
                message = f"Two classes are stored under the name {cls.__name__}."
                raise ValueError(message)
            version = self._versions[cls.__name__] = int(getattr(cls, "SCHEMA_VERSION", 1))
            if len(getattr(cls, "UPCASTS", ())) != version - 1:
                raise ValueError(
                    f"{cls.__name__} needs an upcast from each of its versions to the next."
                )
            adapter_of(cls)  # Now, and not for the first that comes.

    def __contains__(self, name: str) -> bool:
        return name in self._classes

    def classes(self) -> dict[str, type]:
        """Every stored name and its class."""
        return dict(self._classes)

    def schema_version(self, name: str) -> int:
        """The version this release writes."""
        return self._versions[name]

    def encode(self, value: object) -> tuple[str, int, str]:
        """Name, schema version and JSON; TooLarge beyond 64 kB, ValueError for what JSON cannot carry."""
        cls = type(value)
        if self._classes.get(cls.__name__) is not cls:
            message = f"{cls.__name__} belongs to no decider of this service."
            raise UnknownType(message)
        raw = adapter_of(cls).serializer.to_json(value)
        if len(raw) > MAX_BYTES:
            message = f"{cls.__name__} takes {len(raw)} bytes; an event is at most {MAX_BYTES}."
            raise TooLarge(message)
        return cls.__name__, self._versions[cls.__name__], raw.decode()

    def decode(self, name: str, schema_version: int, data: str | bytes) -> object:
        """The object as this release knows it; UnknownType when it does not."""
        cls = self._classes.get(name)
        if cls is None or schema_version > self._versions[name]:
            message = f"{name} v{schema_version} is unknown to this release."
            raise UnknownType(message)
        read = adapter_of(cls).validator.validate_json
        try:
            if schema_version == self._versions[name]:
                return read(data)
            raw = orjson.loads(data)
            for upcast in getattr(cls, "UPCASTS", ())[schema_version - 1 :]:
                raw = upcast(raw)
            return read(orjson.dumps(raw))
        except (ValidationError, orjson.JSONDecodeError) as error:
            message = f"{name} v{schema_version} cannot be read: {error}"
            raise UnknownType(message) from error
