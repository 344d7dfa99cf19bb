"""docs/errors.md: every code an answer may carry, found in the source where it is raised."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from shared import problem
from tools import house

STATUS_OF = {"NotFound": 404, "Claimed": 409, "Reused": 422, "VersionMismatch": 412}
OWN_WORDS = {"pointer", "errors", "headers", "retry_after"}
CARRIER = "shared/problem.py"

HEAD = """\
# What a refusal says

Written by `make contracts` from the code. Every answer that is no success is a problem document (RFC 9457,
`application/problem+json`):

```json
{"type": "urn:tessera:problem:sold_out", "title": "A rule forbids it", "status": 409,
 "detail": "Not enough seats are left.", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
 "errors": [{"pointer": "", "code": "sold_out", "params": {"free": 1}, "detail": "Not enough seats are left."}]}
```

Codes never change and never come to mean something else; sentences may be worded better at any time. `errors` holds
all that is wrong at once: `pointer` leads into the body (`/email`), or names a parameter (`?limit`) or a header
(`header:if-match`), and `params` are what a translation of the sentence needs. `invalid_request` carries one entry per
value that cannot be accepted; where the value has the wrong form, the entry's code is one of
[pydantic's](https://docs.pydantic.dev/latest/errors/validation_errors/), such as `missing` or `string_too_long`.
503 comes with `Retry-After`: the same request may be sent again, and under its Idempotency-Key it happens once.

| code | status | sentence | params | where |
|---|---|---|---|---|
"""


class Unreadable(Exception):
    """A code that is not written as a literal where it is raised: the catalogue could not list it."""


@dataclass
class Entry:
    """One way of being refused."""

    code: str
    status: str
    detail: str
    params: tuple[str, ...]
    places: set[str] = field(default_factory=set)


def catalogue() -> list[Entry]:
    """Every code with its status and sentence, by code."""
    found: dict[tuple[str, str, str, tuple[str, ...]], Entry] = {}
    for path in _sources():
        place = path.relative_to(house.ROOT).as_posix()
        for entry in _entries(ast.parse(path.read_text()), place):
            key = (entry.code, entry.status, entry.detail, entry.params)
            found.setdefault(key, entry).places.add(place)
    for status, code in problem._CODES.items():  # noqa: SLF001  What the framework's own refusals are called.
        entry = Entry(code, str(status), problem.TITLES[status] + ".", (), {CARRIER})
        found.setdefault((code, entry.status, entry.detail, ()), entry).places.add(CARRIER)
    return [found[key] for key in sorted(found)]


def _sources() -> Iterator[Path]:
    yield from sorted((house.ROOT / "shared").rglob("*.py"))
    yield from sorted((house.ROOT / "services").rglob("*.py"))


def _entries(module: ast.Module, place: str) -> Iterator[Entry]:
    for scope in ast.walk(module):
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            known = _assigned(scope)
            for call in _calls(scope):
                entry = _entry(call, known, place)
                if entry is not None:
                    yield entry


def _calls(scope: ast.AST) -> Iterator[ast.Call]:
    """The calls in a function, but not in the functions inside it, which are scopes of their own."""
    for child in ast.iter_child_nodes(scope):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(child, ast.Call):
            yield child
        yield from _calls(child)


def _assigned(scope: ast.AST) -> dict[str, ast.expr]:
    """What the names of a function stand for, where each is assigned as a whole."""
    return {
        target.id: node.value
        for node in ast.walk(scope)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _entry(call: ast.Call, known: dict[str, ast.expr], place: str) -> Entry | None:
    words = {word.arg for word in call.keywords if word.arg is not None}
    match ast.unparse(call.func).rpartition("."), call.args:
        case (_, _, name), [detail, *_] if name.endswith("Unavailable"):
            return Entry("unavailable", "503", _text(detail, known) or "…", ())
        case (_, _, "Problem"), [said, code, detail, *_]:
            status = ast.unparse(said)
        case (_, _, "Rejected" | "Refused"), [code, detail, *_]:
            status = "422" if "pointer" in words else "409"
        case (_, _, name), [code, detail, *_] if name in STATUS_OF:
            status = str(STATUS_OF[name])
        case ("" | "problem", _, "error"), [code, detail, *_]:
            status = "422, in `errors`"
        case _:
            return None
    text = _text(code, known)
    if text is None:
        if place == CARRIER:
            return None  # It carries what was raised elsewhere.
        raise Unreadable(f"{place}:{call.lineno}: write the code as a literal.")
    return Entry(text, status, _text(detail, known) or "…", tuple(sorted(words - OWN_WORDS)))


def _text(node: ast.expr, known: dict[str, ast.expr]) -> str | None:
    """A literal as it reads, with `{…}` where a value goes in; None for what only running tells."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(
                str(part.value) if isinstance(part, ast.Constant) else f"{{{_value(part)}}}"
                for part in parts
            )
        case ast.Name(id=name) if name in known:
            return _text(known[name], {})
        case _:
            return None


def _value(part: ast.expr) -> str:
    inner = part.value if isinstance(part, ast.FormattedValue) else part
    return ast.unparse(inner)


def as_text() -> str:
    """The catalogue as Markdown."""
    rows = []
    for entry in catalogue():
        detail = entry.detail.replace("|", r"\|")
        params = ", ".join(f"`{name}`" for name in entry.params)
        places = ", ".join(f"`{place}`" for place in sorted(entry.places))
        rows.append(f"| `{entry.code}` | {entry.status} | {detail} | {params} | {places} |")
    return HEAD + "\n".join(rows) + "\n"
