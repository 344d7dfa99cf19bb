"""The judge of the doubles refuses what a vendor's document does not allow, wherever it is."""

from typing import Any

import pytest
from openapi_core.datatypes import RequestParameters

from tests.doubles import openapi
from tests.doubles.openapi import Answered, Asked
from tests.doubles.stripe import judge

SEAT = "/seats/{seat_id}"
NUMBER: dict[str, Any] = {"type": "integer", "minimum": 1}
NAMED: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string", "nullable": True}, "row": NUMBER},
    "required": ["name"],
    "additionalProperties": False,
}
JSON_NAMED: dict[str, Any] = {"application/json": {"schema": NAMED}}
FORM_NAMED: dict[str, Any] = {judge.FORM: {"schema": NAMED}}


def document(version: str = "3.0.3", content: dict[str, Any] = JSON_NAMED) -> dict[str, Any]:
    return {
        "openapi": version,
        "info": {"title": "Seats", "version": "1"},
        "paths": {
            SEAT: {
                "parameters": [
                    {"name": "seat_id", "in": "path", "required": True, "schema": NUMBER}
                ],
                "put": {
                    "security": [{"token": []}],
                    "parameters": [
                        {"name": "wait", "in": "query", "schema": NUMBER},
                        {"name": "Key", "in": "header", "required": True, "schema": NUMBER},
                    ],
                    "requestBody": {"required": True, "content": content},
                    "responses": {
                        "200": {
                            "description": "Done.",
                            "headers": {"Left": {"schema": NUMBER}},
                            "content": JSON_NAMED,
                        },
                        "4XX": {"description": "No."},
                    },
                },
                "delete": {"responses": {"204": {"description": "Gone."}}},
            }
        },
        "components": {"securitySchemes": {"token": {"type": "oauth2", "flows": {}}}},
    }


def asked(
    method: str = "put",
    seat_id: str = "7",
    query: dict[str, str] | None = None,
    key: str | None = "1",
    scheme: str = "Bearer",
    body: bytes | None = b'{"name": "Ada"}',
) -> Asked:
    header = {"Authorization": f"{scheme} token"} | ({"Key": key} if key else {})
    told = RequestParameters(path={"seat_id": seat_id}, query=query or {}, header=header)
    return Asked(method, SEAT, told, body)


@pytest.fixture(scope="module", params=["3.0.3", "3.1.0"])
def spec(request: pytest.FixtureRequest) -> openapi.Spec:
    return openapi.Spec(document(request.param))


def test_what_a_document_allows_is_not_wrong(spec: openapi.Spec) -> None:
    assert spec.knows("PUT", SEAT)
    assert not spec.knows("PATCH", SEAT)
    assert spec.wrong_request(asked(query={"wait": "2"})) == []
    assert spec.wrong_request(asked("delete", body=None)) == []
    assert spec.wrong_answer(asked(), Answered(200, b'{"name": "Ada"}', {"Left": "3"})) == []
    assert spec.wrong_answer(asked(), Answered(404)) == []


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (asked(seat_id="ada"), "integer"),
        (asked(query={"wait": "0"}), "query parameter: wait: $: 0 is less than the minimum"),
        (asked(query={"wiat": "2"}), "query: wiat is not known"),
        (asked(key="0"), "header parameter: Key: $: 0 is less than the minimum"),
        (asked(key=None), "Missing required header parameter: Key"),
        (asked(scheme="Basic"), "Security not found"),
        (asked(body=None), "Missing required request body"),
        (asked(body=b"{}"), "$: 'name' is a required property"),
        (asked(body=b'{"name": "Ada", "row": "2"}'), "$.row: '2' is not of type 'integer'"),
        (asked(body=b'{"name": "Ada", "rwo": 2}'), "$: Additional properties are not allowed"),
        (asked("delete"), "a body is not expected"),
    ],
)
def test_a_request_is_wrong_wherever_it_is_wrong(
    spec: openapi.Spec, wrong: Asked, reason: str
) -> None:
    (told,) = spec.wrong_request(wrong)
    assert reason in told


@pytest.mark.parametrize(
    ("method", "wrong", "reason"),
    [
        ("put", Answered(201, b'{"name": "Ada"}'), "Unknown response http status: 201"),
        ("put", Answered(200, b'{"name": 1}'), "$.name: 1 is not of type 'string'"),
        ("put", Answered(200), "data"),
        ("put", Answered(200, b'{"name": "A"}', {"Left": "0"}), "header Left: $: 0 is less than"),
        ("put", Answered(404, b"{}"), "a body is not expected"),
        ("delete", Answered(204, b"{}"), "a body is not expected"),
    ],
)
def test_an_answer_is_wrong_by_its_status_headers_or_body(
    spec: openapi.Spec, method: str, wrong: Answered, reason: str
) -> None:
    (told,) = spec.wrong_answer(asked(method), wrong)
    assert reason in told


def test_a_nullable_is_read_as_its_version_has_it() -> None:
    nothing = asked(body=b'{"name": null}')
    assert openapi.Spec(document("3.0.3")).wrong_request(nothing) == []
    assert openapi.Spec(document("3.1.0")).wrong_request(nothing) != []


@pytest.mark.parametrize(
    ("form", "reasons"),
    [
        ("name=Ada&row=2", 0),
        ("name=Ada&row=two", 1),
        ("name=Ada&rwo=2", 1),
        ("name[first]=Ada", 1),
        ("row=2", 1),
    ],
)
def test_a_form_is_judged_field_by_field(form: str, reasons: int) -> None:
    told = document(content=FORM_NAMED)
    seat = told["paths"][SEAT]
    seat["post"] = seat.pop("put")
    del seat["post"]["parameters"][0]
    spec = judge.Spec(judge.Spec.mended(told))
    assert len(spec.wrong_request(asked("post", body=form.encode()))) == reasons
