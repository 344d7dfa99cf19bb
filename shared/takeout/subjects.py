"""Whom a fact speaks of, and what of it is theirs: read from its annotations, so that no feature says it again.

A fact speaks of a person or an account by an id (`PersonId`, `AccountId`, or a contract's field of that name), or by
what is sealed for them. Who did something (`by`, `invited_by`, ...) is not who it is about. The fields that a class
lists in `UNTOLD` are left out, and whom they name it does not speak of.
"""

import dataclasses
import types
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from shared.ids import AccountId, PersonId
from shared.personal_value import Sealed

IDS = {PersonId, AccountId}
NAMES = {"person_id", "account_id", "owner_id"}


@dataclass(frozen=True, slots=True)
class Named:
    """Those a fact speaks of: by their ids, and those something in it is sealed for."""

    ids: frozenset[UUID]
    owners: frozenset[UUID]

    @property
    def everybody(self) -> frozenset[UUID]:
        """All of them."""
        return self.ids | self.owners


@cache
def fields(cls: Any) -> tuple[tuple[str, Any], ...]:
    """Name and annotation of the fields that may be told."""
    hints = get_type_hints(cls)
    if issubclass(cls, BaseModel):
        names = tuple(cls.model_fields)
    else:
        names = tuple(one.name for one in dataclasses.fields(cls))
    return tuple((name, hints[name]) for name in names if name not in getattr(cls, "UNTOLD", ()))


@cache
def speaks(annotation: Any, name: str = "") -> bool:
    """Whether a value of this annotation, or a fact of this class, can speak of somebody."""
    if annotation is Sealed or is_person(annotation, name):
        return True
    if isinstance(annotation, type) and _is_record(annotation):
        return any(speaks(inner, field) for field, inner in fields(annotation))
    return any(speaks(part) for part in get_args(annotation))


def is_person(annotation: Any, name: str) -> bool:
    """Whether an id of this field is of whom it is about, and not of who did it."""
    parts = set(_parts(annotation))
    return not is_actor(name) and bool(parts & IDS or (name in NAMES and UUID in parts))


def is_actor(name: str) -> bool:
    """By this ending an account is who did it."""
    return name == "by" or name.endswith("_by")


def named(body: Any) -> Named:
    """Those a fact speaks of."""
    found = list(_named_in(body))
    return Named(
        frozenset(one for one in found if isinstance(one, UUID)),
        frozenset(one.person_id for one in found if isinstance(one, Sealed)),
    )


def sealed_in(body: Any) -> list[Sealed]:
    """What is sealed in a fact and may be told."""
    return [one for one in _named_in(body) if isinstance(one, Sealed)]


def shown(body: Any, own: AbstractSet[UUID], opened: Mapping[Sealed, str | None]) -> dict[str, Any]:
    """A fact as JSON, for whom these ids are: others' ids are null, others' words too, and lists are without them."""
    return {
        name: _shown(annotation, name, getattr(body, name), own, opened)
        for name, annotation in fields(_class(body))
    }


def _shown(
    annotation: Any,
    name: str,
    value: Any,
    own: AbstractSet[UUID],
    opened: Mapping[Sealed, str | None],
) -> Any:
    if isinstance(value, Sealed):
        return opened.get(value) if value.person_id in own else None
    if isinstance(value, UUID) and (is_person(annotation, name) or is_actor(name)):
        return str(value) if value in own else None
    if isinstance(value, tuple | frozenset):
        return [
            _shown(inner, name, item, own, opened)
            for inner, item in _items(annotation, value)
            if not _is_others(inner, name, item, own)
        ]
    if _is_record(_class(value)) and speaks(_class(value)):
        return shown(value, own, opened)
    return to_jsonable_python(value)


def _is_others(annotation: Any, name: str, item: Any, own: AbstractSet[UUID]) -> bool:
    """Whether an item of a list speaks of others alone."""
    found = {
        one.person_id if isinstance(one, Sealed) else one for one in _named(annotation, name, item)
    }
    return bool(found) and not found & own


def _named_in(body: Any) -> Iterator[UUID | Sealed]:
    for name, annotation in fields(_class(body)):
        if speaks(annotation, name):
            yield from _named(annotation, name, getattr(body, name))


def _named(annotation: Any, name: str, value: Any) -> Iterator[UUID | Sealed]:
    if isinstance(value, Sealed) or (isinstance(value, UUID) and is_person(annotation, name)):
        yield value
    elif isinstance(value, tuple | frozenset):
        for inner, item in _items(annotation, value):
            yield from _named(inner, name, item)
    elif _is_record(_class(value)):
        yield from _named_in(value)


def _items(annotation: Any, value: Any) -> list[tuple[Any, Any]]:
    series = next(part for part in _parts(annotation) if get_origin(part) in (tuple, frozenset))
    inner = get_args(series)
    if get_origin(series) is frozenset or Ellipsis in inner:
        return [(inner[0], item) for item in value]
    return list(zip(inner, value, strict=True))


def _parts(annotation: Any) -> tuple[Any, ...]:
    """The alternatives of a union, else the annotation itself."""
    is_union = get_origin(annotation) in (Union, types.UnionType)
    return get_args(annotation) if is_union else (annotation,)


def _is_record(cls: type) -> bool:
    return cls is not Sealed and (dataclasses.is_dataclass(cls) or issubclass(cls, BaseModel))


def _class(value: Any) -> type:
    return type(value)
