from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal, NewType
from uuid import UUID

import pytest

from shared.contracts.contract import CodeText, LabelText, MoneyValue
from shared.ids import Code, Label
from shared.money import Money
from shared.personal_value import Sealed
from tools.shapes import Unspeakable, fields_of, shape_of

SeatId = NewType("SeatId", UUID)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Seat:
    seat_id: SeatId
    holder: Sealed | None = None


@dataclass(frozen=True)
class Loose:
    note: str


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (SeatId, "id"),
        (int, "number"),
        (bool, "bool"),
        (datetime, "time"),
        (date, "day"),
        (Money, "money"),
        (MoneyValue, "money"),
        (Code, "code"),
        (Label, "label"),
        (CodeText, "enum"),
        (LabelText, "label"),
        (Colour, "enum"),
        (Literal["a", "b"], "enum"),
        (Sealed | None, "sealed or null"),
        (tuple[Seat, ...], "list of Seat"),
        (frozenset[SeatId], "list of id"),
        (tuple[Code, int], "(code, number)"),
        (Code | int | None, "code or number or null"),
    ],
)
def test_a_kind_is_read_from_its_annotation(annotation: Any, text: str) -> None:
    assert str(shape_of(annotation, "here")) == text


@pytest.mark.parametrize(
    "annotation",
    [
        str,
        float,
        object,
        Any,
        dict[Code, int],
        list[int],
        bytes,
        Loose,
        tuple[str, ...],
        Code | str,
        NewType("Name", str),
        tuple[Loose, ...],
    ],
)
def test_what_could_hold_a_persons_words_is_refused(annotation: Any) -> None:
    with pytest.raises(Unspeakable):
        shape_of(annotation, "here")


def test_only_a_message_to_a_person_is_filled_by_a_map() -> None:
    assert str(shape_of(dict[CodeText, int], "values", maps=True)) == "map from enum to number"


def test_what_is_sealed_is_found_at_any_depth() -> None:
    assert shape_of(tuple[Seat, ...], "seats").holds("sealed")
    assert not shape_of(tuple[SeatId, ...], "seats").holds("sealed")


def test_a_field_with_a_default_is_not_required() -> None:
    assert [(field.name, field.required) for field in fields_of(Seat)] == [
        ("seat_id", True),
        ("holder", False),
    ]
