"""Parameters as Stripe takes them: a form whose names hold the structure, `created[gte]=1&expand[0]=customer`.

Each operation says which it takes and how it reads them; one that it does not know is refused, as there.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from tests.doubles.stripe.refusals import invalid

Json = dict[str, Any]
Reader = Callable[[str, Any], Any]
NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
KEY = re.compile(r"\[([^\[\]]*)\]")
KEYS, KEY_LENGTH, VALUE_LENGTH = 50, 40, 500
MOST = 100


def decoded(text: str) -> Json:
    """The structure of a form or a query; every value in it is text."""
    tree: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if "[" not in name:
            tree[name] = value
            continue
        parts = NAME.fullmatch(name)
        if parts is None:
            raise invalid(f"Invalid request (check that your {name} is right).", name)
        _put(tree, [parts[1], *KEY.findall(parts[2])], value, name)
    return {name: _listed(value) for name, value in tree.items()}


def _put(tree: Json, path: list[str], value: str, name: str) -> None:
    *outer, last = path
    for step in outer:
        tree = tree.setdefault(step, {})
        if not isinstance(tree, dict):
            raise invalid("Invalid object", name)
    tree[last or str(len(tree))] = value


def _listed(value: Any) -> Any:
    """What has numbers for names is a list."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(part) for name, part in value.items()}
    if inner and all(name.isdecimal() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def read(asked: Json, takes: Mapping[str, Reader], needs: tuple[str, ...] = ()) -> Json:
    """What was asked, as the operation reads it."""
    for name in asked:
        if name not in takes:
            raise invalid(f"Received unknown parameter: {name}", name, "parameter_unknown")
    for name in needs:
        if asked.get(name, "") == "":
            raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    return {name: takes[name](name, value) for name, value in asked.items()}


def text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise invalid("Invalid string", name)
    return value


def integer(name: str, value: Any) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"-?\d+", value):
        raise invalid(f"Invalid integer: {value}", name, "parameter_invalid_integer")
    return int(value)


def boolean(name: str, value: Any) -> bool:
    if value not in ("true", "false"):
        raise invalid(f"Invalid boolean: {value}", name)
    return bool(value == "true")


def one_of(*values: str) -> Reader:
    def chosen(name: str, value: Any) -> str:
        if value not in values:
            said = ", ".join(values[:-1]) + " or " + values[-1] if values[1:] else values[0]
            raise invalid(f"Invalid {name}: must be one of {said}", name)
        return str(value)

    return chosen


def texts(name: str, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise invalid("Invalid array", name)
    return [text(name, one) for one in value]


def anything(_: str, value: Any) -> Any:
    return value


def structure(name: str, value: Any) -> Json:
    if not isinstance(value, dict):
        raise invalid("Invalid object", name)
    return value


def currency(name: str, value: Any) -> str:
    if not re.fullmatch(r"[a-z]{3}", text(name, value).lower()):
        raise invalid(f"Invalid currency: {value}", name)
    return str(value).lower()


def metadata(name: str, value: Any) -> dict[str, str]:
    """A value that is empty takes its key away (docs.stripe.com/api/metadata)."""
    if value == "":
        return {}
    told = structure(name, value)
    long = [
        key
        for key, one in told.items()
        if len(key) > KEY_LENGTH or len(text(f"{name}[{key}]", one)) > VALUE_LENGTH
    ]
    if long or len(told) > KEYS:
        raise invalid("Metadata keys and values are limited in number and length.", name)
    return told


def changed(before: dict[str, str], told: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in (before | told).items() if value}


def limit(name: str, value: Any) -> int:
    number = integer(name, value)
    if not 1 <= number <= MOST:
        raise invalid(f"This value must be between 1 and {MOST}.", name)
    return number


def span(name: str, value: Any) -> Json:
    """A moment, or those that it has to be after or before."""
    if isinstance(value, str):
        return {"gte": (moment := integer(name, value)), "lt": moment + 1}
    bounds = structure(name, value)
    readers = dict.fromkeys(("gt", "gte", "lt", "lte"), integer)
    return read(bounds, readers)


def within(moment: int, bounds: Mapping[str, int]) -> bool:
    return bounds.get("gte", moment) <= moment <= bounds.get("lte", moment) and bounds.get(
        "gt", moment - 1
    ) < moment < bounds.get("lt", moment + 1)


EXPAND: Mapping[str, Reader] = {"expand": texts}
LISTED: Mapping[str, Reader] = {
    "limit": limit,
    "starting_after": text,
    "ending_before": text,
    "created": span,
}
