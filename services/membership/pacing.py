"""What many people are told goes out in turns, one a minute: a mail server that gets all at once refuses some."""

from collections.abc import Sequence
from datetime import timedelta

from shared.ids import PersonId

PAUSE = timedelta(minutes=1)


def turns(people: Sequence[PersonId], a_minute: int) -> list[tuple[PersonId, ...]]:
    """Who is written to in which minute, in their order."""
    return [tuple(people[begin : begin + a_minute]) for begin in range(0, len(people), a_minute)]
