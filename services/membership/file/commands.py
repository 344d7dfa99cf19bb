"""What may be asked of a file."""

from dataclasses import dataclass

from shared.ids import Code, Label


@dataclass(frozen=True, slots=True)
class AnnounceFile:
    name: Label
    size: int
    media_type: Code
    sha256: Code


@dataclass(frozen=True, slots=True)
class CompleteFile:
    """`is_held`: where files are kept, it was seen as it was announced."""

    is_held: bool


FileCommand = AnnounceFile | CompleteFile
