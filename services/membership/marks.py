"""A ballot as a text of the same length whatever is on it: what is sealed is as long as what was written."""

import base64
from collections.abc import Sequence

from services.membership.poll.events import Answer

DIGITS = 5
"""Of hexadecimal, for at most twenty options."""


LONGEST = 500
"""Characters of an answer in one's own words, each of at most four bytes."""


def written(answers: Sequence[Answer], texts: Sequence[str] = ()) -> str:
    """One mark for each option, as bits of a number of fixed width; and each text, filled up."""
    marks = "".join(
        f"{sum(1 << option for option in answer.chosen):0{DIGITS}x}" for answer in answers
    )
    return marks + "".join(f".{_filled(text)}" for text in texts)


def _filled(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode().ljust(4 * LONGEST, b"\0")).decode()


def texts_on(text: str) -> list[str]:
    """What stands on it in somebody's own words."""
    _, *filled = text.split(".")
    return [base64.urlsafe_b64decode(one).rstrip(b"\0").decode() for one in filled]


def read(text: str) -> tuple[Answer, ...]:
    """The answers again."""
    marks, _, _ = text.partition(".")
    return tuple(
        _answer(int(marks[begin : begin + DIGITS], 16)) for begin in range(0, len(marks), DIGITS)
    )


def _answer(marks: int) -> Answer:
    return Answer(tuple(option for option in range(4 * DIGITS) if marks >> option & 1))
