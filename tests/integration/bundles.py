"""A bundle as its parts are packed by one service and read by whoever has the private key."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any
from uuid import UUID

from shared.clock import real_now
from shared.contracts.membership_bundle import BundleAsked
from shared.files import File
from shared.ids import random_id
from shared.takeout.packing import bound_to, file_of
from shared.takeout.sealing import Seal, new_pair, unsealed
from shared.takeout.store import SharedFolder

Json = dict[str, Any]


class Asked:
    """What membership asks of a service, and how what it packed is read."""

    def __init__(self, folder: Path, community_id: UUID, person_id: UUID) -> None:
        self.bundle_id, self.number = random_id(), 1
        self.folder, self.community_id, self.person_id = folder, community_id, person_id
        self.public_key, self.private_key = new_pair()

    def contract(self) -> BundleAsked:
        return BundleAsked(
            community_id=self.community_id,
            occurred_at=real_now(),
            person_id=self.person_id,
            bundle_id=self.bundle_id,
            number=self.number,
            public_key=self.public_key,
        )

    def box(self, service: str) -> bytes:
        """As it is kept."""
        place = self.community_id, self.bundle_id, self.number, service
        return (self.folder / file_of(*place).key).read_bytes()

    def document(self, service: str) -> Json:
        """Unsealed."""
        bound = bound_to(self.bundle_id, self.number, service)
        text = b"".join(unsealed(io.BytesIO(self.box(service)), self.private_key, bound))
        told: Json = json.loads(text)
        return told


async def pack(
    folder: Path, asked: Any, community_id: UUID, service: str, document: Json
) -> tuple[File, Json]:
    """What another service would have put there for this bundle, and what it would tell of it."""
    out = io.BytesIO()
    seal = Seal(out, asked.public_key, bound_to(asked.bundle_id, asked.number, service))
    seal.write(json.dumps(document).encode())
    seal.close()
    box = out.getvalue()
    digest = hashlib.sha256(box).hexdigest()
    place = community_id, asked.bundle_id, asked.number, service
    file = file_of(*place, len(box), digest)
    await SharedFolder(folder, "http://nowhere.test", b"s" * 32).put(file, io.BytesIO(box))
    told = {
        "bundle_id": asked.bundle_id,
        "number": asked.number,
        "person_id": asked.person_id,
        "file_id": file.file_id,
        "size": len(box),
        "sha256": digest,
    }
    return file, told
