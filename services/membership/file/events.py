"""What happened to a file."""

from dataclasses import dataclass
from typing import NewType
from uuid import UUID

from shared.ids import Code, Label

FileId = NewType("FileId", UUID)


@dataclass(frozen=True, slots=True)
class FileAnnounced:
    """Staff will send exactly this; `sha256` is in hexadecimal."""

    name: Label
    size: int
    media_type: Code
    sha256: Code


@dataclass(frozen=True, slots=True)
class FileCompleted:
    """It is kept where files are kept, as it was announced."""


FileEvent = FileAnnounced | FileCompleted
