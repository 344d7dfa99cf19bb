"""An action that goes by a read model waits until it has read what was there when the action began."""

import asyncio
from collections.abc import Sequence
from typing import Any

from shared.clock import monotonic
from shared.reaction import Transient

PATIENCE_SECONDS = 5.0
POLL_SECONDS = 0.05

_BEHIND = """
SELECT EXISTS (SELECT FROM checkpoints WHERE reader = ANY ($1)
    AND position < CASE source WHEN 'log' THEN $2::bigint ELSE $3::bigint END)
"""


async def caught_up(pool: Any, readers: Sequence[str]) -> None:
    """Until these have read what had happened and was heard before; Transient when that takes long."""
    upto = await pool.fetchrow(
        "SELECT (SELECT coalesce(max(position), 0) FROM events) AS log,"
        " (SELECT coalesce(max(id), 0) FROM inbox) AS inbox"
    )
    until = monotonic() + PATIENCE_SECONDS
    while await pool.fetchval(_BEHIND, readers, upto["log"], upto["inbox"]):
        if monotonic() > until:
            raise Transient(f"{', '.join(readers)} have not read so far.")
        await asyncio.sleep(POLL_SECONDS)
