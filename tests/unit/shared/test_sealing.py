"""A part is read by whoever has its bundle's private key, whole, or not at all."""

import io
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.takeout.sealing import CHUNK, KEY, TAG, Damaged, Seal, new_pair, unsealed
from tests.cases import cases

PUBLIC, PRIVATE = new_pair()
PLACE = b"bundle 1 billing"


def sealed(*pieces: bytes, bound: bytes = PLACE) -> bytes:
    out = io.BytesIO()
    seal = Seal(out, PUBLIC, bound)
    for piece in pieces:
        seal.write(piece)
    seal.close()
    return out.getvalue()


def read(box: bytes, private_key: str = PRIVATE, bound: bytes = PLACE) -> bytes:
    return b"".join(unsealed(io.BytesIO(box), private_key, bound))


@settings(max_examples=cases(30), deadline=None)
@given(st.lists(st.binary(max_size=3_000), max_size=5))
def test_what_was_written_is_read(pieces: list[bytes]) -> None:
    assert read(sealed(*pieces)) == b"".join(pieces)


@pytest.mark.parametrize("chunks", [1, 2, 3])
def test_what_is_as_long_as_some_chunks_is_read(chunks: int) -> None:
    noise = os.urandom(CHUNK * chunks)  # It cannot be packed smaller.
    box = sealed(noise)
    assert len(box) > CHUNK * chunks
    assert read(box) == noise
    zeros = bytes(40 * CHUNK)
    assert len(sealed(zeros)) < CHUNK
    assert read(sealed(zeros)) == zeros


def test_no_word_of_it_is_in_it() -> None:
    assert b"Ada Lovelace" not in sealed(b"Ada Lovelace" * 9)
    assert sealed(b"Ada") != sealed(b"Ada")


def test_nobody_else_reads_it_and_it_is_no_other_part() -> None:
    box = sealed(b"Ada")
    _, other = new_pair()
    for private_key, bound in ((other, PLACE), (PRIVATE, b"bundle 2 billing")):
        with pytest.raises(Damaged):
            read(box, private_key, bound)


def test_what_was_changed_or_cut_off_does_not_open() -> None:
    box = sealed(os.urandom(2 * CHUNK))
    wrongs = [
        b"",
        box[:KEY],
        box[:-1],
        box[: KEY + CHUNK + TAG],  # Whole chunks, without the last.
        box[:KEY] + box[KEY + CHUNK + TAG :],
        box[:-1] + bytes([box[-1] ^ 1]),
        bytes([box[0] ^ 1]) + box[1:],
    ]
    for wrong in wrongs:
        with pytest.raises(Damaged):
            read(wrong)
