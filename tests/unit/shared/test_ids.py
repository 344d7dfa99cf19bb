"""Ids: what must be guessed by nobody, and what must come out the same every time."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.ids import derive, framed, jitter, keyed, random_id, uuid8

FIXED = settings(derandomize=True, deadline=None, max_examples=50)

ORIGIN = UUID("00112233-4455-8677-8899-aabbccddeeff")


@FIXED
@given(st.binary(min_size=16, max_size=64))
def test_any_digest_makes_a_uuid_of_version_8(digest: bytes) -> None:
    made = uuid8(digest)
    assert made.version == 8
    assert made.variant == "specified in RFC 4122"


@FIXED
@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_a_uuid_keeps_122_bits_of_its_digest(one: bytes, other: bytes) -> None:
    mask = (1 << 128) - 1 ^ (0xF << 76) ^ (0x3 << 62)
    same = int.from_bytes(one, "big") & mask == int.from_bytes(other, "big") & mask
    assert (uuid8(one) == uuid8(other)) == same


def test_derived_ids_never_change() -> None:
    """Streams, commands and agenda items are found by them: another value is another world."""
    assert str(derive(ORIGIN, "event", "0")) == "66be5a8f-baf3-8427-8885-9e95aab1fb0a"
    assert keyed(b"secret", "a", "b").hex()[:16] == "49481c03a16cc4b2"


@FIXED
@given(st.lists(st.text()), st.lists(st.text()))
def test_no_two_lists_of_parts_look_alike(one: list[str], other: list[str]) -> None:
    encodable = all(_encodable(part) for part in (*one, *other))
    if encodable:
        assert (framed(*one) == framed(*other)) == (one == other)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def test_a_derived_id_depends_on_all_it_is_derived_from() -> None:
    others = [
        derive(ORIGIN),
        derive(ORIGIN, "a"),
        derive(ORIGIN, "b"),
        derive(ORIGIN, "a", "b"),
        derive(ORIGIN, "ab"),
        derive(UUID(int=1), "a"),
    ]
    assert len(set(others)) == len(others)
    assert derive(ORIGIN, "a") == derive(ORIGIN, "a")


@pytest.mark.parametrize("secret", [b"one", b"two"])
def test_a_keyed_digest_depends_on_its_secret(secret: bytes) -> None:
    assert keyed(secret, "a") == keyed(secret, "a")
    assert keyed(secret, "a") != keyed(b"another", "a")
    assert len(keyed(secret, "a")) == 32


def test_random_ids_do_not_repeat() -> None:
    assert len({random_id() for _ in range(1_000)}) == 1_000
    assert {random_id().version for _ in range(10)} == {8}


def test_jitter_spreads_between_nothing_and_one() -> None:
    seen = [jitter() for _ in range(1_000)]
    assert 0 <= min(seen) < 0.1
    assert 0.9 < max(seen) < 1
