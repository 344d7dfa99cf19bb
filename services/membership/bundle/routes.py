"""Asking for all that is kept of a person, seeing how far that is, and fetching it: their own door, and the staff's."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from services.membership.bundle import commands
from services.membership.bundle.decider import BUNDLE, bundle_stream, still_open
from services.membership.bundle.events import BundleId
from services.membership.bundle.projections import bundle_now
from services.membership.bundling import zipped
from services.membership.gateways.gateway import files_of
from services.membership.guest.projections import guest_now
from services.membership.member.events import Service
from services.membership.member.projections import standing_of
from shared.auth import ExpiredLink
from shared.decider import Rejected
from shared.http import Caller, Written, needs
from shared.ids import AccountId, Code, PersonId
from shared.reaction import Ask
from shared.takeout.exports import EXPORT, TakeExport
from shared.takeout.sealing import new_pair

router = APIRouter()

UNKNOWN = ("unknown", "erased")

Person = Annotated[Caller, needs("person")]
Staff = Annotated[Caller, needs("takeout.read", strict=True)]


class BundleState(BaseModel):
    """`awaited` are the services whose part has not come; it can be opened until `kept_until`, once it is ready."""

    state: Literal["awaited", "ready"]
    asked_at: datetime
    awaited: list[Service]
    ready_at: datetime | None
    kept_until: datetime | None


class BundleLink(Written):
    """The ZIP, for whoever has the address, until then. A repeat expires when the first did; a dry run has none."""

    url: str | None = None
    expires_at: datetime | None = None


class Zip(StreamingResponse):
    """A folder for each service, `README.txt` and `index.json`."""

    media_type = "application/zip"


@router.post("/me/bundle", status_code=202, operation_id="ask_my_bundle")
async def ask_my_bundle(caller: Person) -> Written:
    """All that every service keeps of you in this community, and of your account, is packed; that takes seconds.

    Who asks again meanwhile has asked already; afterwards what is new replaces what was packed.
    """
    return await _ask(caller, PersonId(caller.person_id), AccountId(caller.account_id))


@router.get("/me/bundle", operation_id="read_my_bundle")
async def read_my_bundle(caller: Person) -> BundleState:
    """How far it is."""
    return await _state(caller, bundle_stream(caller.person_id, by_staff=False))


@router.post("/me/bundle/link", status_code=201, operation_id="open_my_bundle")
async def open_my_bundle(caller: Person) -> BundleLink:
    """Where it can be fetched, for ten minutes."""
    return await _link(caller, bundle_stream(caller.person_id, by_staff=False))


@router.post("/people/{person_id}/bundle", status_code=202, operation_id="ask_bundle")
async def ask_bundle(person_id: PersonId, caller: Staff) -> Written:
    """For who cannot ask themselves; what is of their account alone is not in it."""
    return await _ask(caller, person_id, None)


@router.get("/people/{person_id}/bundle", operation_id="read_bundle")
async def read_bundle(person_id: PersonId, caller: Staff) -> BundleState:
    """How far that is. What the person asked for themselves is not told."""
    return await _state(caller, bundle_stream(person_id, by_staff=True))


@router.post("/people/{person_id}/bundle/link", status_code=201, operation_id="open_bundle")
async def open_bundle(person_id: PersonId, caller: Staff) -> BundleLink:
    """Where it can be fetched, for ten minutes. It is recorded as an export."""
    about = (Code(f"person_id={person_id}"),)
    take = TakeExport(Code("person"), about, AccountId(caller.account_id))
    record = Ask(EXPORT, caller.new_id("export"), take)
    return await _link(caller, bundle_stream(person_id, by_staff=True), record)


@router.get("/public/bundles/{link}", operation_id="fetch_bundle", response_class=Zip)
async def fetch_bundle(link: str, caller: Annotated[Caller, needs("public")]) -> Zip:
    """Unsealed as it is sent: it is kept nowhere as it is read here."""
    try:
        way = caller.service.links.check(link, "bundle", now=caller.now)
    except ExpiredLink as expired:
        raise Rejected("link_expired", "This link is no longer good.") from expired
    kept = await bundle_now(caller.service, way.community_id, BundleId(way.subject))
    bundle = still_open(kept, caller.now)
    headers = {
        "content-disposition": 'attachment; filename="personal-data.zip"',
        "cache-control": "no-store",
    }
    content = await zipped(caller, way.community_id, bundle.asked, bundle.parts)
    return Zip(content, headers=headers)


async def _ask(caller: Caller, person_id: PersonId, account_id: AccountId | None) -> Written:
    files_of(caller.service.gateways)
    service, community_id = caller.service, caller.community_id
    guest = await guest_now(service, community_id, person_id)
    standing = await standing_of(service, community_id, person_id)
    public_key, private_key = new_pair()
    bundle_id = bundle_stream(person_id, by_staff=account_id is None)
    ask = commands.AskBundle(
        bundle_id=bundle_id,
        person_id=person_id,
        account_id=account_id,
        by=AccountId(caller.account_id),
        is_here=standing not in UNKNOWN or (guest is not None and not guest.forgotten),
        public_key=Code(public_key),
        private_key=await caller.seal(person_id, private_key),
        at=caller.now,
    )
    return await caller.ask(Ask(BUNDLE, bundle_id, ask))


async def _state(caller: Caller, bundle_id: BundleId) -> BundleState:
    bundle = await bundle_now(caller.service, caller.community_id, bundle_id)
    return BundleState(
        state="ready" if bundle.ready_at else "awaited",
        asked_at=bundle.asked.asked_at,
        awaited=list(bundle.awaited),
        ready_at=bundle.ready_at,
        kept_until=bundle.kept_until,
    )


async def _link(caller: Caller, bundle_id: BundleId, *records: Ask) -> BundleLink:
    service = caller.service
    open_it = commands.OpenBundle(AccountId(caller.account_id), caller.now)
    written = await caller.ask(Ask(BUNDLE, bundle_id, open_it), *records)
    until = (await bundle_now(service, caller.community_id, bundle_id)).open_until
    if written.would or until is None:
        return BundleLink(**written.model_dump())
    token = service.links.make("bundle", bundle_id, caller.community_id, until)
    url = f"{service.settings.origin}/api/membership/v1/public/bundles/{token}"
    return BundleLink(**written.model_dump(), url=url, expires_at=until)
