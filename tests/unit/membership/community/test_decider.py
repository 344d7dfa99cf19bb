from dataclasses import replace
from uuid import UUID

import pytest

from services.membership.community.commands import (
    ChooseAudience,
    ChooseCurrency,
    ChooseKind,
    ChooseLanguage,
    ChooseTimeZone,
    ChooseVisibility,
    CreateCommunity,
    FreeSlug,
    GrantRole,
    MoveCommunity,
    RebrandCommunity,
    RenameCommunity,
    RevokeAllRoles,
    RevokeRole,
    TakeSlug,
)
from services.membership.community.decider import COMMUNITY, SLUG, Community
from services.membership.community.events import (
    Brand,
    CommunityCreated,
    CommunityDescribed,
    CommunityMoved,
    CommunityRebranded,
    SlugFreed,
    SlugTaken,
    StaffRoleGranted,
    StaffRoleRevoked,
    Visibility,
    VisibilityChosen,
)
from shared.ids import AccountId, Code, CommunityId, Label
from shared.testing import given

ada = AccountId(UUID(int=1))
bob = AccountId(UUID(int=2))
blue = Brand(Code("#0033ff"))
chess_club = CommunityCreated(
    kind="association",
    name=Label("Chess Club"),
    slug=Code("chess"),
    brand=blue,
    currency=Code("EUR"),
    time_zone=Code("Europe/Paris"),
    mode="live",
)
described = CommunityDescribed(
    Label("Chess Club"), Code("EUR"), Code("Europe/Paris"), "live", kind="association"
)
ada_owns_it = StaffRoleGranted(ada, "owner", roles_version=1)
bob_owns_it_too = StaffRoleGranted(bob, "owner", roles_version=2)
create_chess_club = CreateCommunity(
    owner=ada,
    kind="association",
    name=Label("Chess Club"),
    slug=Code("chess"),
    brand=blue,
    currency=Code("EUR"),
    time_zone=Code("Europe/Paris"),
    mode="live",
)
chess_id = CommunityId(UUID(int=10))
go_id = CommunityId(UUID(int=11))


def test_who_creates_a_community_owns_it() -> None:
    given(COMMUNITY).when(create_chess_club).then(chess_club, ada_owns_it)


def test_a_community_is_created_once() -> None:
    given(COMMUNITY, chess_club, ada_owns_it).when(create_chess_club).then_nothing()


def test_a_community_moves_to_another_name() -> None:
    given(COMMUNITY, chess_club, ada_owns_it).when(
        MoveCommunity(Code("chess"), Code("schach"))
    ).then(CommunityMoved(Code("schach")))


def test_a_community_that_has_moved_is_there() -> None:
    given(COMMUNITY, chess_club, ada_owns_it, CommunityMoved(Code("schach"))).when(
        MoveCommunity(Code("chess"), Code("schach"))
    ).then_nothing()


def test_a_community_moves_from_where_it_is() -> None:
    given(COMMUNITY, chess_club, ada_owns_it, CommunityMoved(Code("schach"))).when(
        MoveCommunity(Code("chess"), Code("echecs"))
    ).then_rejected("moved_meanwhile")


def test_a_community_that_does_not_exist_has_no_staff() -> None:
    given(COMMUNITY).when(GrantRole(ada, bob, "admin")).then_rejected("community_not_found")


def test_who_may_see_a_community_is_chosen_and_chosen_again() -> None:
    given(COMMUNITY, chess_club, ada_owns_it).when(ChooseVisibility("private")).then(
        VisibilityChosen("private")
    )
    given(COMMUNITY, chess_club, ada_owns_it, VisibilityChosen("private")).when(
        ChooseVisibility("public")
    ).then(VisibilityChosen("public"))


def test_what_is_chosen_already_is_no_news() -> None:
    given(COMMUNITY, chess_club, ada_owns_it).when(ChooseVisibility("public")).then_nothing()
    given(COMMUNITY, replace(chess_club, visibility="private"), ada_owns_it).when(
        ChooseVisibility("private")
    ).then_nothing()


def test_nobody_sees_a_community_that_does_not_exist() -> None:
    given(COMMUNITY).when(ChooseVisibility("private")).then_rejected("community_not_found")


@pytest.mark.parametrize("visibility", ["public", "unlisted", "private"])
def test_a_community_is_created_as_its_owner_wants_it_seen(visibility: Visibility) -> None:
    given(COMMUNITY).when(replace(create_chess_club, visibility=visibility)).then(
        replace(chess_club, visibility=visibility), ada_owns_it
    )


def test_a_private_community_is_hidden_from_all_but_its_members_and_staff() -> None:
    community = COMMUNITY.fold([chess_club, ada_owns_it, VisibilityChosen("private")])
    assert community.is_hidden_from(bob, is_member=False)
    assert not community.is_hidden_from(bob, is_member=True)
    assert not community.is_hidden_from(ada, is_member=False), "she works for it"
    unlisted = COMMUNITY.fold([VisibilityChosen("unlisted")], community)
    assert not unlisted.is_hidden_from(bob, is_member=False)


def test_a_role_is_granted_and_the_change_is_counted() -> None:
    given(COMMUNITY, chess_club, ada_owns_it).when(GrantRole(ada, bob, "accountant")).then(
        StaffRoleGranted(bob, "accountant", roles_version=2)
    )


def test_a_role_is_granted_once() -> None:
    given(COMMUNITY, chess_club, ada_owns_it).when(GrantRole(ada, ada, "owner")).then_nothing()


def test_a_role_is_revoked_and_the_change_is_counted() -> None:
    given(COMMUNITY, chess_club, ada_owns_it, bob_owns_it_too).when(
        RevokeRole(ada, ada, "owner")
    ).then(StaffRoleRevoked(ada, "owner", roles_version=3))


def test_a_role_nobody_holds_cannot_be_taken() -> None:
    given(COMMUNITY, chess_club, ada_owns_it).when(RevokeRole(ada, bob, "admin")).then_nothing()


def test_only_an_owner_makes_owners() -> None:
    given(COMMUNITY, chess_club, ada_owns_it, StaffRoleGranted(bob, "admin", 2)).when(
        GrantRole(bob, bob, "owner")
    ).then_rejected("owners_only")


def test_only_an_owner_unmakes_owners() -> None:
    given(COMMUNITY, chess_club, ada_owns_it, StaffRoleGranted(bob, "admin", 2)).when(
        RevokeRole(bob, ada, "owner")
    ).then_rejected("owners_only")


def test_the_last_owner_stays() -> None:
    given(COMMUNITY, chess_club, ada_owns_it).when(RevokeRole(ada, ada, "owner")).then_rejected(
        "last_owner"
    )


def test_an_owner_who_is_not_the_last_may_lose_another_role() -> None:
    given(
        COMMUNITY, chess_club, ada_owns_it, StaffRoleGranted(ada, "accountant", roles_version=2)
    ).when(RevokeRole(ada, ada, "accountant")).then(
        StaffRoleRevoked(ada, "accountant", roles_version=3)
    )


def test_the_roles_of_an_account_are_known() -> None:
    community = COMMUNITY.fold(
        [chess_club, ada_owns_it, StaffRoleGranted(ada, "accountant", roles_version=2)]
    )
    assert community.roles_of(ada) == ("accountant", "owner")
    assert Community().roles_of(ada) == ()


def test_a_free_name_is_taken() -> None:
    given(SLUG).when(TakeSlug(chess_id)).then(SlugTaken(chess_id))


def test_who_has_the_name_has_it() -> None:
    given(SLUG, SlugTaken(chess_id)).when(TakeSlug(chess_id)).then_nothing()


def test_two_communities_cannot_share_a_name() -> None:
    given(SLUG, SlugTaken(chess_id)).when(TakeSlug(go_id)).then_rejected("slug_taken")


def test_a_freed_name_may_be_taken_by_another() -> None:
    given(SLUG, SlugTaken(chess_id)).when(FreeSlug(chess_id)).then(SlugFreed())
    given(SLUG, SlugTaken(chess_id), SlugFreed()).when(TakeSlug(go_id)).then(SlugTaken(go_id))


def test_only_its_holder_frees_a_name() -> None:
    given(SLUG, SlugTaken(chess_id)).when(FreeSlug(go_id)).then_nothing()


def test_who_is_shut_out_works_here_no_longer() -> None:
    bob_moderates = StaffRoleGranted(bob, "moderator", roles_version=3)
    given(COMMUNITY, chess_club, ada_owns_it, bob_owns_it_too, bob_moderates).when(
        RevokeAllRoles(bob)
    ).then(
        StaffRoleRevoked(bob, "moderator", roles_version=4),
        StaffRoleRevoked(bob, "owner", roles_version=5),
    )


def test_the_last_owner_keeps_the_role_whatever_happens() -> None:
    ada_counts = StaffRoleGranted(ada, "accountant", roles_version=2)
    given(COMMUNITY, chess_club, ada_owns_it, ada_counts).when(RevokeAllRoles(ada)).then(
        StaffRoleRevoked(ada, "accountant", roles_version=3)
    )
    given(COMMUNITY).when(RevokeAllRoles(ada)).then_nothing()


def test_a_community_may_look_otherwise() -> None:
    red = Brand(Code("#aa3355"), Label("https://chess.example/logo.png"))
    given(COMMUNITY, chess_club).when(RebrandCommunity(red)).then(CommunityRebranded(red))
    given(COMMUNITY, chess_club).when(RebrandCommunity(blue)).then_nothing()
    given(COMMUNITY, chess_club, CommunityRebranded(red)).when(RebrandCommunity(red)).then_nothing()
    given(COMMUNITY).when(RebrandCommunity(red)).then_rejected("community_not_found")
    accented = replace(red, accent=Code("#ffee00"))
    rebranded = given(COMMUNITY, chess_club, CommunityRebranded(red))
    rebranded.when(RebrandCommunity(accented)).then(CommunityRebranded(accented))


def test_a_community_may_be_called_otherwise_and_keeps_the_rest() -> None:
    go = replace(described, name=Label("Go Club"))
    given(COMMUNITY, chess_club).when(RenameCommunity(Label("Go Club"))).then(go)
    given(COMMUNITY, chess_club, go).when(RenameCommunity(Label("Go Club"))).then_nothing()
    given(COMMUNITY, chess_club).when(RenameCommunity(Label("Chess Club"))).then_nothing()
    given(COMMUNITY).when(RenameCommunity(Label("Go Club"))).then_rejected("community_not_found")
    moved = MoveCommunity(Code("chess"), Code("go"))
    given(COMMUNITY, chess_club, go).when(moved).then(CommunityMoved(Code("go")))


def test_a_community_speaks_otherwise_and_keeps_the_rest() -> None:
    french = replace(described, language="fr")
    given(COMMUNITY, chess_club).when(ChooseLanguage("fr")).then(french)
    given(COMMUNITY, chess_club, french).when(ChooseLanguage("fr")).then_nothing()
    given(COMMUNITY, chess_club).when(ChooseLanguage("en")).then_nothing()
    named = replace(french, name=Label("Go Club"))
    given(COMMUNITY, chess_club, french).when(RenameCommunity(Label("Go Club"))).then(named)
    given(COMMUNITY).when(ChooseLanguage("fr")).then_rejected("community_not_found")


def test_a_community_is_for_others_and_keeps_the_rest() -> None:
    firms = replace(described, audience="companies")
    given(COMMUNITY, chess_club).when(ChooseAudience("companies")).then(firms)
    given(COMMUNITY, chess_club, firms).when(ChooseAudience("companies")).then_nothing()
    given(COMMUNITY, chess_club).when(ChooseAudience("persons")).then_nothing()
    french = replace(firms, language="fr")
    given(COMMUNITY, chess_club, firms).when(ChooseLanguage("fr")).then(french)
    given(COMMUNITY).when(ChooseAudience("companies")).then_rejected("community_not_found")
    created = replace(chess_club, audience="companies")
    create = replace(create_chess_club, audience="companies")
    given(COMMUNITY).when(create).then(created, ada_owns_it)


def test_a_community_becomes_another_kind_and_keeps_the_rest() -> None:
    brand = replace(described, kind="brand")
    given(COMMUNITY, chess_club).when(ChooseKind("brand")).then(brand)
    given(COMMUNITY, chess_club, brand).when(ChooseKind("brand")).then_nothing()
    given(COMMUNITY, chess_club).when(ChooseKind("association")).then_nothing()
    given(COMMUNITY).when(ChooseKind("brand")).then_rejected("community_not_found")


def test_a_community_goes_by_another_clock_and_keeps_the_rest() -> None:
    tokyo = replace(described, time_zone=Code("Asia/Tokyo"))
    given(COMMUNITY, chess_club).when(ChooseTimeZone(Code("Asia/Tokyo"))).then(tokyo)
    given(COMMUNITY, chess_club, tokyo).when(ChooseTimeZone(Code("Asia/Tokyo"))).then_nothing()
    brand = replace(tokyo, kind="brand")
    given(COMMUNITY, chess_club, tokyo).when(ChooseKind("brand")).then(brand)
    given(COMMUNITY).when(ChooseTimeZone(Code("UTC"))).then_rejected("community_not_found")


def test_what_was_said_before_kinds_could_change_leaves_the_kind() -> None:
    before = replace(described, name=Label("Go Club"), kind=None)
    given(COMMUNITY, chess_club, before).when(ChooseKind("association")).then_nothing()


def test_a_community_that_is_created_in_french_stays_so() -> None:
    created = replace(chess_club, language="fr")
    create = replace(create_chess_club, language="fr")
    given(COMMUNITY).when(create).then(created, ada_owns_it)
    given(COMMUNITY, created).when(ChooseLanguage("fr")).then_nothing()


def test_a_community_reckons_otherwise_until_something_was_offered() -> None:
    choose = ChooseCurrency(Code("CHF"), in_use=False)
    francs = replace(described, currency=Code("CHF"))
    given(COMMUNITY, chess_club).when(choose).then(francs)
    given(COMMUNITY, chess_club, francs).when(replace(choose, in_use=True)).then_nothing()
    given(COMMUNITY, chess_club).when(replace(choose, in_use=True)).then_rejected("currency_in_use")
