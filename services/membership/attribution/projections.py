"""How a person came, as of now; and what has to be known before a link is credited with them."""

from datetime import datetime, timedelta
from uuid import UUID

from services.membership.account.projections import EMAIL
from services.membership.attribution import commands
from services.membership.attribution.decider import ATTRIBUTION, Attribution, attribution_stream
from services.membership.guest.events import GuestGave, guest_of
from services.membership.guest.projections import guest_now
from services.membership.link.events import LinkId
from services.membership.link.projections import link_now
from services.membership.member.projections import profile_of
from services.membership.merging.projections import merging_now
from services.membership.organisation.projections import organisation_now, registered_at
from services.membership.visit import Visit
from shared.decider import NotFound
from shared.ids import PersonId
from shared.service import Service

FARTHEST = 20
"""So many senders back a circle is looked for."""


async def attribution_now(service: Service, community_id: UUID, person_id: PersonId) -> Attribution:
    """Read strongly; nothing is `sent` of who came by themselves, or would not say."""
    attribution: Attribution
    attribution, _ = await service.handler.state(
        ATTRIBUTION, attribution_stream(person_id), community_id
    )
    return attribution


async def senders_of(
    service: Service, community_id: UUID, person_id: PersonId | None
) -> tuple[PersonId, ...]:
    """Who sent the person, who sent that one, and so on."""
    senders: list[PersonId] = []
    while person_id is not None and len(senders) < FARTHEST:
        sent = (await attribution_now(service, community_id, person_id)).sent
        person_id = sent.owner if sent else None
        if person_id is not None:
            senders.append(person_id)
    return tuple(senders)


async def attributing(
    service: Service, community_id: UUID, person_id: PersonId, visit: Visit, at: datetime
) -> commands.AttributePerson | None:
    """What is asked of who hands in a visit, be they a member, a guest or an organisation; None without the link."""
    link_id = LinkId(visit.link_id)
    try:
        link = await link_now(service, community_id, link_id)
    except NotFound:  # It is another community's.
        link = None
    if link is None:
        return None
    made = link.made
    return commands.AttributePerson(
        person_id=person_id,
        link_id=link_id,
        kind=made.kind,
        owner=made.owner,
        visit_id=visit.visit_id,
        visited_at=visit.at,
        until=visit.at + timedelta(days=made.days),
        at=at,
        known_since=await _known_since(service, person_id),
        sent_by=await senders_of(service, community_id, made.owner),
        others=await _others(service, community_id, person_id),
    )


async def _known_since(service: Service, person_id: PersonId) -> datetime | None:
    """When they joined, first gave or were registered; who was only named is not known yet."""
    profile = await profile_of(service, person_id)
    if profile is not None:
        return profile.since
    told = await service.store.read_stream(guest_of(person_id))
    gave = [fact.at for fact in told if isinstance(fact.body, GuestGave)]
    return gave[0] if gave else await registered_at(service, person_id)


async def _others(
    service: Service, community_id: UUID, person_id: PersonId
) -> tuple[PersonId, ...]:
    """Whom they were merged with, who acts for the organisation, which member has the guest's address."""
    merging = await merging_now(service, community_id, person_id)
    same = (*merging.taken_in, merging.into) if merging.into else merging.taken_in
    acting = (await organisation_now(service, community_id, person_id)).representatives
    guest = await guest_now(service, community_id, person_id)
    (address,) = await service.vault.open([guest.email if guest else None])
    member = await service.vault.find(EMAIL, community_id, address) if address else None
    return (*same, *acting, PersonId(member)) if member else (*same, *acting)
