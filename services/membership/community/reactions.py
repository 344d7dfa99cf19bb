"""A client is staff: its role comes and goes with it."""

from services.membership.client.events import ClientRegistered, ClientRevoked
from services.membership.community import commands
from services.membership.community.decider import COMMUNITY
from shared.event_store import Fact
from shared.ids import AccountId
from shared.reaction import Ask, Reaction


def when_client_registered_grant_role(fact: Fact) -> list[Ask]:
    registered: ClientRegistered = fact.body
    client = AccountId(fact.stream_id)
    grant = commands.GrantRole(by=client, account_id=client, role=registered.role)
    return [Ask(COMMUNITY, fact.community_id, grant)]


def when_client_revoked_revoke_role(fact: Fact) -> list[Ask]:
    revoked: ClientRevoked = fact.body
    client = AccountId(fact.stream_id)
    revoke = commands.RevokeRole(by=client, account_id=client, role=revoked.role)
    return [Ask(COMMUNITY, fact.community_id, revoke)]


REACTIONS = (
    Reaction(
        name="membership.community.when_client_registered_grant_role",
        to=ClientRegistered,
        react=when_client_registered_grant_role,
    ),
    Reaction(
        name="membership.community.when_client_revoked_revoke_role",
        to=ClientRevoked,
        react=when_client_revoked_revoke_role,
    ),
)
