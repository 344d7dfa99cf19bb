from uuid import UUID

from services.membership.community.events import Role, StaffRoleRevoked
from services.membership.link.events import link_of
from services.membership.sponsorship import reactions
from services.membership.sponsorship.commands import (
    DismissContact,
    DismissEverywhere,
    GivePlacement,
    MakeSponsorship,
    NameContact,
    NamePromised,
    TakePlacement,
)
from services.membership.sponsorship.decider import (
    MOST_CONTACTS,
    MOST_PLACEMENTS,
    SPONSORSHIP,
)
from services.membership.sponsorship.events import (
    ContactDismissed,
    ContactNamed,
    PlacementGiven,
    PlacementTaken,
    SponsorshipMade,
)
from shared.ids import AccountId, Label
from shared.reaction import Call
from shared.testing import given
from tests.unit.membership.facts import fact

made = SponsorshipMade(Label("Bean & Sons"))
spring, autumn = (link_of(UUID(int=1), slug) for slug in ("spring", "autumn"))
carla = AccountId(UUID(int=2))


def test_a_sponsorship_is_made_once() -> None:
    given(SPONSORSHIP).when(MakeSponsorship(Label("Bean & Sons"))).then(made)
    given(SPONSORSHIP, made).when(MakeSponsorship(Label("Bean & Sons"))).then_nothing()


def test_nothing_is_said_of_a_sponsorship_that_is_not_there() -> None:
    for command in (
        GivePlacement(spring, "campaign"),
        TakePlacement(spring),
        NameContact(carla, has_role=True),
        DismissContact(carla),
    ):
        given(SPONSORSHIP).when(command).then_rejected("sponsorship_not_found")


def test_a_campaign_is_placed_and_taken_away_once() -> None:
    given(SPONSORSHIP, made).when(GivePlacement(spring, "campaign")).then(PlacementGiven(spring))
    placed = given(SPONSORSHIP, made, PlacementGiven(spring))
    placed.when(GivePlacement(spring, "campaign")).then_nothing()
    placed.when(TakePlacement(spring)).then(PlacementTaken(spring))
    placed.when(TakePlacement(autumn)).then_nothing()


def test_what_somebodys_own_link_brings_is_never_a_sponsors() -> None:
    for kind in ("affiliate", "ambassador", "referral"):
        given(SPONSORSHIP, made).when(GivePlacement(spring, kind)).then_rejected("not_a_campaign")
    given(SPONSORSHIP, made).when(GivePlacement(spring, None)).then_rejected("link_not_found")


def test_only_who_has_the_role_is_a_contact() -> None:
    given(SPONSORSHIP, made).when(NameContact(carla, has_role=True)).then(ContactNamed(carla))
    refused = given(SPONSORSHIP, made).when(NameContact(carla, has_role=False))
    refused.then_rejected("not_a_sponsor_contact")
    named = given(SPONSORSHIP, made, ContactNamed(carla))
    named.when(NameContact(carla, has_role=True)).then_nothing()
    named.when(DismissContact(carla)).then(ContactDismissed(carla))
    given(SPONSORSHIP, made).when(DismissContact(carla)).then_nothing()


def test_there_is_an_end_to_placements_and_contacts() -> None:
    placed = [PlacementGiven(link_of(UUID(int=1), str(n))) for n in range(MOST_PLACEMENTS)]
    full = given(SPONSORSHIP, made, *placed)
    full.when(GivePlacement(spring, "campaign")).then_rejected("too_many_placements")
    named = [ContactNamed(AccountId(UUID(int=100 + n))) for n in range(MOST_CONTACTS)]
    crowded = given(SPONSORSHIP, made, *named)
    crowded.when(NameContact(carla, has_role=True)).then_rejected("too_many_contacts")


def test_who_was_promised_to_be_a_contact_is_one_however_many_there_are() -> None:
    """It is asked by a reaction, which nobody could tell that there are too many."""
    named = [ContactNamed(AccountId(UUID(int=100 + n))) for n in range(MOST_CONTACTS)]
    given(SPONSORSHIP, made, *named).when(NamePromised(carla)).then(ContactNamed(carla))
    given(SPONSORSHIP, made, ContactNamed(carla)).when(NamePromised(carla)).then_nothing()


def test_who_loses_the_role_is_a_contact_no_more_and_who_loses_another_stays_one() -> None:
    def after(role: Role) -> list[Call]:
        revoked = fact(StaffRoleRevoked(carla, role, 2))
        return reactions.when_staff_role_revoked_dismiss_contact(revoked)

    assert after("sponsor_contact") == [Call(DismissEverywhere(carla))]
    assert after("moderator") == []
