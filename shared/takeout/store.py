"""How a service itself keeps parts where files are kept, reads them and takes them away again. docs/adr/0048."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Protocol

import anyio
import httpx
from pydantic import Field, SecretStr, ValidationInfo, field_validator

from shared.event_store import Unavailable
from shared.files import S3, Door, File, FileStore, Folder
from shared.settings import Settings

PIECE = 1024 * 1024
SECONDS = 60


class StoreSettings(Settings):
    """What a service reads that keeps files: the same place for all, a folder or a bucket."""

    files_folder: Path | None = Field(
        default=None, description="a folder of this machine that keeps files; or a bucket does"
    )
    files_bucket: str | None = Field(
        default=None, pattern="^https?://", description="with key and secret, an S3 bucket's URL"
    )
    files_region: str = "us-east-1"
    files_key: str | None = None
    files_secret: SecretStr | None = Field(default=None, validate_default=True)

    @field_validator("files_secret")
    @classmethod
    def _whole_bucket(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        told = info.data.get("files_bucket"), info.data.get("files_key"), secret
        if any(told) and not all(told):
            message = "it goes together with TESSERA_FILES_BUCKET and TESSERA_FILES_KEY"
            raise ValueError(message)
        return secret


class Store(FileStore, Protocol):
    """A file store that a service uses without a browser; Unavailable while it is away."""

    async def put(self, file: File, source: IO[bytes]) -> None:
        """Keep it, in place of what was kept under its ids."""
        ...

    def pieces(self, file: File) -> AsyncIterator[bytes]:
        """What is kept; nothing where nothing is."""
        ...

    async def remove(self, file: File) -> None:
        """Keep it no more; what is not there is fine."""
        ...


class SharedFolder(Folder):
    """A folder that all services share."""

    async def put(self, file: File, source: IO[bytes]) -> None:
        """As Store says."""
        door = await self.upload(file)
        await self.receive(door.url.rpartition("/")[2], file.media_type, _pieces(source))

    async def pieces(self, file: File) -> AsyncIterator[bytes]:
        """As Store says."""
        path = anyio.Path(self._path(file))
        if not await path.is_file():
            return
        async with await path.open("rb") as kept:
            while piece := await kept.read(PIECE):
                yield piece

    async def remove(self, file: File) -> None:
        """As Store says."""
        await anyio.Path(self._path(file)).unlink(missing_ok=True)


class SharedBucket(S3):
    """A bucket that all services share."""

    async def put(self, file: File, source: IO[bytes]) -> None:
        """As Store says."""
        await self._send(await self.upload(file), _pieces(source))

    async def pieces(self, file: File) -> AsyncIterator[bytes]:
        """As Store says."""
        door = await self.read(file, "part")
        try:
            async with (
                httpx.AsyncClient(timeout=SECONDS) as client,
                client.stream("GET", door.url) as answer,
            ):
                if answer.status_code == httpx.codes.NOT_FOUND:
                    return
                _check(answer)
                async for piece in answer.aiter_bytes(PIECE):
                    yield piece
        except httpx.TransportError as gone:
            raise _away() from gone

    async def remove(self, file: File) -> None:
        """As Store says."""
        await self._send(await self._door("DELETE", file, {}))

    async def _send(self, door: Door, content: AsyncIterator[bytes] | None = None) -> None:
        try:
            async with httpx.AsyncClient(timeout=SECONDS) as client:
                headers = dict(door.headers)
                _check(
                    await client.request(door.method, door.url, content=content, headers=headers)
                )
        except httpx.TransportError as gone:
            raise _away() from gone


def stores(settings: StoreSettings, service: str) -> dict[str, Store]:
    """The gateway `files`: a bucket where one is named, else a folder, else nothing."""
    if settings.files_bucket and settings.files_key and settings.files_secret:
        secret = settings.files_secret.get_secret_value()
        region = settings.files_region
        return {"files": SharedBucket(settings.files_bucket, region, settings.files_key, secret)}
    if settings.files_folder:
        doors = f"{settings.origin}/api/{service}/v1"
        return {"files": SharedFolder(settings.files_folder, doors, settings.secret_bytes())}
    return {}


async def fetched(store: Store, file: File, into: IO[bytes]) -> bool:
    """Whether it is kept as it was told; then it stands in `into`, from the beginning."""
    digest = hashlib.sha256()
    async for piece in store.pieces(file):
        digest.update(piece)
        into.write(piece)
    into.seek(0)
    return digest.hexdigest() == file.sha256


async def measured(store: Store, file: File) -> tuple[int, str]:
    """How many bytes are kept under a file's ids, and their SHA-256; none where nothing is kept."""
    size, digest = 0, hashlib.sha256()
    async for piece in store.pieces(file):
        digest.update(piece)
        size += len(piece)
    return size, digest.hexdigest()


async def _pieces(source: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := source.read(PIECE):
        yield piece


def _check(answer: httpx.Response) -> None:
    if not answer.is_success:
        raise Unavailable(f"Where files are kept says {answer.status_code}.", retry_after=5)


def _away() -> Unavailable:
    return Unavailable("Where files are kept does not answer.", retry_after=5)
