"""docs/openapi/<service>.json: each service's HTTP API, with what the kernel adds to every route."""

from typing import Any, cast

from fastapi.routing import APIRoute, iter_route_contexts

from shared import http
from shared.http import Permission, Written, permission_of
from shared.service import Blueprint, Service

Document = dict[str, Any]

MEANING = {
    "public": "for anybody",
    "account": "for whoever is signed in",
    "person": "for a person of the community",
    "platform.read": "for platform staff",
}

PROBLEM: Document = {
    "title": "Problem",
    "description": "RFC 9457. Every code is in docs/errors.md.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "trace_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "params", "detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "params": {"type": "object"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

POSITION = {
    "description": "Send it back as Tessera-Wait-For, to any service, to read what was written.",
    "schema": {"type": "string"},
}
ETAG = {"description": "The version, for If-Match.", "schema": {"type": "string"}}


def document(blueprint: Blueprint) -> Document:
    """The OpenAPI 3.1 document of one service; its app is built without any connection."""
    # An app asks its service for nothing but name, features and clock until a request comes in.
    app = http.create_app(cast("Service", blueprint))
    described: Document = app.openapi()
    for found in iter_route_contexts(app.routes):
        route = found.original_route
        if isinstance(route, APIRoute):
            for method in route.methods or ():
                operation = described["paths"][found.path_format][method.lower()]
                _describe(operation, method, route)
    components = described.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for framework in ("HTTPValidationError", "ValidationError"):
        schemas.pop(framework, None)
    schemas["Problem"] = PROBLEM
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    components["responses"] = {
        "Problem": {
            "description": "Why not.",
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
    }
    return described


def operations(described: Document) -> dict[str, tuple[str, str, Document]]:
    """Method, path and operation by operation id."""
    return {
        operation["operationId"]: (method, path, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }


def _describe(operation: Document, method: str, route: APIRoute) -> None:
    gate = permission_of(route)
    if gate is None:
        raise http.OpenRoute(f"{method} {route.path} names no permission.")
    operation["summary"] = operation["operationId"].replace("_", " ").capitalize()
    operation["x-permission"] = gate.name
    operation["security"] = [] if gate.name == "public" else [{"token": []}]
    meaning = MEANING.get(gate.name, f"for roles with `{gate.name}`")
    told = [operation.get("description", ""), f"This is {meaning}."]
    operation["description"] = "\n\n".join(filter(None, told))
    is_write = isinstance(route.response_model, type) and issubclass(route.response_model, Written)
    parameters = [
        *operation.get("parameters", []),
        *_parameters(method, gate, is_write=is_write),
    ]
    if parameters:
        operation["parameters"] = parameters
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
    for status, response in operation["responses"].items():
        if is_write and status.startswith("2"):
            response["headers"] = {"Tessera-Position": POSITION, "ETag": ETAG}


def _parameters(method: str, gate: Permission, *, is_write: bool) -> list[Document]:
    """What the kernel reads beside what the route itself names."""
    found = []
    if method == "GET":
        text = "A Tessera-Position: the answer waits until it has been read here."
        found.append(_parameter("header", "Tessera-Wait-For", text))
    if method == "POST" and gate.idempotent:
        text = "Any text of up to 255 characters: under one key a request happens once."
        found.append(_parameter("header", "Idempotency-Key", text, required=True))
    if is_write:
        text = "The ETag you have seen: 412 if it has changed since."
        found.append(_parameter("header", "If-Match", text, required=gate.if_match))
        text = "Whether to say only what would happen, and do nothing."
        found.append(_parameter("query", "dry_run", text) | {"schema": {"type": "boolean"}})
    return found


def _parameter(place: str, name: str, text: str, *, required: bool = False) -> Document:
    return {
        "name": name,
        "in": place,
        "required": required,
        "description": text,
        "schema": {"type": "string"},
    }
