"""A ZIP that is sent while it is written opens as any other, and not at all when it was cut off."""

import hashlib
import io
import random
from datetime import UTC, datetime
from zipfile import BadZipFile, ZipFile

import pytest

from shared.takeout.archive import Archive

AT = datetime(2026, 3, 4, 5, 6, 8, tzinfo=UTC)
NOISE = random.Random(42).randbytes(300_000)


def sent() -> list[bytes]:
    archive, pieces = Archive(AT), []
    with archive.file("noise.parquet") as out:
        for begin in range(0, len(NOISE), 50_000):
            out.write(NOISE[begin : begin + 50_000])
            pieces.append(archive.taken())
        assert out.tell() == len(NOISE)
        assert out.sha256 == hashlib.sha256(NOISE).hexdigest()
    with archive.file("empty.csv") as out:
        assert out.sha256 == hashlib.sha256(b"").hexdigest()
    archive.close()
    return [*pieces, archive.taken()]


def test_it_opens_and_its_files_are_what_was_written() -> None:
    with ZipFile(io.BytesIO(b"".join(sent()))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["noise.parquet", "empty.csv"]
        assert archive.read("noise.parquet") == NOISE
        assert archive.read("empty.csv") == b""
        assert archive.getinfo("empty.csv").date_time == (2026, 3, 4, 5, 6, 8)


def test_what_was_taken_is_held_no_more() -> None:
    pieces = sent()
    assert max(map(len, pieces)) < len(NOISE) / 2
    assert sum(map(len, pieces)) > len(NOISE)


def test_one_that_was_cut_off_does_not_open() -> None:
    with pytest.raises(BadZipFile):
        ZipFile(io.BytesIO(b"".join(sent()[:-1])))
