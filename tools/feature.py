"""`python -m tools.feature billing gift`: lays down a new feature that works, and that every check accepts."""

import argparse
import ast
import keyword
import re
import subprocess
import sys
from pathlib import Path

from tools.house import ROOMS, ROOT, SERVICES

BLANK = Path(__file__).parent / "blank_feature"
TEST = "test_decider.py"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
TAKEN = {*ROOMS, "gateways", "migrations", "settings", "app", "worker"}


class Unusable(Exception):
    """A service or a name that no feature can have."""


def lay_down(service: str, feature: str) -> list[Path]:
    """Write the folder, its test, its line in app.py and its row in the glossary; returns what was touched."""
    folder = ROOT / "services" / service / feature
    _refuse(service, feature, folder)
    tests = ROOT / "tests" / "unit" / service / feature
    folder.mkdir()
    (folder / "__init__.py").touch()
    written = [folder / "__init__.py"]
    for blank in sorted(BLANK.iterdir()):
        name = blank.name.removesuffix(".txt")
        target = (tests if name == TEST else folder) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(filled(blank.read_text(), service, feature))
        written.append(target)
    app = ROOT / "services" / service / "app.py"
    app.write_text(mounted(app.read_text(), service, feature))
    glossary = ROOT / "docs" / "glossary.md"
    glossary.write_text(explained(glossary.read_text(), service, feature))
    return [*written, app, glossary]


def _refuse(service: str, feature: str, folder: Path) -> None:
    if service not in SERVICES:
        raise Unusable(f"`{service}` is no service; there are {', '.join(SERVICES)}.")
    if not NAME.fullmatch(feature) or keyword.iskeyword(feature) or feature in TAKEN:
        raise Unusable(f"A feature is one noun such as `gift` or `guest_list`, not `{feature}`.")
    if folder.exists():
        raise Unusable(f"{folder.relative_to(ROOT)} is there already.")


def filled(text: str, service: str, feature: str) -> str:
    """A blank's text with its service and its feature named."""
    noun = feature.title().replace("_", "")
    plural = plural_of(feature)
    words = {
        "services.shop": f"services.{service}",
        "WIDGETS": plural.upper(),
        "Widgets": plural.title().replace("_", ""),
        "widgets": plural,
        "WIDGET": feature.upper(),
        "Widget": noun,
        "widget": feature,
    }
    return re.sub("|".join(words), lambda found: words[found.group()], text)


def plural_of(noun: str) -> str:
    """English enough for a path and a table."""
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + ("es" if re.search(r"(s|x|z|ch|sh)$", noun) else "s")


def mounted(app: str, service: str, feature: str) -> str:
    """app.py with the feature imported, in its place of the alphabet, and last among those that are mounted."""
    tree = ast.parse(app)
    module = f"services.{service}.{feature}.feature"
    constant = feature.upper()
    listed = [
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and "MOUNTED" in {target.id for target in _targets(node)}
        and isinstance(node.value, ast.Tuple)
        for name in node.value.elts
        if isinstance(name, ast.Name)
    ]
    neighbours = [
        node
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("services.")
    ]
    before = [node for node in neighbours if str(node.module) < module]
    place = before[-1].end_lineno if before else neighbours[0].lineno - 1
    lines = app.splitlines()
    lines.insert(listed[-1].end_lineno or listed[-1].lineno, f"    {constant},")
    lines.insert(place or 0, f"from {module} import FEATURE as {constant}")
    return "\n".join(lines) + "\n"


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.Name]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target for target in targets if isinstance(target, ast.Name)]


def explained(glossary: str, service: str, feature: str) -> str:
    """The glossary with a row for the feature, to be worded by who knows what it is."""
    row = f"| {feature} | {service} | that each is recorded once, and keeps its name |"
    head, mark, features = glossary.partition("## Features\n")
    if not mark:
        raise Unusable("docs/glossary.md has no table of features to write the new one into.")
    lines = features.splitlines()
    last = max(number for number, line in enumerate(lines) if line.startswith("|"))
    lines.insert(last + 1, row)
    return head + mark + "\n".join(lines) + "\n"


def main() -> None:
    """Lay it down, then write what follows from it: format, golden samples, generated documents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service", nargs="?", default="", help=", ".join(SERVICES))
    parser.add_argument("feature", nargs="?", default="", help="one noun, such as gift")
    arguments = parser.parse_args()
    try:
        touched = lay_down(arguments.service, arguments.feature)
    except Unusable as reason:
        print(reason, file=sys.stderr)
        sys.exit(2)
    python = [path for path in touched if path.suffix == ".py"]
    for step in (
        ["ruff", "format", "--quiet", *map(str, python)],
        ["tools.samples", "--write-missing"],
        ["tools.contracts"],
    ):
        done = subprocess.run([sys.executable, "-m", *step], cwd=ROOT, check=False)
        if done.returncode:
            sys.exit(done.returncode)
    for path in touched:
        print(path.relative_to(ROOT))
    print("It works. Now write its first rule, in the test: CONTRIBUTING.md, step 2.")


if __name__ == "__main__":
    main()
