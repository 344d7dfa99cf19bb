"""Judges requests and answers by a vendor's own OpenAPI document (3.0 or 3.1), where somebody has put one.

TESSERA_VENDOR_SPECS names the folder; Stripe's own also comes with stripe-mock, by `python -m tools.validators`. The
documents are the vendors', so they are no part of this repository.
"""

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tools.validators import place

DOCUMENT = "urn:vendor"


def path_of(vendor: str) -> Path | None:
    """The vendor's document, None where it is absent."""
    told = os.environ.get("TESSERA_VENDOR_SPECS")
    folders = [Path(told)] if told else []
    paths = (folder / f"{vendor}.openapi.json" for folder in [*folders, place.folder()])
    return next((path for path in paths if path.is_file()), None)


class Spec:
    """What a vendor says of its own API."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._paths = document["paths"]
        resource = DRAFT202012.create_resource(document)
        self._registry: Registry[Any] = Registry().with_resource(DOCUMENT, resource)

    @classmethod
    @cache
    def read(cls, path: Path) -> Self:
        document = json.loads(path.read_text())
        return cls(_modern(document) if document["openapi"].startswith("3.0") else document)

    def knows(self, method: str, template: str) -> bool:
        return method.lower() in self._paths.get(template, {})

    def wrong_request(self, method: str, template: str, body: Any) -> list[str]:
        """What the vendor would say against a JSON body; None stands for no body."""
        operation = self._paths[template][method.lower()]
        asked = operation.get("requestBody")
        if body is None:
            needed = asked is not None and asked.get("required", False)
            return ["a body is missing"] if needed else []
        if asked is None:
            return ["a body is not expected"]
        where = (template, method.lower(), "requestBody", "content", "application/json", "schema")
        return self._wrong(body, "paths", *where)

    def wrong_answer(self, method: str, template: str, status: int, body: Any) -> list[str]:
        """What the vendor would not say; None stands for no body."""
        answers = self._paths[template][method.lower()]["responses"]
        codes = (str(status), f"{status // 100}XX", "default")
        code = next((one for one in codes if one in answers), None)
        if code is None:
            return [f"{status} is not among its answers"]
        where = ["paths", template, method.lower(), "responses", code]
        answer = answers[code]
        if "$ref" in answer:
            where = answer["$ref"].removeprefix("#/").split("/")
            answer = self._registry.resolver(DOCUMENT).lookup(answer["$ref"]).contents
        if "content" not in answer:
            return [] if body is None else ["a body is not expected"]
        return self._wrong(body, *where, "content", "application/json", "schema")

    def wrong_value(self, schema: str, value: Any) -> list[str]:
        return self._wrong(value, "components", "schemas", schema)

    def _wrong(self, value: Any, *steps: str) -> list[str]:
        pointer = "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps)
        validator = Draft202012Validator(
            {"$ref": f"{DOCUMENT}#{quote(pointer)}"}, registry=self._registry
        )
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def _modern(schema: Any) -> Any:
    """What 3.0 says in words of its own, as 3.1 says it: `nullable` becomes one more type."""
    if isinstance(schema, list):
        return [_modern(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: _modern(value) for name, value in schema.items()}
    return {"anyOf": [told, {"type": "null"}]} if told.pop("nullable", None) is True else told
