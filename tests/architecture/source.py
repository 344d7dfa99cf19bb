"""How these tests look at the source: as trees, as lines of code, as what git would take."""

import ast
import io
import subprocess
import tokenize
from functools import cache
from pathlib import Path

from tools import house

NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (house.ROOT / folder).rglob("*.py"))


def named(path: Path) -> str:
    return path.relative_to(house.ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def code_lines(path: Path) -> frozenset[int]:
    """The lines that hold code: no blanks, no comments, no docstrings."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return frozenset(lines)


@cache
def tracked_files() -> tuple[Path, ...]:
    """What a commit of everything would hold."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the one on the path
        cwd=house.ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = (house.ROOT / line for line in listed.stdout.splitlines())
    return tuple(path for path in paths if path.is_file())
