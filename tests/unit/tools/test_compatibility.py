import copy
from collections.abc import Callable
from typing import Any, ClassVar, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel

from shared.contracts.contract import Contract, LabelText, MoneyValue
from tools import contracts
from tools.compatibility import breaks_of_api, breaks_of_fact, changes
from tools.schemas import as_text


class Line(BaseModel):
    kind: Literal["offer", "quote"]
    amount: MoneyValue
    tier_id: UUID | None = None


class Sold(Contract):
    """Something was sold."""

    topic: ClassVar[str] = "tessera.shop.sale.v1"

    person_id: UUID
    seats: int
    name: LabelText
    tier_id: UUID | None
    lines: tuple[Line, ...]
    values: dict[str, LabelText | int]
    late: bool = False


def published() -> dict[str, Any]:
    return Sold.model_json_schema() | {"x-version": 1}


def raised(schema: dict[str, Any]) -> dict[str, Any]:
    return schema | {"x-version": 2}


def after(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """The published schema with something done to it, and its version raised."""
    schema = copy.deepcopy(published())
    change(schema)
    return raised(schema)


def fields(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema["properties"]
    return found


BREAKS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a field is removed": (lambda s: fields(s).pop("seats"), "Sold.seats: was removed"),
    "a type changes": (
        lambda s: fields(s)["seats"].update(type="string"),
        "Sold.seats: type was integer, is string",
    ),
    "a format changes": (
        lambda s: fields(s)["person_id"].pop("format"),
        "Sold.person_id: format was uuid, is None",
    ),
    "a field becomes required that was never written": (
        lambda s: (fields(s).update(note={"type": "integer"}), s["required"].append("note")),
        "Sold.note: is required, and what was written before may lack it",
    ),
    "an optional field becomes required": (
        lambda s: s["required"].append("late"),
        "Sold.late: is required, and what was written before may lack it",
    ),
    "a required field becomes optional": (
        lambda s: s["required"].remove("seats"),
        "Sold.seats: may now be missing",
    ),
    "a field may be null now": (
        lambda s: fields(s).update(seats={"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        "Sold.seats: may now be null",
    ),
    "null is refused now": (
        lambda s: fields(s).update(tier_id={"type": "string", "format": "uuid"}),
        "Sold.tier_id: null is refused, and has been written",
    ),
    "a default changes": (
        lambda s: fields(s)["late"].update(default=True),
        "Sold.late: what its absence means has changed",
    ),
    "an enumeration forgets a value": (
        lambda s: fields(s["$defs"]["Line"])["kind"].update(enum=["offer"]),
        "Sold.lines[].kind: no longer knows quote",
    ),
    "a free value becomes an enumeration": (
        lambda s: fields(s)["name"].update(enum=["Supporter"]),
        "Sold.name: only some values are right now",
    ),
    "an enumeration opens": (
        lambda s: fields(s["$defs"]["Line"])["kind"].pop("enum"),
        "Sold.lines[].kind: is no enumeration any more",
    ),
    "a text must be shorter": (
        lambda s: fields(s)["name"].update(maxLength=50),
        "Sold.name: maxLength was 200, is 50",
    ),
    "a number must be larger": (
        lambda s: fields(s)["seats"].update(minimum=1),
        "Sold.seats: minimum was None, is 1",
    ),
    "a text must match a pattern": (
        lambda s: fields(s)["name"].update(pattern="^[a-z]+$"),
        "Sold.name: must match another pattern",
    ),
    "something changes inside a record of a list": (
        lambda s: fields(s["$defs"]["MoneyValue"]).pop("currency"),
        "Sold.lines[].amount.currency: was removed",
    ),
    "a map may hold something else": (
        lambda s: fields(s)["values"]["additionalProperties"]["anyOf"].append({"type": "boolean"}),
        "Sold.values.*: can now also be boolean",
    ),
    "a map no longer holds something": (
        lambda s: fields(s)["values"]["additionalProperties"]["anyOf"].pop(),
        "Sold.values.*: can no longer be integer",
    ),
    "unknown fields are refused": (
        lambda s: s.update(additionalProperties=False),
        "Sold: unknown fields are refused",
    ),
}


@pytest.mark.parametrize(("change", "sentence"), BREAKS.values(), ids=BREAKS)
def test_a_published_fact_never_breaks(
    change: Callable[[dict[str, Any]], object], sentence: str
) -> None:
    assert sentence in breaks_of_fact(published(), after(change))


GROWTH: dict[str, Callable[[dict[str, Any]], object]] = {
    "an optional field": lambda s: fields(s).update(note={"type": "integer", "default": 0}),
    "a value of an enumeration": lambda s: fields(s["$defs"]["Line"])["kind"]["enum"].append(
        "gift"
    ),
    "a longer text": lambda s: fields(s)["name"].update(maxLength=400),
    "an optional field inside a record": lambda s: fields(s["$defs"]["Line"]).update(
        note={"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}
    ),
}


@pytest.mark.parametrize("change", GROWTH.values(), ids=GROWTH)
def test_a_published_fact_may_grow(change: Callable[[dict[str, Any]], object]) -> None:
    assert breaks_of_fact(published(), after(change)) == []


@pytest.mark.parametrize("change", GROWTH.values(), ids=GROWTH)
def test_a_fact_that_grows_raises_its_version(change: Callable[[dict[str, Any]], object]) -> None:
    same = after(change) | {"x-version": 1}
    assert breaks_of_fact(published(), same) == [
        "Sold: changed and still version 1; raise `version`."
    ]


def test_an_alternative_may_gain_what_it_may_lack() -> None:
    offer = {"type": "object", "properties": {"offer_id": {}}, "required": ["offer_id"]}
    quote = {"type": "object", "properties": {"quote": {}}, "required": ["quote"]}
    priced = offer | {"properties": {"offer_id": {}, "amount": {"default": 0}}}
    before, now = ({"anyOf": [one, quote]} for one in (offer, priced))
    assert list(changes(before, now, "line")) == []
    insistent = {"anyOf": [priced | {"required": ["amount", "offer_id"]}, quote]}
    assert any(change.narrows for change in changes(before, insistent, "line"))


def test_what_stands_for_an_absent_object_may_gain_what_has_a_default() -> None:
    def with_default(*names: str) -> dict[str, Any]:
        size = {name: {"type": "integer", "default": 1} for name in names}
        return {"type": "object", "properties": size, "default": dict.fromkeys(names, 1)}

    assert list(changes(with_default("a"), with_default("a", "b"), "size")) == []
    other = with_default("a", "b")
    for default in ({"a": 1, "b": 2}, {"a": 2, "b": 1}, None):
        (change,) = changes(with_default("a"), other | {"default": default}, "size")
        assert change.what == "what its absence means has changed"


def test_words_may_be_worded_better_at_any_time() -> None:
    worded = copy.deepcopy(published())
    worded["description"] = "Something found a buyer."
    fields(worded)["seats"]["description"] = "How many."
    assert breaks_of_fact(published(), worded) == []


def test_the_same_is_no_change() -> None:
    assert breaks_of_fact(published(), published()) == []


def test_a_change_says_whom_it_hurts() -> None:
    wider = after(lambda s: s["required"].remove("seats"))
    narrower = after(lambda s: fields(s)["name"].update(maxLength=50))
    (widened,) = changes(published(), wider, "Sold")
    (narrowed,) = changes(published(), narrower, "Sold")
    assert (widened.widens, widened.narrows) == (True, False)
    assert (narrowed.widens, narrowed.narrows) == (False, True)


def test_a_type_that_nobody_publishes_any_more_breaks_its_readers() -> None:
    path = "schemas/tessera.shop.sale.v1/Sold.json"
    assert contracts.broken({path: as_text(published())}, {}) == [
        f"{path}: nobody publishes it any more, and it is in the topic for ever"
    ]


def test_what_is_only_prose_may_come_and_go() -> None:
    assert contracts.broken({"errors.md": "one"}, {"errors.md": "two"}) == []


def api(**more: Any) -> dict[str, Any]:
    """One operation: a body with a name, an answer with an id and perhaps a note."""
    body = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "size": {"type": "integer", "default": 1}},
        "required": ["name"],
        "additionalProperties": False,
    }
    answer = {
        "type": "object",
        "properties": {"id": {"type": "string"}, "note": {"type": "string"}},
        "required": ["id"],
    }
    operation = {
        "operationId": "make_thing",
        "parameters": [{"in": "query", "name": "limit", "schema": {"type": "integer"}}],
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"201": {"content": {"application/json": {"schema": answer}}}},
    }
    return {"paths": {"/things": {"post": operation | more}}}


def operation(document: dict[str, Any]) -> Any:
    return document["paths"]["/things"]["post"]


def body_of(document: dict[str, Any]) -> Any:
    return operation(document)["requestBody"]["content"]["application/json"]["schema"]


def answer_of(document: dict[str, Any]) -> Any:
    return operation(document)["responses"]["201"]["content"]["application/json"]["schema"]


API_BREAKS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "an operation is removed": (
        lambda d: d["paths"].pop("/things"),
        "make_thing: POST /things was removed",
    ),
    "an operation is renamed": (
        lambda d: operation(d).update(operationId="create_thing"),
        "make_thing: is called create_thing",
    ),
    "a parameter is removed": (
        lambda d: operation(d)["parameters"].clear(),
        "make_thing ?limit: was removed",
    ),
    "a parameter is required": (
        lambda d: operation(d)["parameters"][0].update(required=True),
        "make_thing ?limit: is required",
    ),
    "a request must say more": (
        lambda d: body_of(d)["required"].append("size"),
        "make_thing body.size: is required, and what was written before may lack it",
    ),
    "a request may say less": (
        lambda d: body_of(d)["properties"].pop("size"),
        "make_thing body.size: was removed",
    ),
    "an answer says less": (
        lambda d: answer_of(d)["properties"].pop("note"),
        "make_thing answer.note: was removed",
    ),
    "an answer may lack what it had": (
        lambda d: answer_of(d)["required"].clear(),
        "make_thing answer.id: may now be missing",
    ),
    "an answer has another status": (
        lambda d: operation(d).update(responses={"200": {}}),
        "make_thing: no longer answers 201",
    ),
}


@pytest.mark.parametrize(("change", "sentence"), API_BREAKS.values(), ids=API_BREAKS)
def test_an_api_never_breaks_inside_its_version(
    change: Callable[[dict[str, Any]], object], sentence: str
) -> None:
    now = api()
    change(now)
    assert sentence in breaks_of_api(api(), now)


API_GROWTH: dict[str, Callable[[dict[str, Any]], object]] = {
    "a request may say more": lambda d: body_of(d)["properties"].update(note={"type": "string"}),
    "a request needs less": lambda d: body_of(d)["required"].clear(),
    "an answer says more": lambda d: answer_of(d)["properties"].update(size={"type": "integer"}),
    "an answer promises more": lambda d: answer_of(d)["required"].append("note"),
    "an operation is added": lambda d: d["paths"].update(
        {"/others": {"get": {"operationId": "list_others"}}}
    ),
}


@pytest.mark.parametrize("change", API_GROWTH.values(), ids=API_GROWTH)
def test_an_api_may_grow(change: Callable[[dict[str, Any]], object]) -> None:
    now = api()
    change(now)
    assert breaks_of_api(api(), now) == []
