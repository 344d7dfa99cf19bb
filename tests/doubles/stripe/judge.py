"""Stripe's own OpenAPI document, made readable: its forms nest deeper than openapi-core reads any.

And `nullable` stands beside references and lists of values, where 3.0 would have it say nothing.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from jsonschema.validators import extend
from openapi_core.validation.schemas.factories import SchemaValidatorsFactory
from openapi_schema_validator import OAS31Validator

from tests.doubles import openapi
from tests.doubles.openapi import JSON, Asked, Document
from tests.doubles.stripe.forms import decoded

METHODS = {"get", "post", "delete"}
FORM = "application/x-www-form-urlencoded"
READABLE = {
    "integer": re.compile(r"-?\d+"),
    "number": re.compile(r"-?\d+(\.\d+)?"),
    "boolean": re.compile("true|false"),
}


def _type(validator: Any, kinds: Any, value: Any, schema: Any) -> Iterator[Any]:
    """In a form everything is text: what can be read as a kind is of it."""
    named = [kinds] if isinstance(kinds, str) else kinds
    patterns = (READABLE[kind] for kind in named if kind in READABLE)
    if not isinstance(value, str) or not any(one.fullmatch(value) for one in patterns):
        yield from OAS31Validator.VALIDATORS["type"](validator, kinds, value, schema)


class Spec(openapi.Spec):
    """A form or a query is decoded as Stripe does, and judged as a body with the same names and schemas."""

    reads = SchemaValidatorsFactory(cast("Any", extend)(OAS31Validator, {"type": _type}))

    @classmethod
    def mended(cls, document: Document) -> Document:
        for methods in document["paths"].values():
            for operation in (methods[name] for name in METHODS & set(methods)):
                content = operation.get("requestBody", {}).get("content", {})
                if FORM in content:
                    content[JSON] = {"schema": content.pop(FORM)["schema"]}
                asked = operation.get("parameters", [])
                if query := [one for one in asked if one["in"] == "query"]:
                    operation["parameters"] = [one for one in asked if one not in query]
                    operation["requestBody"] = _as_body(query)
        mended: Document = _modern(document)
        return mended | {"openapi": "3.1.0"}

    def wrong_request(self, asked: Asked) -> list[str]:
        body = json.dumps(decoded(asked.body.decode())).encode() if asked.body else None
        told = replace(asked.parameters, query={})
        return super().wrong_request(replace(asked, parameters=told, body=body, content_type=JSON))


def _as_body(query: list[Document]) -> Document:
    schema = {
        "type": "object",
        "properties": {one["name"]: one["schema"] for one in query},
        "required": [one["name"] for one in query if one.get("required")],
        "additionalProperties": False,
    }
    return {"content": {JSON: {"schema": schema}}, "required": bool(schema["required"])}


def _modern(schema: Any) -> Any:
    """As 3.1 says it: what is `nullable` has one more type."""
    if isinstance(schema, list):
        return [_modern(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: _modern(value) for name, value in schema.items()}
    return {"anyOf": [told, {"type": "null"}]} if told.pop("nullable", None) is True else told
