from uuid import UUID

from services.membership.group.commands import ChangeGroup, CloseGroup, OpenGroup
from services.membership.group.decider import GROUP, MOST_GROUPS, Groups
from services.membership.group.events import Door, GroupChanged, GroupClosed, GroupId, GroupOpened
from services.membership.tier.events import TierId
from shared.ids import Label
from shared.testing import given

chess, books = GroupId(UUID(int=1)), GroupId(UUID(int=2))
gold, silver = TierId(UUID(int=3)), TierId(UUID(int=4))


def door(code: str, *tiers: TierId) -> Door:
    return Door(Label("Chess"), Label(f"https://chat.whatsapp.com/{code}"), tiers or (gold,))


opened = GroupOpened(chess, door("one"))


def test_a_group_is_opened_changed_and_closed() -> None:
    given(GROUP).when(OpenGroup(chess, door("one"))).then(opened)
    given(GROUP, opened).when(OpenGroup(chess, door("one"))).then_nothing()
    given(GROUP, opened).when(ChangeGroup(chess, door("two"))).then(
        GroupChanged(chess, door("two"))
    )
    given(GROUP, opened).when(ChangeGroup(chess, door("one"))).then_nothing()
    given(GROUP, opened).when(CloseGroup(chess)).then(GroupClosed(chess))


def test_what_was_never_opened_is_neither_changed_nor_closed() -> None:
    given(GROUP).when(ChangeGroup(chess, door("one"))).then_rejected("group_not_found")
    given(GROUP).when(CloseGroup(chess)).then_rejected("group_not_found")
    given(GROUP, opened, GroupClosed(chess)).when(CloseGroup(chess)).then_nothing()


def test_no_two_groups_are_behind_one_link() -> None:
    given(GROUP, opened).when(OpenGroup(books, door("one"))).then_rejected("link_used_twice")
    second = GroupOpened(books, door("two"))
    given(GROUP, opened, second).when(ChangeGroup(books, door("one"))).then_rejected(
        "link_used_twice"
    )
    given(GROUP, opened, GroupClosed(chess)).when(OpenGroup(books, door("one"))).then(
        GroupOpened(books, door("one"))
    )


def test_there_are_not_more_than_twenty() -> None:
    full = [GroupOpened(GroupId(UUID(int=n)), door(str(n))) for n in range(10, 10 + MOST_GROUPS)]
    given(GROUP, *full).when(OpenGroup(chess, door("one"))).then_rejected("too_many_groups")
    given(GROUP, *full[1:]).when(OpenGroup(chess, door("one"))).then(opened)


def test_a_group_is_open_to_the_people_of_any_of_its_tiers() -> None:
    groups = Groups({chess: door("one", gold, silver), books: door("two", silver)})
    assert groups.open_to({gold}) == (chess,)
    assert groups.open_to({silver}) == (chess, books)
    assert groups.open_to(()) == ()
