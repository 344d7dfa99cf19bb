"""Where a list goes on that is sorted by a number."""

HIGHEST = 2**63 - 1
"""What a bigint holds."""


def by_number(cursor: str) -> int:
    """The cursor of such a list; ValueError when no row of ours has it."""
    number = int(cursor)
    if not 0 <= number <= HIGHEST:
        message = "No row has this number."
        raise ValueError(message)
    return number
