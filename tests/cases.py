"""How many cases a property is tried with: some each time, thousands by `TESSERA_CASES=20 make unit`."""

import os

TIMES = int(os.environ.get("TESSERA_CASES", "1"))


def cases(usual: int) -> int:
    """So many, or as many times more as TESSERA_CASES says."""
    return usual * TIMES
