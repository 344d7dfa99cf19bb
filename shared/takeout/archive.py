"""A ZIP that is sent while it is written: of a file of any length, only what was not sent yet is held."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo


class _Outgoing:
    """What was written and is not sent yet. It cannot be sought in: sizes stand behind what they are of."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here but for whoever sends it."""

    def close(self) -> None:
        """What is left is still to be sent."""

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


class Entry:
    """One file in it, which counts and digests what is written to it."""

    closed = False

    def __init__(self, name: str, member: IO[bytes]) -> None:
        self.name = name
        self._member = member
        self._size = 0
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        """The bytes as they will be when they are taken out again."""
        self._digest.update(data)
        self._size += len(data)
        return self._member.write(data)

    def tell(self) -> int:
        """How many there are so far."""
        return self._size

    def flush(self) -> None:
        """They are on their way."""

    @property
    def sha256(self) -> str:
        """Of what was written so far."""
        return self._digest.hexdigest()


class Archive:
    """The ZIP. What is written to its files is `taken` as bytes to be sent."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._outgoing = _Outgoing()
        self._zip = ZipFile(self._outgoing, "w")

    @contextmanager
    def file(self, name: str) -> Iterator[Entry]:
        """A new file, which may become of any size; one at a time."""
        at = self._at
        info = ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))
        # Not even what is packed already may be stored as it is: some readers need to see where it ends.
        info.compress_type = ZIP_DEFLATED
        with self._zip.open(info, "w", force_zip64=True) as member:
            yield Entry(name, member)

    def close(self) -> None:
        """Write what says where each file is: without it, the rest is known to be cut off."""
        self._zip.close()

    def taken(self) -> bytes:
        """What was written since this was last asked."""
        return self._outgoing.taken()
