"""Files: announced by size, type and SHA-256, sent straight to where they are kept, read by links that soon end.

A folder on disk and anything that speaks S3 keep one promise: what was announced is kept, or nothing. No bytes pass
through memory whole, and none through us where S3 keeps them.
"""

import asyncio
import base64
import hashlib
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import quote, urlsplit
from uuid import UUID

import anyio
import httpx
import jwt
from fastapi.responses import FileResponse
from pydantic import TypeAdapter

from shared.clock import real_now
from shared.decider import NotFound
from shared.event_store import Unavailable
from shared.http import FILES
from shared.ids import random_id
from shared.problem import Problem

Method = Literal["PUT", "GET", "HEAD", "DELETE"]

MINUTE = timedelta(minutes=1)
LIFE = {"PUT": 60 * MINUTE, "GET": 10 * MINUTE, "HEAD": MINUTE, "DELETE": MINUTE}
INLINE = ("audio/", "video/", "image/avif", "image/gif", "image/jpeg", "image/png", "image/webp")
"""What a browser may show by itself; anything else is saved, so that nobody's page runs under our name."""


@dataclass(frozen=True, slots=True)
class File:
    """What somebody announced; `sha256` is in hexadecimal."""

    community_id: UUID
    file_id: UUID
    size: int
    media_type: str
    sha256: str

    @property
    def key(self) -> str:
        """Where it is kept: of two ids, so that no name leads anywhere else."""
        return f"{self.community_id}/{self.file_id}"


_FILE = TypeAdapter(File)


@dataclass(frozen=True, slots=True)
class Door:
    """One request that needs no access token, to be sent as it is here, until it ends."""

    method: Method
    url: str
    headers: Mapping[str, str]
    expires_at: datetime


class FileStore(Protocol):
    """Where files are kept."""

    async def upload(self, file: File) -> Door:
        """How its bytes are sent: these bytes and no others."""
        ...

    async def read(self, file: File, name: str) -> Door:
        """How they are read, to be saved under a name."""
        ...

    async def holds(self, file: File) -> bool:
        """Whether it is here as it was announced."""
        ...


class Folder:
    """Keeps files on the disk of this machine; a service opens its doors under `url`, by `receive` and `answer`."""

    def __init__(self, folder: Path, url: str, secret: bytes) -> None:
        self._folder, self._url, self._secret = folder, url, secret

    async def upload(self, file: File) -> Door:
        """As FileStore says."""
        return self._door("PUT", file, "", {"content-type": file.media_type})

    async def read(self, file: File, name: str) -> Door:
        """As FileStore says."""
        return self._door("GET", file, name, {})

    async def holds(self, file: File) -> bool:
        """As FileStore says; `receive` has compared type and hash."""
        path = anyio.Path(self._path(file))
        return await path.is_file() and (await path.stat()).st_size == file.size

    async def receive(self, token: str, media_type: str, chunks: AsyncIterator[bytes]) -> None:
        """Keep what comes through an upload's door if it is what was announced, chunk by chunk."""
        file, _ = self._opened(token, "PUT")
        if media_type != file.media_type:
            raise _not_as_announced()
        path = self._path(file)
        await anyio.Path(path.parent).mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{random_id()}.part")
        try:
            async with await anyio.open_file(part, "xb") as written:
                digest, size = hashlib.sha256(), 0
                async for chunk in chunks:
                    size += len(chunk)
                    if size > file.size:
                        raise _not_as_announced()
                    digest.update(chunk)
                    await written.write(chunk)
            if (size, digest.hexdigest()) != (file.size, file.sha256):
                raise _not_as_announced()
            await asyncio.to_thread(_keep, part, path)
        finally:
            await anyio.Path(part).unlink(missing_ok=True)

    async def answer(self, token: str) -> FileResponse:
        """What a reading door shows; ranges are served."""
        file, name = self._opened(token, "GET")
        if not await self.holds(file):
            raise NotFound("file_not_found", "There is no such file.")
        headers = {"cache-control": "private", "content-disposition": _disposition(file, name)}
        return FileResponse(self._path(file), media_type=file.media_type, headers=headers)

    def _path(self, file: File) -> Path:
        return self._folder / file.key

    def _door(self, method: Method, file: File, name: str, headers: Mapping[str, str]) -> Door:
        expires_at = real_now() + LIFE[method]
        told = _FILE.dump_python(file, mode="json")
        claims = {"aud": f"file {method}", "exp": expires_at, "file": told, "name": name}
        token = jwt.encode(claims, self._secret, algorithm="HS256")
        return Door(method, f"{self._url}{FILES}{token}", headers, expires_at)

    def _opened(self, token: str, method: str) -> tuple[File, str]:
        try:
            claims = jwt.decode(
                token, self._secret, algorithms=["HS256"], audience=f"file {method}",
                options={"require": ["exp"]},
            )  # fmt: skip
        except jwt.PyJWTError:
            raise Problem(403, "link_expired", "This link is no longer good.") from None
        return _FILE.validate_python(claims["file"]), claims["name"]


class S3:
    """Keeps files in a bucket, named by its URL (`https://host/bucket`, or `https://bucket.host`)."""

    def __init__(self, bucket: str, region: str, access_key: str, secret_key: str) -> None:
        from awscrt import auth, http  # noqa: PLC0415 - a library in C that only this store needs

        self._aws, self._http = auth, http
        self._bucket, self._region = bucket.rstrip("/"), region
        self._keys = auth.AwsCredentialsProvider.new_static(access_key, secret_key)

    async def upload(self, file: File) -> Door:
        """As FileStore says: the store itself compares size, type and hash."""
        return await self._door("PUT", file, self._announced(file))

    async def read(self, file: File, name: str) -> Door:
        """As FileStore says."""
        disposition = quote(_disposition(file, name), safe="")
        return await self._door("GET", file, {}, f"?response-content-disposition={disposition}")

    async def holds(self, file: File) -> bool:
        """As FileStore says; a store that does not tell the SHA-256 it has compared holds nothing of ours."""
        asked = {"x-amz-checksum-mode": "ENABLED"}
        door = await self._door("HEAD", file, asked)
        try:
            async with httpx.AsyncClient(timeout=10) as client:
                answer = await client.head(door.url, headers=asked)
        except httpx.TransportError as gone:
            raise Unavailable("Where files are kept does not answer.", retry_after=5) from gone
        if answer.status_code == httpx.codes.NOT_FOUND:
            return False
        if not answer.is_success:
            raise Unavailable(f"Where files are kept says {answer.status_code}.", retry_after=5)
        announced = self._announced(file)
        return announced == {name: answer.headers.get(name) for name in announced}

    def _announced(self, file: File) -> dict[str, str]:
        checksum = base64.b64encode(bytes.fromhex(file.sha256)).decode()
        return {
            "content-length": str(file.size),
            "content-type": file.media_type,
            "x-amz-checksum-sha256": checksum,
        }

    async def _door(
        self, method: Method, file: File, headers: Mapping[str, str], query: str = ""
    ) -> Door:
        now, url = real_now(), urlsplit(f"{self._bucket}/{file.key}")
        signed = self._http.HttpHeaders([("host", url.netloc), *headers.items()])
        request = self._http.HttpRequest(method, f"{url.path}{query}", signed)
        how = self._aws.AwsSigningConfig(
            algorithm=self._aws.AwsSigningAlgorithm.V4,
            signature_type=self._aws.AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS,
            credentials_provider=self._keys,
            region=self._region,
            service="s3",
            date=now,
            use_double_uri_encode=False,
            should_normalize_uri_path=False,
            signed_body_value="UNSIGNED-PAYLOAD",  # The signed header has the hash of the body.
            expiration_in_seconds=int(LIFE[method].total_seconds()),
        )
        await asyncio.wrap_future(self._aws.aws_sign_request(request, how))
        return Door(
            method, f"{url.scheme}://{url.netloc}{request.path}", headers, now + LIFE[method]
        )


def _keep(part: Path, path: Path) -> None:
    """Give the bytes their name once they are on the disk, and wait until the name is there too."""
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _disposition(file: File, name: str) -> str:
    shown = "inline" if file.media_type.startswith(INLINE) else "attachment"
    return f"{shown}; filename*=UTF-8''{quote(name, safe='')}"


def _not_as_announced() -> Problem:
    return Problem(422, "not_as_announced", "These are not the bytes that were announced.")
