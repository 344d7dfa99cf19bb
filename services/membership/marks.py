"""A ballot as a text of the same length whatever is on it: what is sealed is as long as what was written."""

from collections.abc import Sequence

from services.membership.poll.events import Answer

DIGITS = 5
"""Of hexadecimal, for at most twenty options."""


def written(answers: Sequence[Answer]) -> str:
    """One mark for each option, as bits of a number of fixed width."""
    return "".join(
        f"{sum(1 << option for option in answer.chosen):0{DIGITS}x}" for answer in answers
    )


def read(text: str) -> tuple[Answer, ...]:
    """The answers again."""
    return tuple(
        _answer(int(text[begin : begin + DIGITS], 16)) for begin in range(0, len(text), DIGITS)
    )


def _answer(marks: int) -> Answer:
    return Answer(tuple(option for option in range(4 * DIGITS) if marks >> option & 1))
