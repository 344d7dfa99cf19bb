from dataclasses import replace
from uuid import UUID

import pytest

from services.membership.directory.commands import HideEntry, ShowEntry
from services.membership.directory.decider import DIRECTORY, entry_stream
from services.membership.directory.events import EntryHidden, EntryShown, HiddenBecause
from services.membership.directory.reactions import REACTIONS
from services.membership.member.events import MemberBanned, MemberLeft, PersonErased
from shared.ids import Code, PersonId
from shared.personal_value import Sealed
from shared.reaction import Ask
from shared.testing import given
from tests.unit.membership.facts import fact

ada = PersonId(UUID(int=1))
name, about, contact = (
    Sealed(ada, "profile", Code(f"sealed-{what}")) for what in ("name", "about", "contact")
)
show = ShowEntry(ada, "joined", name, about, contact)
shown = EntryShown(ada, name, about, contact)
hidden = EntryHidden(ada, "own_wish")


def test_a_member_shows_what_they_wrote_for_it() -> None:
    given(DIRECTORY).when(show).then(shown)
    shorter = replace(show, about=None, contact=None)
    given(DIRECTORY, shown).when(shorter).then(EntryShown(ada, name))


def test_only_members_are_in_it() -> None:
    for standing in ("unknown", "left", "banned", "erased"):
        given(DIRECTORY).when(replace(show, member=standing)).then_rejected("not_a_member")


def test_who_is_in_it_is_taken_out_once() -> None:
    given(DIRECTORY, shown).when(HideEntry("own_wish")).then(hidden)
    given(DIRECTORY, shown, hidden).when(HideEntry("left")).then_nothing()
    given(DIRECTORY).when(HideEntry("left")).then_nothing()
    given(DIRECTORY, shown, hidden).when(show).then(shown)


@pytest.mark.parametrize(
    ("event", "cause"),
    [(MemberLeft(), "left"), (MemberBanned(), "banned"), (PersonErased(ada), "erased")],
)
def test_who_is_no_member_any_more_is_taken_out(event: object, cause: HiddenBecause) -> None:
    happened = fact(event)
    (reaction,) = [reaction for reaction in REACTIONS if reaction.to is type(event)]
    stream = entry_stream(happened.stream_id)
    assert reaction.react(happened) == [Ask(DIRECTORY, stream, HideEntry(cause))]
