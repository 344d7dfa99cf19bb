"""A service's part of a bundle: all that it keeps of a person, sealed, put to where files are kept. docs/adr/0048."""

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import IO, Any
from uuid import UUID

from fastapi import Request, Response

from shared.auth import Principal
from shared.contracts import contract
from shared.decider import Decider
from shared.event_store import Fact
from shared.feature import Feature, Publication
from shared.files import File
from shared.http import Caller
from shared.ids import AccountId, Code, PersonId, derive, framed
from shared.reaction import Action, ActionContext, Ask, Call, Reaction, Transient
from shared.service import Service
from shared.takeout.reading import TakeOut
from shared.takeout.sealing import Seal
from shared.takeout.search import Reach, find
from shared.takeout.store import Store, measured
from shared.waiting.readers import caught_up

IN_MEMORY = 1024 * 1024
INDEX = "own_data"
MEDIA_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class TellPart:
    """The part is kept: so many bytes of this SHA-256, sealed."""

    bundle_id: UUID
    number: int
    person_id: PersonId
    file_id: UUID
    size: int
    sha256: Code


@dataclass(frozen=True, slots=True)
class PartPacked:
    """All that is kept here of the person is where files are kept, sealed for their bundle of this number."""

    bundle_id: UUID
    number: int
    person_id: PersonId
    file_id: UUID
    size: int
    sha256: Code


@dataclass(frozen=True, slots=True)
class PackPart:
    """A call to the file store. `account_id` is the person's, where they asked by themselves."""

    bundle_id: UUID
    number: int
    person_id: PersonId
    account_id: AccountId | None
    public_key: Code


def decide(command: TellPart, last: int) -> list[PartPacked]:
    """Each once, and none before the last."""
    if command.number <= last:
        return []
    return [PartPacked(**asdict(command))]


def evolve(last: int, event: PartPacked) -> int:
    """The number of the last one."""
    del last
    return event.number


PART: Decider[TellPart, int, PartPacked] = Decider(
    "bundle_part", initial=0, decide=decide, evolve=evolve, commands=TellPart, events=PartPacked
)


def part_stream(bundle_id: UUID) -> UUID:
    """The parts of a service follow from the bundle."""
    return derive(bundle_id, "part")


def file_of(
    community_id: UUID, bundle_id: UUID, number: int, service: str, size: int = 0, sha256: str = ""
) -> File:
    """Where a part is kept: it follows from the bundle, so that whoever ends it finds it, told or not."""
    file_id = derive(bundle_id, str(number), service)
    return File(community_id, file_id, size, MEDIA_TYPE, sha256)


def bound_to(bundle_id: UUID, number: int, service: str) -> bytes:
    """What a part is sealed for: nobody can pass it off as another."""
    return framed(str(bundle_id), str(number), service)


def bundle_part(
    service: str,
    asked: type,
    reach: Reach,
    told: type[contract.PartPacked] | None = None,
) -> Feature:
    """The feature `bundle_part` of a service that hears of bundles as `asked` and tells of its part by `told`."""
    own = replace(reach, within=True)

    async def pack(action: PackPart, context: ActionContext) -> Ask | None:
        return await _packed(action, context, own)

    def publish(fact: Fact) -> contract.PartPacked | None:
        return told(**_told(fact)) if told else None

    return Feature(
        name="bundle_part",
        deciders=(PART,),
        reactions=(Reaction(f"{service}.bundle_part.when_bundle_asked_pack", asked, _asked),),
        publications=(Publication(PartPacked, told, publish),) if told else (),
        actions=(Action(PackPart, pack),),
    )


def _asked(fact: Fact) -> Sequence[Call]:
    asked = fact.body
    person_id, account_id = PersonId(asked.person_id), getattr(asked, "account_id", None)
    return [
        Call(PackPart(asked.bundle_id, asked.number, person_id, account_id, Code(asked.public_key)))
    ]


async def _packed(action: PackPart, context: ActionContext, reach: Reach) -> Ask | None:
    service: Service = context.service
    stream, number = part_stream(action.bundle_id), action.number
    last, _ = await service.handler.state(PART, stream, context.community_id)
    if last >= number:
        return None
    store: Store | None = context.gateways.get("files")
    if store is None:
        raise Transient("This service has not been told where files are kept.")
    place = (context.community_id, action.bundle_id, number, service.name)
    # Whoever died before they could tell of it has left it whole, or nothing.
    size, sha256 = await measured(store, file_of(*place))
    if not size:
        await caught_up(service.pool, [_index_of(service)])
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as out:
            size, sha256 = await _write(out, action, context, reach)
            await store.put(file_of(*place, size, sha256), out)
    file_id = file_of(*place).file_id
    told = TellPart(action.bundle_id, number, action.person_id, file_id, size, Code(sha256))
    return Ask(PART, stream, told)


async def _write(
    out: IO[bytes], action: PackPart, context: ActionContext, reach: Reach
) -> tuple[int, str]:
    """Only what is sealed ever reaches the disk."""
    if action.account_id is None:
        reach = replace(reach, person_of=None, beside=None)
    caller = _as_they(context.service, context.community_id, action)
    bound = bound_to(action.bundle_id, action.number, context.service.name)
    seal = Seal(out, action.public_key, bound)
    async for piece in TakeOut(caller, reach, await find(caller, reach)).document():
        seal.write(piece)
    seal.close()
    size = out.tell()
    out.seek(0)
    digest = hashlib.file_digest(out, "sha256")  # type: ignore[arg-type]  # It reads in binary.
    out.seek(0)
    return size, digest.hexdigest()


def _as_they(service: Service, community_id: UUID, action: PackPart) -> Caller:
    """The person as if they asked this service themselves."""
    account_id = action.account_id or AccountId(action.person_id)
    principal = Principal(account_id, community_id, action.person_id)
    request = Request({"type": "http", "method": "GET", "headers": [], "query_string": b""})
    return Caller(service, request, Response(), principal)


def _index_of(service: Service) -> str:
    (reader,) = (one.reader for one in service.blueprint.projections if one.name == INDEX)
    return reader


def _told(fact: Fact) -> dict[str, Any]:
    return {"community_id": fact.community_id, "occurred_at": fact.at, **asdict(fact.body)}
