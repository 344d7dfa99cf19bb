"""What is kept of a processor's report: what leads to the object it is about. All else may speak of people."""

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

Allowed: TypeAlias = "Mapping[str, Allowed] | list[Allowed] | re.Pattern[str] | type[int]"
"""The names that may stay, and the form that their values must have; of a list, the first."""

ID = re.compile(r"[A-Za-z0-9_-]{1,255}")
TYPE = re.compile(r"[A-Za-z0-9_.-]{1,255}")
TIME = re.compile(r"[0-9T:.Z+-]{1,40}")
OUR_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def kept(found: Any, allowed: Allowed) -> Any:
    """What is allowed of what was found; None where it has another form, which is as if it had not come."""
    match allowed:
        case Mapping():
            if not isinstance(found, dict):
                return None
            parts = {name: kept(found.get(name), inner) for name, inner in allowed.items()}
            return {name: part for name, part in parts.items() if part is not None}
        case [inner]:
            first = kept(found[0], inner) if isinstance(found, list) and found else None
            return None if first is None else [first]
        case re.Pattern():
            return found if isinstance(found, str) and allowed.fullmatch(found) else None
        case _:
            return found if isinstance(found, int) else None
