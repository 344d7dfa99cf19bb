"""Stored names and classes: what was written by any release is read by this one, or by none."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar, Literal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.event_types import MAX_BYTES, EventTypes, TooLarge, UnknownType, Upcast
from shared.ids import Code, Label, PersonId
from shared.money import CURRENCIES, Money
from shared.personal_value import Sealed

FIXED = settings(derandomize=True, deadline=None, max_examples=50)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Line:
    price: Money
    quantity: int


@dataclass(frozen=True)
class Everything:
    person_id: PersonId
    at: datetime
    colour: Colour
    kind: Literal["a", "b"]
    lines: tuple[Line, ...]
    label: Label
    name: Sealed | None
    free: bool = False


@dataclass(frozen=True)
class Other:
    number: int = 3


TYPES = EventTypes([Everything, Other])

texts = st.text(st.characters(codec="utf-8"), max_size=20)
lines = st.builds(
    Line,
    price=st.builds(
        Money, minor=st.integers(-(2**63), 2**63 - 1), currency=st.sampled_from(sorted(CURRENCIES))
    ),
    quantity=st.integers(),
)
events = st.builds(
    Everything,
    person_id=st.uuids().map(PersonId),
    at=st.datetimes(timezones=st.just(UTC)),
    colour=st.sampled_from(Colour),
    kind=st.sampled_from(["a", "b"]),
    lines=st.lists(lines, max_size=3).map(tuple),
    label=texts.map(Label),
    name=st.none()
    | st.builds(
        Sealed,
        person_id=st.uuids().map(PersonId),
        retention=st.sampled_from(["profile", "accounting"]),
        box=texts.map(Code),
    ),
    free=st.booleans(),
)


@FIXED
@given(events)
def test_what_is_stored_comes_back_the_same(event: Everything) -> None:
    assert TYPES.decode(*TYPES.encode(event)) == event


def test_the_stored_form_never_changes() -> None:
    assert TYPES.encode(Other(7)) == ("Other", 1, '{"number":7}')
    assert TYPES.encode(
        Everything(
            PersonId(UUID(int=1)),
            datetime(2026, 3, 1, 12, tzinfo=UTC),
            Colour.RED,
            "a",
            (Line(Money(5, "EUR"), 2),),
            Label("Circle"),
            None,
        )
    )[2] == (
        '{"person_id":"00000000-0000-0000-0000-000000000001","at":"2026-03-01T12:00:00Z",'
        '"colour":"red","kind":"a","lines":[{"price":{"minor":5,"currency":"EUR"},"quantity":2}],'
        '"label":"Circle","name":null,"free":false}'
    )


def test_a_field_that_came_later_has_its_default() -> None:
    assert TYPES.decode("Other", 1, "{}") == Other(3)


def test_a_field_that_is_gone_is_ignored() -> None:
    assert TYPES.decode("Other", 1, '{"number": 1, "gone": true}') == Other(1)


@pytest.mark.parametrize(
    ("name", "version", "data"),
    [
        ("Stranger", 1, "{}"),
        ("Other", 2, "{}"),
        ("Other", 1, '{"number": "many"}'),
        ("Other", 1, "[]"),
        ("Other", 1, "{"),
        ("Other", 1, ""),
    ],
)
def test_what_this_release_cannot_read_is_unknown(name: str, version: int, data: str) -> None:
    with pytest.raises(UnknownType):
        TYPES.decode(name, version, data)


def test_what_belongs_to_no_decider_is_not_stored() -> None:
    @dataclass(frozen=True)
    class Stranger:
        pass

    with pytest.raises(UnknownType, match="Stranger"):
        TYPES.encode(Stranger())
    assert "Stranger" not in TYPES
    assert "Other" in TYPES
    assert TYPES.classes() == {"Everything": Everything, "Other": Other}


def test_an_event_is_at_most_64_kilobytes() -> None:
    @dataclass(frozen=True)
    class Wide:
        label: Label

    types = EventTypes([Wide])
    overhead = len('{"label":""}')
    assert types.encode(Wide(Label("x" * (MAX_BYTES - overhead))))
    for label in ("x" * (MAX_BYTES - overhead + 1), "ž" * (MAX_BYTES // 2)):
        with pytest.raises(TooLarge):
            types.encode(Wide(Label(label)))


def test_a_lone_surrogate_is_refused_before_it_is_stored() -> None:
    @dataclass(frozen=True)
    class Named:
        label: Label

    types = EventTypes([Named])
    with pytest.raises(ValueError, match="surrogate"):
        types.encode(Named(Label("\ud800")))
    assert types.decode(*types.encode(Named(Label("\x00")))) == Named(Label("\x00"))


def test_two_classes_of_one_name_are_refused() -> None:
    @dataclass(frozen=True)
    class Twin:
        pass

    first = Twin

    @dataclass(frozen=True)
    class Twin:  # type: ignore[no-redef]  # two of one name are the point
        pass

    EventTypes([first, first])
    with pytest.raises(ValueError, match="Twin"):
        EventTypes([first, Twin])


# Upcasts


def _with_currency(raw: dict[str, Any]) -> dict[str, Any]:
    return {"price": {"minor": raw["cents"], "currency": "EUR"}}


def _with_quantity(raw: dict[str, Any]) -> dict[str, Any]:
    return raw | {"quantity": 1}


@dataclass(frozen=True)
class Sold:
    SCHEMA_VERSION: ClassVar[int] = 3
    UPCASTS: ClassVar[tuple[Upcast, ...]] = (_with_currency, _with_quantity)

    price: Money
    quantity: int


@pytest.mark.parametrize(
    ("version", "data"),
    [
        (1, '{"cents": 500}'),
        (2, '{"price": {"minor": 500, "currency": "EUR"}}'),
        (3, '{"price": {"minor": 500, "currency": "EUR"}, "quantity": 1}'),
    ],
)
def test_every_older_version_is_read_as_the_newest(version: int, data: str) -> None:
    assert EventTypes([Sold]).decode("Sold", version, data) == Sold(Money(500, "EUR"), 1)


def test_the_newest_version_is_written() -> None:
    name, version, data = EventTypes([Sold]).encode(Sold(Money(5, "EUR"), 2))
    assert (name, version) == ("Sold", 3)
    assert data == '{"price":{"minor":5,"currency":"EUR"},"quantity":2}'


def test_a_version_of_a_newer_release_is_unknown() -> None:
    with pytest.raises(UnknownType, match="v4"):
        EventTypes([Sold]).decode("Sold", 4, "{}")


def test_every_version_needs_the_step_to_the_next() -> None:
    @dataclass(frozen=True)
    class Changed:
        SCHEMA_VERSION: ClassVar[int] = 3
        UPCASTS: ClassVar[tuple[Upcast, ...]] = (_with_quantity,)

        quantity: int

    with pytest.raises(ValueError, match="Changed"):
        EventTypes([Changed])
