"""The kinds of values our facts are made of, read from their annotations; any other kind is refused."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from shared.contracts.contract import MoneyValue
from shared.ids import Code, Label
from shared.money import Money
from shared.personal_value import Sealed

LEAVES: Mapping[object, str] = {
    UUID: "id",
    bool: "bool",
    int: "number",
    datetime: "time",
    AwareDatetime: "time",
    date: "day",
    Money: "money",
    MoneyValue: "money",
    Sealed: "sealed",
    Code: "code",
    Label: "label",
}


class Unspeakable(TypeError):
    """An annotation that could hold a person's words, or what nobody can name: str, dict, float, Any, object."""


@dataclass(frozen=True)
class Shape:
    """What a value is: a leaf, or a list, tuple, map, union or record of others."""

    kind: str
    of: tuple["Shape", ...] = ()
    optional: bool = False
    choices: tuple[str, ...] = ()
    record: type | None = None

    def __str__(self) -> str:
        match self.kind:
            case "list":
                text = f"list of {self.of[0]}"
            case "tuple":
                text = f"({', '.join(map(str, self.of))})"
            case "map":
                text = f"map from {self.of[0]} to {self.of[1]}"
            case "union":
                text = " or ".join(map(str, self.of))
            case "record":
                text = self.record.__name__ if self.record else ""
            case _:
                text = self.kind
        return f"{text} or null" if self.optional else text

    def records(self) -> list[type]:
        """The classes of the records in it."""
        return ([self.record] if self.record else []) + [
            record for shape in self.of for record in shape.records()
        ]

    def holds(self, kind: str) -> bool:
        """Whether a value of this kind is in it, at any depth."""
        within = (field.shape for record in self.records() for field in fields_of(record))
        return self.kind == kind or any(shape.holds(kind) for shape in (*self.of, *within))


@dataclass(frozen=True)
class Field:
    """One field of a contract, an event or a command."""

    name: str
    shape: Shape
    required: bool


def fields_of(cls: type, *, maps: bool = False) -> list[Field]:
    """The fields of a dataclass or a pydantic model; Unspeakable names the first that must not be."""
    hints = typing.get_type_hints(cls, include_extras=True)
    return [
        Field(name, shape_of(hints[name], f"{cls.__name__}.{name}", maps=maps), required)
        for name, required in _names(cls)
    ]


def _names(cls: type) -> list[tuple[str, bool]]:
    if issubclass(cls, BaseModel):
        return [(name, info.is_required()) for name, info in cls.model_fields.items()]
    if not dataclasses.is_dataclass(cls):
        raise Unspeakable(f"{cls.__name__} is no dataclass.")
    return [
        (
            field.name,
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
        )
        for field in dataclasses.fields(cls)
    ]


def shape_of(annotation: Any, where: str, *, maps: bool = False) -> Shape:
    """The shape of one annotation; `maps` allows a map from codes, as MessageRequested has."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in LEAVES:
        return Shape(LEAVES[annotation])
    if isinstance(annotation, NewType):
        return shape_of(annotation.__supertype__, where, maps=maps)
    if origin is Annotated:
        return _annotated(arguments, where, maps=maps)
    if origin in (Union, types.UnionType):
        return _union(arguments, where, maps=maps)
    if origin is not None:
        return _generic(origin, arguments, where, maps=maps)
    return _class(annotation, where)


def _generic(origin: Any, arguments: tuple[Any, ...], where: str, *, maps: bool) -> Shape:
    if origin is Literal:
        return Shape("enum", choices=tuple(map(str, arguments)))
    shapes = tuple(shape_of(part, where, maps=maps) for part in arguments if part is not ...)
    is_series = origin is frozenset or (origin is tuple and ... in arguments)
    if is_series:
        return Shape("list", shapes)
    if origin is tuple:
        return Shape("tuple", shapes)
    if origin is dict and maps:
        return Shape("map", shapes)
    raise Unspeakable(f"{where} is a {origin.__name__}: use a tuple or a frozen dataclass.")


def _annotated(arguments: tuple[Any, ...], where: str, *, maps: bool) -> Shape:
    for extra in arguments[1:]:
        declared = extra.json_schema_extra if isinstance(extra, FieldInfo) else None
        if isinstance(declared, dict) and "x-kind" in declared:
            return Shape(str(declared["x-kind"]))
    return shape_of(arguments[0], where, maps=maps)


def _union(arguments: tuple[Any, ...], where: str, *, maps: bool) -> Shape:
    shapes = tuple(
        shape_of(argument, where, maps=maps) for argument in arguments if argument is not type(None)
    )
    optional = type(None) in arguments
    if len(shapes) == 1:
        return dataclasses.replace(shapes[0], optional=optional or shapes[0].optional)
    return Shape("union", shapes, optional)


def _class(cls: Any, where: str) -> Shape:
    if isinstance(cls, type) and issubclass(cls, Enum):
        return Shape("enum", choices=tuple(str(choice.value) for choice in cls))
    if isinstance(cls, type) and (issubclass(cls, BaseModel) or dataclasses.is_dataclass(cls)):
        fields_of(cls)  # Unspeakable, if a field of it is.
        return Shape("record", record=cls)
    name = getattr(cls, "__name__", repr(cls))
    raise Unspeakable(f"{where} is a {name}: use an id, Code, Label, Sealed, Money, ...")
