"""What a batch of facts changes in a read model goes to the database together."""

from collections import Counter
from typing import Any


class Statements:
    """Stands for the connection while facts are folded one by one. A statement's first parameter says whose row it is.

    Those about one row keep their order; between rows there is none, so the same statement about many goes out once.
    """

    def __init__(self) -> None:
        self._rounds: list[dict[str, list[tuple[object, ...]]]] = []
        self._about: Counter[object] = Counter()

    async def execute(self, statement: str, *parameters: object) -> None:
        number = self._about[parameters[0]]
        self._about[parameters[0]] += 1
        if number == len(self._rounds):
            self._rounds.append({})
        self._rounds[number].setdefault(statement, []).append(parameters)

    async def run(self, connection: Any) -> None:
        """Have all of it done, in the transaction the connection is in."""
        for statements in self._rounds:
            for statement, rows in statements.items():
                await connection.executemany(statement, rows)
