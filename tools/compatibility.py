"""What a change of a schema does to those who know the old one: the rule that keeps v1 a promise.

A change narrows when something that was right before is refused now, and widens when something may come now that could
not come before. A published fact has been written under the old schema and is read by those who know the old schema,
so it may do neither; a request may only widen, an answer may only narrow. New optional fields and new values of an
enumeration are what every reader was told to expect.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

# These say nothing about which values are right.
PROSE = {"title", "description", "x-kind", "x-version", "examples"}
UPPER_LIMITS = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
LOWER_LIMITS = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")


@dataclass(frozen=True)
class Change:
    """One difference that somebody may notice."""

    path: str
    what: str
    narrows: bool = False
    widens: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


def breaks_of_fact(old: Schema, new: Schema) -> list[str]:
    """Why the schema of a published fact may not become `new`; empty when it may."""
    name = str(old.get("title", "data"))
    found = [str(change) for change in changes(old, new, name)]
    if found or _without_prose(old) == _without_prose(new):
        return found
    before, now = int(old.get("x-version", 1)), int(new.get("x-version", 1))
    return [] if now > before else [f"{name}: changed and still version {before}; raise `version`."]


def changes(
    old: Schema, new: Schema, path: str, *, before: Schema | None = None, now: Schema | None = None
) -> Iterator[Change]:
    """Every breaking difference; `before` and `now` are the documents that `$ref`s lead into."""
    yield from _Comparison(before or old, now or new).compare(old, new, path)


def _without_prose(schema: Any) -> Any:
    if isinstance(schema, Mapping):
        return {key: _without_prose(value) for key, value in schema.items() if key not in PROSE}
    return [_without_prose(item) for item in schema] if isinstance(schema, list) else schema


class _Comparison:
    def __init__(self, before: Schema, now: Schema) -> None:
        self._before = before
        self._now = now

    def compare(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        old_choices, old_null = _choices(old, self._before)
        new_choices, new_null = _choices(new, self._now)
        if old_null and not new_null:
            yield Change(path, "null is refused, and has been written", narrows=True)
        if new_null and not old_null:
            yield Change(path, "may now be null", widens=True)
        if _absent(old, new_choices) != _absent(new, new_choices):
            yield Change(path, "what its absence means has changed", narrows=True, widens=True)
        if len(old_choices) == len(new_choices) == 1:
            yield from self._one(old_choices[0], new_choices[0], path)
        else:
            yield from self._many(old_choices, new_choices, path)

    def _many(self, old: list[Schema], new: list[Schema], path: str) -> Iterator[Change]:
        """Alternatives are told apart by what they look like."""
        olds = {_look(choice): choice for choice in old}
        news = {_look(choice): choice for choice in new}
        for look in olds.keys() - news.keys():
            yield Change(path, f"can no longer be {look}", narrows=True)
        for look in news.keys() - olds.keys():
            yield Change(path, f"can now also be {look}", widens=True)
        for look in olds.keys() & news.keys():
            yield from self._one(olds[look], news[look], path)

    def _one(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        for word in ("type", "format", "const"):
            if old.get(word) != new.get(word):
                what = f"{word} was {old.get(word)}, is {new.get(word)}"
                yield Change(path, what, narrows=True, widens=True)
        yield from _enumerations(old, new, path)
        yield from _limits(old, new, path)
        yield from self._properties(old, new, path)
        for word, mark in (("items", "[]"), ("additionalProperties", ".*")):
            was, now = old.get(word), new.get(word)
            if isinstance(was, Mapping) and isinstance(now, Mapping):
                yield from self.compare(was, now, path + mark)
            elif isinstance(was, Mapping) or isinstance(now, Mapping):
                yield Change(path, f"{word} changed", narrows=True, widens=True)
        was, now = old.get("patternProperties", {}), new.get("patternProperties", {})
        if was.keys() != now.keys():
            yield Change(path, "its keys have another form", narrows=True, widens=True)
        for pattern in was.keys() & now.keys():
            yield from self.compare(was[pattern], now[pattern], f"{path}.*")

    def _properties(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        olds, news = old.get("properties", {}), new.get("properties", {})
        had, has = set(old.get("required", ())), set(new.get("required", ()))
        for name in olds:
            inner = f"{path}.{name}"
            if name not in news:
                closed = new.get("additionalProperties") is False
                yield Change(inner, "was removed", narrows=closed, widens=True)
                continue
            if name in had - has:
                yield Change(inner, "may now be missing", widens=True)
            yield from self.compare(olds[name], news[name], inner)
        for name in sorted(has - had):
            what = "is required, and what was written before may lack it"
            yield Change(f"{path}.{name}", what, narrows=True)
        if (
            new.get("additionalProperties") is False
            and old.get("additionalProperties") is not False
        ):
            yield Change(path, "unknown fields are refused", narrows=True)


def _enumerations(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    was, now = old.get("enum"), new.get("enum")
    if was is None and now is not None:
        yield Change(path, "only some values are right now", narrows=True)
    if was is not None and now is None:
        yield Change(path, "is no enumeration any more", widens=True)
    gone = [value for value in was or () if now is not None and value not in now]
    if gone:
        yield Change(path, f"no longer knows {', '.join(map(str, gone))}", narrows=True)


def _limits(old: Schema, new: Schema, path: str) -> Iterator[Change]:
    for words, sign in ((UPPER_LIMITS, 1), (LOWER_LIMITS, -1)):
        for word in words:
            was, now = old.get(word), new.get(word)
            if now is not None and (was is None or sign * now < sign * was):
                yield Change(path, f"{word} was {was}, is {now}", narrows=True)
    if new.get("pattern") is not None and old.get("pattern") != new.get("pattern"):
        yield Change(path, "must match another pattern", narrows=True)


def _choices(schema: Schema, document: Schema) -> tuple[list[Schema], bool]:
    """The alternatives of a schema, references followed, and whether null is one of them."""
    while "$ref" in schema:
        found: Any = document
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    choices: list[Schema] = []
    has_null = False
    for part in schema.get("anyOf", [schema]):
        inner, null = _choices(part, document) if part is not schema else ([part], False)
        has_null |= null or part.get("type") == "null"
        choices += [choice for choice in inner if choice.get("type") != "null"]
    return choices, has_null


def _absent(schema: Schema, choices: list[Schema]) -> Any:
    """What absence means. An object that stands for it says nothing of later fields: there their own defaults hold."""
    default = schema.get("default")
    if not isinstance(default, Mapping) or len(choices) != 1:
        return default
    later: Mapping[str, Schema] = choices[0].get("properties", {})
    own = {name: field["default"] for name, field in later.items() if "default" in field}
    return {**own, **default}


def _look(schema: Schema) -> str:
    """What tells one alternative from another."""
    if "properties" in schema:
        # What it may lack, it may also gain.
        return f"object with {', '.join(sorted(schema.get('required', schema['properties'])))}"
    words = (schema.get(word) for word in ("type", "format", "const"))
    return " ".join(str(word) for word in words if word is not None) or json.dumps(schema)


def breaks_of_api(old: Schema, new: Schema) -> list[str]:
    """Why an OpenAPI document may not become `new` inside its version; empty when it may."""
    found: list[str] = []
    for path, methods in old.get("paths", {}).items():
        for method, was in methods.items():
            now = new["paths"].get(path, {}).get(method)
            name = was["operationId"]
            if now is None:
                found.append(f"{name}: {method.upper()} {path} was removed")
            elif now["operationId"] != name:
                found.append(f"{name}: is called {now['operationId']}")
            else:
                found += [str(change) for change in _of_operation(was, now, old, new)]
    return found


def _of_operation(was: Schema, now: Schema, old: Schema, new: Schema) -> Iterator[Change]:
    name = str(was["operationId"])
    before = {(p["in"], p["name"]): p for p in was.get("parameters", ())}
    after = {(p["in"], p["name"]): p for p in now.get("parameters", ())}
    for key, parameter in after.items():
        label = f"{name} ?{key[1]}"
        if key in before:
            inner = changes(before[key]["schema"], parameter["schema"], label, before=old, now=new)
            yield from (change for change in inner if change.narrows)
        if parameter.get("required") and not before.get(key, {}).get("required"):
            yield Change(label, "is required", narrows=True)
    for key in before.keys() - after.keys():
        yield Change(f"{name} ?{key[1]}", "was removed", narrows=True)
    asked, asks = _json(was.get("requestBody", {})), _json(now.get("requestBody", {}))
    if asks is not None:
        inner = changes(asked or {}, asks, f"{name} body", before=old, now=new)
        yield from (change for change in inner if change.narrows)
    for status, response in was["responses"].items():
        told, tells = _json(response), _json(now["responses"].get(status, {}))
        if status.startswith("2") and status not in now["responses"]:
            yield Change(name, f"no longer answers {status}", widens=True)
        elif told is not None:
            inner = changes(told, tells or {}, f"{name} answer", before=old, now=new)
            yield from (change for change in inner if change.widens)


def _json(carrier: Schema) -> Schema | None:
    found: Schema | None = carrier.get("content", {}).get("application/json", {}).get("schema")
    return found
