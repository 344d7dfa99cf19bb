"""Judges requests and answers by a vendor's own OpenAPI document (3.0 or 3.1), where somebody has put one.

openapi-core reads and judges them: path, query, headers, body, status. Two things a document cannot forbid are added,
since no vendor means them: a parameter that it does not name, and a body where it has none.
TESSERA_VENDOR_SPECS names the folder; Stripe's own also comes with stripe-mock, by `python -m tools.validators`. The
documents are the vendors', so they are no part of this repository.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import urlsplit

from jsonschema_path import SchemaPath
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.security.exceptions import SecurityProviderError
from openapi_core.security.factories import SecurityProviderFactory
from openapi_core.security.providers import BaseProvider
from openapi_core.templating.datatypes import TemplateResult
from openapi_core.templating.paths.datatypes import PathOperationServer
from openapi_core.templating.paths.finders import BasePathFinder
from openapi_core.validation.request.exceptions import InvalidParameter
from openapi_core.validation.response.exceptions import InvalidHeader
from openapi_core.validation.schemas.factories import SchemaValidatorsFactory
from starlette.requests import Request
from starlette.responses import Response

from tools.validators import place

JSON = "application/json"
Document = dict[str, Any]


def path_of(vendor: str) -> Path | None:
    """The vendor's document, None where it is absent."""
    told = os.environ.get("TESSERA_VENDOR_SPECS")
    folders = [Path(told)] if told else []
    paths = (folder / f"{vendor}.openapi.json" for folder in [*folders, place.folder()])
    return next((path for path in paths if path.is_file()), None)


@dataclass
class Asked:
    """A request, as openapi-core wants to see one; which operation it is for, the double's own routes have found."""

    method: str
    path_pattern: str
    parameters: RequestParameters
    body: bytes | None = None
    content_type: str = JSON
    host_url: str = ""

    @classmethod
    def of(
        cls, request: Request, template: str, raw: bytes, ids: Mapping[str, str] | None = None
    ) -> Self:
        """`ids` are the parts of its path, where the double's route has other names for them."""
        told = RequestParameters(
            path=request.path_params if ids is None else ids,
            query=request.query_params,
            header=request.headers,
        )
        kind = request.headers.get("content-type", "")
        return cls(request.method.lower(), template, told, raw or None, kind)

    @property
    def path(self) -> str:
        return self.path_pattern


@dataclass(frozen=True)
class Answered:
    """An answer, as openapi-core wants to see one."""

    status_code: int
    data: bytes | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)
    content_type: str = JSON

    @classmethod
    def of(cls, response: Response) -> Self:
        return cls(response.status_code, bytes(response.body) or None, response.headers)


class Spec:
    """What a vendor says of its own API."""

    reads: SchemaValidatorsFactory | None = None
    """How what is asked is held to a schema; None for as the document's version does."""

    def __init__(self, document: Document) -> None:
        self._paths = document["paths"]
        self._asks = OpenAPI.from_dict(document, config=_config(self.reads))
        self._answers = OpenAPI.from_dict(document, config=_config())

    @classmethod
    @cache
    def read(cls, path: Path) -> Self:
        return cls(cls.mended(json.loads(path.read_text())))

    @classmethod
    def mended(cls, document: Document) -> Document:
        """A document without what keeps it from judging rightly."""
        return document

    def knows(self, method: str, template: str) -> bool:
        return method.lower() in self._paths.get(template, {})

    def wrong_request(self, asked: Asked) -> list[str]:
        """What the vendor would say against it."""
        operation = self._operation(asked)
        unknown = set(asked.parameters.query) - set(_names(self._asks.spec, asked, "query"))
        wrong = [f"query: {name} is not known" for name in sorted(unknown)]
        if asked.body and "requestBody" not in operation:
            wrong.append("a body is not expected")
        return wrong + list(_said(self._asks.iter_request_errors(asked)))

    def wrong_answer(self, asked: Asked, answered: Answered) -> list[str]:
        """What the vendor would not say."""
        wrong = list(_said(self._answers.iter_response_errors(asked, answered)))
        if not wrong and answered.data and not self._has_content(asked, answered.status_code):
            return ["a body is not expected"]
        return wrong

    def _operation(self, asked: Asked) -> SchemaPath:
        return self._asks.spec / "paths" / asked.path_pattern / asked.method

    def _has_content(self, asked: Asked, status: int) -> bool:
        answers = self._operation(asked) / "responses"
        codes = (str(status), f"{status // 100}XX", "default")
        return any(code in answers and "content" in answers / code for code in codes)


def _names(spec: SchemaPath, asked: Asked, place: str) -> Iterator[str]:
    path = spec / "paths" / asked.path_pattern
    for where in (path, path / asked.method):
        for parameter in where / "parameters" if "parameters" in where else ():
            if (parameter / "in").read_str() == place:
                yield (parameter / "name").read_str()


def _said(errors: Iterable[Exception]) -> Iterator[str]:
    """Each error in one line, in a schema's own words where there is a schema behind it."""
    for error in errors:
        where = f"{error}: " if isinstance(error, InvalidParameter) else ""
        where = f"header {error.name}: " if isinstance(error, InvalidHeader) else where
        reasons = getattr(error.__cause__, "schema_errors", ())
        for reason in reasons:
            yield f"{where}{reason.json_path}: {reason.message}"
        if not reasons:
            yield f"{where}{error.__cause__ or error}"


class _ByTemplate(BasePathFinder):
    """The operation by its template, not by trying every path of a document and all its servers."""

    def find(self, method: str, name: str) -> PathOperationServer:
        template = urlsplit(name).path
        path = self.spec / "paths" / template
        return PathOperationServer(path, path / method, None, TemplateResult(template, {}), {})


class _Bearer(BaseProvider):
    """A token, wherever somebody came by it."""

    def __call__(self, parameters: RequestParameters) -> str:
        value = str(parameters.header.get("Authorization", ""))
        if not value.startswith("Bearer "):
            raise SecurityProviderError("Missing bearer token.")
        return value


class _Keys(SecurityProviderFactory):
    PROVIDERS = SecurityProviderFactory.PROVIDERS | {"oauth2": _Bearer}


def _config(reads: SchemaValidatorsFactory | None = None) -> Config:
    return Config(
        spec_validator_cls=cast(
            "Any", None
        ),  # how well a vendor writes OpenAPI is not our question
        path_finder_cls=_ByTemplate,
        security_provider_factory=_Keys(),
        schema_validators_factory=reads,
    )
