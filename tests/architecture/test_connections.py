"""Who holds a connection of the pool waits neither for another one nor for a processor."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.architecture.source import named, python_files, tree_of
from tools import house

HOLDING = {"read", "acquire"}
STRONG = {"state", "read_stream"}


def is_call_of(node: ast.AST, owners: set[str], names: set[str] | None = None) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    owner = ast.unparse(node.func.value).split(".")[-1]
    return owner in owners and (names is None or node.func.attr in names)


def holds(node: ast.AST) -> bool:
    return isinstance(node, ast.AsyncWith) and any(
        is_call_of(item.context_expr, {"caller", "pool"}, HOLDING) for item in node.items
    )


def waits(call: ast.Call) -> bool:
    """For a state that is read strongly, for a second connection, or for a processor."""
    return (
        is_call_of(call, {"caller", "pool"}, HOLDING)
        or is_call_of(call, {"caller", "handler", "store"}, STRONG)
        or is_call_of(call, {"gateway"})
    )


def calls_in(*nodes: ast.AST) -> Iterator[ast.Call]:
    return (call for node in nodes for call in ast.walk(node) if isinstance(call, ast.Call))


@cache
def helpers_of(tree: ast.Module) -> dict[str, tuple[ast.Module, ast.AsyncFunctionDef]]:
    """What a module calls by a name of its own: its functions, and those it has from modules of ours."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.AsyncFunctionDef):
            found[node.name] = (tree, node)
        if isinstance(node, ast.ImportFrom) and node.module:
            path = (house.ROOT / Path(*node.module.split("."))).with_suffix(".py")
            theirs = helpers_of(tree_of(path)) if path.is_file() else {}
            found |= {
                alias.asname or alias.name: theirs[alias.name]
                for alias in node.names
                if alias.name in theirs
            }
    return found


@cache
def leads_to_waiting(tree: ast.Module, call: ast.Call) -> bool:
    if waits(call) or not isinstance(call.func, ast.Name):
        return waits(call)
    home, helper = helpers_of(tree).get(call.func.id, (tree, None))
    return helper is not None and any(
        leads_to_waiting(home, inner)
        for inner in calls_in(helper)
        if not isinstance(inner.func, ast.Name) or inner.func.id != helper.name
    )


def waiting(tree: ast.Module) -> list[ast.Call]:
    """As far as names tell: a method of something else is not followed."""
    return [
        call
        for node in ast.walk(tree)
        if holds(node) and isinstance(node, ast.AsyncWith)
        for call in calls_in(*node.body)
        if leads_to_waiting(tree, call)
    ]


def test_nobody_who_holds_a_connection_waits_for_another_or_for_a_processor() -> None:
    """Else as many as there are connections each wait for one that none of them gives back."""
    found = [
        f"{named(path)}:{call.lineno} {ast.unparse(call.func)}"
        for path in python_files("services", "shared")
        for call in waiting(tree_of(path))
    ]
    assert found == []


def test_who_does_is_found() -> None:
    source = """
async def now(service):
    return await service.handler.state(PAYER, stream, community)

async def step(service):
    return await now(service)

async def route(caller, service):
    async with caller.read() as connection:
        await step(service)
        await caller.state(PAYER, stream)
        await gateway.payer_step(intent)
        async with service.pool.acquire() as another:
            await payer_of(another)
    await step(service)
"""
    found = [ast.unparse(call.func) for call in waiting(ast.parse(source))]
    assert sorted(found) == ["caller.state", "gateway.payer_step", "service.pool.acquire", "step"]
