"""What a batch changes goes out together, and nothing overtakes anything about the same row."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.billing.statements import Statements

BEGIN, PAY = "INSERT", "UPDATE"


@dataclass
class Told:
    """What a connection would be told."""

    calls: list[tuple[str, list[tuple[object, ...]]]] = field(default_factory=list)

    async def executemany(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        self.calls.append((statement, list(rows)))


async def told(*asked: tuple[object, ...]) -> list[tuple[str, list[tuple[object, ...]]]]:
    statements, connection = Statements(), Told()
    for statement, *parameters in asked:
        await statements.execute(str(statement), *parameters)
    await statements.run(connection)
    return connection.calls


async def test_the_same_about_many_rows_is_one_statement() -> None:
    assert await told((BEGIN, "a", 1), (PAY, "a"), (BEGIN, "b", 2), (PAY, "b")) == [
        (BEGIN, [("a", 1), ("b", 2)]),
        (PAY, [("a",), ("b",)]),
    ]


async def test_what_is_said_of_one_row_keeps_its_order() -> None:
    assert await told((PAY, "a", 1), (PAY, "a", 2), (BEGIN, "a"), (PAY, "b", 3)) == [
        (PAY, [("a", 1), ("b", 3)]),
        (PAY, [("a", 2)]),
        (BEGIN, [("a",)]),
    ]


async def test_nothing_is_asked_where_nothing_has_changed() -> None:
    assert await told() == []
