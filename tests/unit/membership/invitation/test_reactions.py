from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from services.membership.access import commands as access
from services.membership.access import reactions as access_reactions
from services.membership.access.decider import ACCESS, stream_of
from services.membership.community import reactions as community_reactions
from services.membership.community.commands import GrantRole
from services.membership.community.decider import COMMUNITY
from services.membership.invitation.commands import ExpireInvitation, SendInvitation
from services.membership.invitation.decider import INVITATION, addressee_of
from services.membership.invitation.events import (
    InvitationAccepted,
    InvitationExpired,
    InvitationResent,
    InvitationWithdrawn,
    PersonInvited,
    PromisedLink,
)
from services.membership.invitation.reactions import REACTIONS
from services.membership.link import reactions as link_reactions
from services.membership.link.commands import KeepPromise
from services.membership.link.decider import LINK
from services.membership.link.events import LinkMade, link_of
from services.membership.member import reactions as member_reactions
from services.membership.member.commands import AdmitPerson
from services.membership.member.decider import MEMBER
from services.membership.sponsorship import reactions as sponsorship_reactions
from services.membership.sponsorship.commands import NamePromised
from services.membership.sponsorship.decider import SPONSORSHIP
from services.membership.sponsorship.events import SponsorshipId
from services.membership.tier.events import TierId
from shared.erasure import FORGETTING, ForgetPerson
from shared.ids import AccountId, Code, Label, PersonId, derive
from shared.personal_value import Sealed
from shared.reaction import Ask, At, Call, Intent, Reaction, intents_of
from tests.unit.membership.facts import community_id, fact, noon

invitation = UUID(int=50)
olga, account = AccountId(UUID(int=1)), AccountId(UUID(int=2))
ada = PersonId(UUID(int=3))
gold = TierId(UUID(int=4))
name = Sealed(ada, "profile", Code("sealed-name"))
email = Sealed(ada, "profile", Code("sealed-address"))
later = noon + timedelta(days=14)
came_to_work = InvitationAccepted(account, olga, "en", role="moderator")
came_to_join = InvitationAccepted(
    account, olga, "fr", person_id=ada, name=name, email=email, free_tiers=(gold,)
)


def reacts_to(body: object, *reactions: Reaction) -> list[Intent]:
    by_type = {reaction.to: [reaction] for reaction in reactions or REACTIONS}
    return [intent for _, _, intent in intents_of(by_type, fact(body, invitation))]


def test_who_is_invited_is_written_to_and_has_until_then() -> None:
    assert reacts_to(PersonInvited(email, "fr", olga, later)) == [
        Call(SendInvitation(invitation, 1)),
        At(later, Ask(INVITATION, invitation, ExpireInvitation(later))),
    ]
    assert reacts_to(InvitationResent(2, later)) == [
        Call(SendInvitation(invitation, 2)),
        At(later, Ask(INVITATION, invitation, ExpireInvitation(later))),
    ]


def test_an_invitation_that_is_over_forgets_its_address() -> None:
    addressee = addressee_of(invitation)
    for over in (InvitationWithdrawn(), InvitationExpired(), came_to_work, came_to_join):
        (ask,) = reacts_to(over)
        assert isinstance(ask, Ask)
        assert (ask.decider, ask.stream_id) == (FORGETTING, derive(addressee, "forgetting"))
        assert ask.command == ForgetPerson(addressee, noon)
        assert [forget.person_id for forget in ask.keep.forget] == [addressee]


def test_who_came_to_join_is_admitted_and_who_came_to_work_is_not() -> None:
    admit = AdmitPerson(account, name, email, "fr", (gold,))
    assert reacts_to(came_to_join, *member_reactions.REACTIONS) == [Ask(MEMBER, ada, admit)]
    assert reacts_to(came_to_work, *member_reactions.REACTIONS) == []


def test_who_came_to_work_gets_the_role_in_the_name_of_who_invited() -> None:
    grant = GrantRole(olga, account, "moderator")
    asked = reacts_to(came_to_work, *community_reactions.REACTIONS)
    assert asked == [Ask(COMMUNITY, community_id, grant)]
    assert reacts_to(came_to_join, *community_reactions.REACTIONS) == []


def test_what_was_promised_is_given_unless_it_has_run_out() -> None:
    def given_to(accepted: InvitationAccepted) -> list[Intent]:
        return reacts_to(accepted, *access_reactions.REACTIONS)

    for_good = replace(came_to_join, tier_id=gold)
    start = access.StartReason(ada, (gold,), "gift", invitation)
    assert given_to(for_good) == [Ask(ACCESS, stream_of(ada), start)]
    assert given_to(replace(for_good, until=later)) == [
        Ask(ACCESS, stream_of(ada), replace(start, until=later))
    ]
    assert given_to(replace(for_good, until=noon)) == []
    assert given_to(came_to_join) == []
    assert given_to(came_to_work) == []


def test_who_comes_as_an_affiliate_has_the_promised_link_and_nobody_else_has_one() -> None:
    promised = PromisedLink(Label("Ada's"), Code("/join"), 30)
    (ask,) = reacts_to(replace(came_to_join, link=promised), *link_reactions.REACTIONS)
    slug = Code("a-" + derive(invitation, "link").hex[:12])
    link = LinkMade(slug, "affiliate", Label("Ada's"), ada, Code("/join"), 30)
    assert ask == Ask(LINK, link_of(community_id, slug), KeepPromise(link))
    assert reacts_to(came_to_join, *link_reactions.REACTIONS) == []
    assert reacts_to(replace(came_to_work, link=promised), *link_reactions.REACTIONS) == []


def test_who_comes_for_a_sponsor_is_its_contact() -> None:
    bean = SponsorshipId(UUID(int=9))
    came = replace(came_to_work, role="sponsor_contact", sponsorship_id=bean)
    assert reacts_to(came, *sponsorship_reactions.REACTIONS) == [
        Ask(SPONSORSHIP, bean, NamePromised(account))
    ]
    assert reacts_to(came_to_work, *sponsorship_reactions.REACTIONS) == []
