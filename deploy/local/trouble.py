"""What stops a command of the local stack: one sentence for the person at the keyboard."""

import errno
import shutil
from pathlib import Path

MEGABYTE = 10**6
NO_SPACE = "No space left on device"


class Trouble(Exception):
    """Printed as it is, without a traceback."""


def disk_full(folder: Path) -> Trouble:
    """The sentence for a write that found no room."""
    return Trouble(
        f"The disk of {folder} is full ({_free(folder) // MEGABYTE} MB left): make room, "
        "or set TESSERA_STATE to a folder on another disk."
    )


def is_disk_full(error: OSError) -> bool:
    """Whether the system refused because there was no room, or no quota, left."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}


def require_space(folder: Path, needed: int) -> None:
    """Refuse to begin what would end half way."""
    if _free(folder) < needed:
        raise Trouble(
            f"The disk of {folder} has {_free(folder) // MEGABYTE} MB free and the stack needs "
            f"{needed // MEGABYTE} MB: make room, or set TESSERA_STATE to a folder on another disk."
        )


def _free(folder: Path) -> int:
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    return shutil.disk_usage(existing).free
