"""What is signed for an S3 store; the bytes themselves meet a real one in the integration tests."""

import base64
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from shared import files
from shared.files import S3, File

EXAMPLE_KEY = "AKIA" + "IOSFODNN7EXAMPLE"  # AWS's own, from its documentation
EXAMPLE_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
video = File(UUID(int=1), UUID(int=2), 12, "video/mp4", "ab" * 32)


def store(bucket: str = "https://bucket.s3.example.com") -> S3:
    return S3(bucket, "eu-west-3", EXAMPLE_KEY, EXAMPLE_SECRET)


async def test_a_signature_is_the_one_of_the_published_example(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Amazon S3 API reference, "Authenticating requests: using query parameters"."""
    monkeypatch.setattr(files, "real_now", lambda: datetime(2013, 5, 24, tzinfo=UTC))
    monkeypatch.setattr(files, "LIFE", {"GET": timedelta(days=1)})
    bucket = S3("https://examplebucket.s3.amazonaws.com", "us-east-1", EXAMPLE_KEY, EXAMPLE_SECRET)
    example: Any = SimpleNamespace(key="test.txt")
    door = await bucket._door("GET", example, {})
    assert door.url.endswith(
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


async def test_an_upload_is_signed_with_its_size_its_type_and_its_hash() -> None:
    door = await store().upload(video)
    assert door.method == "PUT"
    assert door.headers == {
        "content-length": "12",
        "content-type": "video/mp4",
        "x-amz-checksum-sha256": base64.b64encode(bytes.fromhex("ab" * 32)).decode(),
    }
    (signed,) = parse_qs(urlsplit(door.url).query)["X-Amz-SignedHeaders"]
    assert signed == "content-length;content-type;host;x-amz-checksum-sha256"


@pytest.mark.parametrize(
    ("bucket", "where"),
    [
        ("https://bucket.s3.example.com", "https://bucket.s3.example.com"),
        ("http://127.0.0.1:9000/bucket/", "http://127.0.0.1:9000/bucket"),
    ],
)
async def test_a_file_is_kept_under_two_ids(bucket: str, where: str) -> None:
    door = await store(bucket).read(video, "any name")
    assert door.url.partition("?")[0] == f"{where}/{UUID(int=1)}/{UUID(int=2)}"


async def test_a_link_lives_for_ten_minutes_and_says_under_which_name_to_save(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    monkeypatch.setattr(files, "real_now", lambda: noon)
    door = await store().read(video, 'a "name"/é.mp4')
    told = parse_qs(urlsplit(door.url).query)
    assert told["X-Amz-Expires"] == ["600"]
    disposition = "inline; filename*=UTF-8''a%20%22name%22%2F%C3%A9.mp4"
    assert told["response-content-disposition"] == [disposition]
    assert door.expires_at == noon + files.LIFE["GET"]
