"""Whoever asks while a query is in flight shares the next one: under load, one query serves many."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Together(Generic[Question, Answer]):
    """Puts questions that come together to `fetch`, which gives an answer for each, in their order.

    An answer is never older than its question. What `fetch` raises is raised to everybody it answered.
    """

    def __init__(self, fetch: Callable[[Sequence[Question]], Awaitable[Sequence[Answer]]]) -> None:
        self._fetch = fetch
        self._asked: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def ask(self, question: Question) -> Answer:
        """The answer to `question`, as of now."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked.append((question, answer))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        return await answer

    async def _ask(self) -> None:
        try:
            while self._asked:
                asked, self._asked = self._asked, []
                try:
                    answers = await self._fetch([question for question, _ in asked])
                except Exception as error:  # noqa: BLE001  It belongs to those who asked.
                    for _, waiting in asked:
                        if not waiting.done():
                            waiting.set_exception(error)
                else:
                    for (_, waiting), answer in zip(asked, answers, strict=True):
                        if not waiting.done():
                            waiting.set_result(answer)
        finally:
            self._asking = None
