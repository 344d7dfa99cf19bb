"""What was written in an anonymous poll, on sheets that tell nobody who wrote what, nor what belongs together."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

SHEET = 16_000
"""Characters: an event is at most 64 kB, and sealed text is longer."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody wrote; `question` is which of those that are answered in one's own words, from 0."""

    question: int
    text: str


def sheets(ballots: Iterable[Sequence[str]]) -> Iterator[str]:
    """By question and by alphabet, whatever order they came in; what says nothing is left out."""
    remarks = sorted(
        (number, text.strip())
        for texts in ballots
        for number, text in enumerate(texts)
        if text.strip()
    )
    sheet: list[tuple[int, str]] = []
    for remark in remarks:
        if sheet and sum(len(text) for _, text in sheet) + len(remark[1]) > SHEET:
            yield json.dumps(sheet, ensure_ascii=False)
            sheet = []
        sheet.append(remark)
    if sheet:
        yield json.dumps(sheet, ensure_ascii=False)


def remarks_on(sheets: Iterable[str | None]) -> list[Remark]:
    """All of them again."""
    return [Remark(*remark) for sheet in sheets if sheet for remark in json.loads(sheet)]
