from uuid import UUID

from services.membership.client.events import ClientRegistered, ClientRevoked
from services.membership.community.commands import (
    GrantRole,
    LookWhetherShutOut,
    RevokeAllRoles,
    RevokeRole,
)
from services.membership.community.decider import COMMUNITY
from services.membership.community.events import StaffRoleGranted
from services.membership.community.reactions import (
    when_client_registered_grant_role,
    when_client_revoked_revoke_role,
    when_person_shut_out_revoke_roles,
    when_role_granted_look_whether_shut_out,
)
from services.membership.member.events import MemberBanned, PersonErased
from shared.ids import AccountId, Code, Label, PersonId
from shared.reaction import Ask, Call
from tests.unit.membership.facts import community_id, fact

importer = AccountId(UUID(int=1))


def test_a_client_gets_its_role() -> None:
    registered = ClientRegistered(Label("Importer"), "accountant", Code("digest"))
    assert when_client_registered_grant_role(fact(registered, importer)) == [
        Ask(COMMUNITY, community_id, GrantRole(importer, importer, "accountant"))
    ]


def test_a_client_that_is_shut_out_loses_its_role() -> None:
    assert when_client_revoked_revoke_role(fact(ClientRevoked("accountant"), importer)) == [
        Ask(COMMUNITY, community_id, RevokeRole(importer, importer, "accountant"))
    ]


def test_who_is_shut_out_or_erased_loses_their_roles() -> None:
    account, person = AccountId(UUID(int=2)), PersonId(UUID(int=3))
    revoke = [Ask(COMMUNITY, community_id, RevokeAllRoles(account))]
    assert when_person_shut_out_revoke_roles(fact(MemberBanned(account), person)) == revoke
    assert when_person_shut_out_revoke_roles(fact(PersonErased(person, account), person)) == revoke
    assert when_person_shut_out_revoke_roles(fact(MemberBanned(), person)) == []


def test_where_who_has_a_role_now_stands_is_looked_at() -> None:
    granted = StaffRoleGranted(importer, "admin", roles_version=2)
    assert when_role_granted_look_whether_shut_out(fact(granted)) == [
        Call(LookWhetherShutOut(importer))
    ]
