"""Whether an account may learn that a community exists."""

from uuid import UUID

from services.membership.community.projections import community_now
from services.membership.member.projections import standing_of
from shared.decider import NotFound
from shared.ids import AccountId, PersonId
from shared.service import Service


async def check_seen(
    service: Service, community_id: UUID, account_id: UUID, person_id: PersonId | None
) -> None:
    """NotFound where there is no community for this account, which is this person there or nobody."""
    community = await community_now(service, community_id)
    is_member = person_id is not None and (
        await standing_of(service, community_id, person_id) != "banned"
    )
    if community.is_hidden_from(AccountId(account_id), is_member=is_member):
        raise NotFound("community_not_found", "There is no such community.")
