"""How somebody comes in by a request: through the link of a letter, at the same moment as another, and as whom."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from services.membership.member.events import Language
from services.membership.seat.events import Claimant
from services.membership.tier.projections import free_tiers_of
from shared.auth import ExpiredLink, Link, LinkPurpose
from shared.command_handler import Claimed
from shared.decider import Rejected
from shared.http import Caller
from shared.ids import PersonId
from shared.problem import Problem

T = TypeVar("T")

TRIES = 3


def opened_by(caller: Caller, link: str, purpose: LinkPurpose) -> Link:
    """What a letter's link opens; `bad_link` (403) when it is not ours, for something else, or no longer good."""
    try:
        return caller.service.links.check(link, purpose, now=caller.now)
    except ExpiredLink as stale:
        raise Problem(403, "bad_link", "This link opens nothing.") from stale


def way_back(caller: Caller, state: str, purpose: LinkPurpose, subject: UUID) -> Link:
    """By which somebody comes back from a vendor's page, who is whoever went there, for the same community."""
    try:
        link = caller.service.links.check(state, purpose, now=caller.now)
    except ExpiredLink as expired:
        raise Rejected("state_expired", "Begin again.", pointer="/state") from expired
    if (link.subject, link.community_id) != (subject, caller.community_id):
        raise Rejected("state_of_another", "Begin again.", pointer="/state")
    return link


async def found_again(come_in: Callable[[], Awaitable[T]]) -> T:
    """What coming in gives; whoever came in at the same moment by another way is found by the next try."""
    for _ in range(TRIES - 1):
        try:
            return await come_in()
        except Claimed:
            continue
    return await come_in()


async def newcomer(
    caller: Caller,
    community_id: UUID,
    person_id: PersonId,
    *,
    name: str,
    email: str,
    language: Language,
) -> Claimant:
    """As whom somebody is known in the community from now on if they were not before."""
    async with caller.read(community_id) as connection:
        free_tiers = await free_tiers_of(connection, community_id)
    return Claimant(
        person_id=person_id,
        name=await caller.seal(person_id, name),
        email=await caller.seal(person_id, email),
        language=language,
        free_tiers=free_tiers,
    )
