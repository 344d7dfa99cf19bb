"""`python -m tools.contracts`: writes what the code promises to others into docs/, and refuses to break a promise."""

import argparse
import difflib
import json
import sys
from collections.abc import Iterator, Mapping

from tools import asyncapi, dictionary, errors, house, openapi, schemas
from tools.compatibility import breaks_of_api, breaks_of_fact

DOCS = house.ROOT / "docs"
OWNED = ("asyncapi.yaml", "errors.md", "data-dictionary.md", "openapi/*.json", "schemas/**/*.json")
SHOWN_LINES = 12


def documents() -> dict[str, str]:
    """Every generated document by its path under docs/: a function of the code alone."""
    found = {
        "asyncapi.yaml": asyncapi.as_text(),
        "errors.md": errors.as_text(),
        "data-dictionary.md": dictionary.as_text(),
    }
    for path, schema in schemas.written().items():
        found[path] = schemas.as_text(schema)
    for blueprint in house.blueprints():
        found[f"openapi/{blueprint.name}.json"] = schemas.as_text(openapi.document(blueprint))
    return found


def committed() -> dict[str, str]:
    """What docs/ holds of it now."""
    return {
        path.relative_to(DOCS).as_posix(): path.read_text()
        for pattern in OWNED
        for path in sorted(DOCS.glob(pattern))
    }


def broken(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The promises that would be broken by publishing `now` in the place of `before`."""
    found = []
    for path, text in before.items():
        folder = path.split("/")[0]
        if folder not in ("schemas", "openapi") or text == now.get(path):
            continue
        if path not in now:
            found.append(f"{path}: nobody publishes it any more, and it is in the topic for ever")
            continue
        rule = breaks_of_api if folder == "openapi" else breaks_of_fact
        found += [f"{path}: {reason}" for reason in rule(json.loads(text), json.loads(now[path]))]
    return found


def drift(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """One paragraph for each document that is not what the code says."""
    for path in sorted(before.keys() | now.keys()):
        old, new = before.get(path, ""), now.get(path, "")
        if old == new:
            continue
        lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0))
        changed = [line for line in lines[2:] if not line.startswith("@@")]
        more = len(changed) - SHOWN_LINES
        yield "\n".join(
            [
                f"docs/{path}: {len(changed)} lines differ",
                *(f"    {line}" for line in changed[:SHOWN_LINES]),
                *([f"    ... and {more} more"] if more > 0 else []),
            ]
        )


def main() -> None:
    """Write, or with `--check` only say what would be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit with 1 where docs/ has drifted")
    arguments = parser.parse_args()
    before, now = committed(), documents()
    reasons = broken(before, now)
    if reasons:
        print("This would break those who read what is published:\n  " + "\n  ".join(reasons))
        print("Add what is new beside it: an optional field, another type, a topic .v2, a path.")
        print("What no release has published yet may go: delete its file under docs/ first.")
        sys.exit(1)
    paragraphs = list(drift(before, now))
    if arguments.check:
        print("\n".join([*paragraphs, "Run `make contracts`."]) if paragraphs else "No drift.")
        sys.exit(1 if paragraphs else 0)
    for path in before.keys() - now.keys():
        (DOCS / path).unlink()
    for path, text in now.items():
        (DOCS / path).parent.mkdir(parents=True, exist_ok=True)
        (DOCS / path).write_text(text)
    print(f"{len(paragraphs)} of {len(now)} documents changed.")


if __name__ == "__main__":
    main()
