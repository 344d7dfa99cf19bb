"""One way to bring files: announce, send to the door that is named, complete; and the doors of the folder on disk."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse
from pydantic import Field

from services.membership.file import commands
from services.membership.file.decider import FILE
from services.membership.file.projections import file_now
from services.membership.gateways.gateway import files_of
from shared.decider import NotFound
from shared.files import Door, File, Folder
from shared.http import Body, Caller, Written, needs
from shared.ids import Code, Label
from shared.reaction import Ask

router = APIRouter()


class AnnounceFile(Body):
    name: str = Field(min_length=1, max_length=200)
    size: int
    media_type: str = Field(pattern=r"^[a-z]+/[a-z0-9][a-z0-9.+-]{0,99}$")
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Announced(Written):
    file_id: UUID
    upload: Door


@router.post("/files", status_code=201, operation_id="announce_file")
async def announce_file(
    body: AnnounceFile, caller: Annotated[Caller, needs("content.write")]
) -> Announced:
    """Send the bytes to `upload`, then complete the file; a repeat opens a new door for the same file."""
    store = files_of(caller.service.gateways)
    file_id = caller.new_id("file")
    announce = commands.AnnounceFile(
        Label(body.name), body.size, Code(body.media_type), Code(body.sha256)
    )
    written = await caller.ask(Ask(FILE, file_id, announce))
    file = File(caller.community_id, file_id, body.size, body.media_type, body.sha256)
    upload = await store.upload(file)
    return Announced(**written.model_dump(), file_id=file_id, upload=upload)


@router.post("/files/{file_id}/completion", operation_id="complete_file")
async def complete_file(
    file_id: UUID, caller: Annotated[Caller, needs("content.write")]
) -> Written:
    store = files_of(caller.service.gateways)
    known = await file_now(caller.service, caller.community_id, file_id)
    is_held = known is not None and (
        known.completed
        or await store.holds(
            File(
                caller.community_id,
                file_id,
                known.announced.size,
                known.announced.media_type,
                known.announced.sha256,
            )
        )
    )
    return await caller.ask(Ask(FILE, file_id, commands.CompleteFile(is_held)), file_id=file_id)


@router.put("/stored-files/{token}", status_code=204, operation_id="store_file")
async def store_file(
    token: str, request: Request, caller: Annotated[Caller, needs("public", idempotent=False)]
) -> None:
    """The door of an upload, where files are kept on disk: send the very bytes that were announced."""
    media_type = request.headers.get("content-type", "").strip().lower()
    await _folder(caller).receive(token, media_type, request.stream())


@router.get("/stored-files/{token}", operation_id="fetch_file", response_class=FileResponse)
async def fetch_file(token: str, caller: Annotated[Caller, needs("public")]) -> FileResponse:
    """The door a file is read by, where files are kept on disk."""
    return await _folder(caller).answer(token)


def _folder(caller: Caller) -> Folder:
    store = files_of(caller.service.gateways)
    if not isinstance(store, Folder):
        raise NotFound("file_not_found", "Files are kept elsewhere.")
    return store
