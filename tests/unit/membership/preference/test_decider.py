from uuid import UUID

from services.membership.preference.commands import Choice, ChoosePreferences
from services.membership.preference.decider import PREFERENCE
from services.membership.preference.events import Kind, OptedIn, OptedOut, Voice
from shared.ids import PersonId
from shared.testing import given

ada = PersonId(UUID(int=1))


def choose(*choices: tuple[Kind, bool], by: Voice = "person") -> ChoosePreferences:
    return ChoosePreferences(
        ada, tuple(Choice("email", kind, wanted) for kind, wanted in choices), by
    )


def test_whoever_says_nothing_is_sent_everything() -> None:
    given(PREFERENCE).when(choose(("announcement", True), ("reminder", True))).then_nothing()


def test_announcements_and_reminders_are_turned_off_one_by_one() -> None:
    given(PREFERENCE).when(choose(("announcement", False), ("reminder", True))).then(
        OptedOut(ada, "email", "announcement", "person")
    )
    given(PREFERENCE, OptedOut(ada, "email", "announcement", "person")).when(
        choose(("reminder", False))
    ).then(OptedOut(ada, "email", "reminder", "person"))


def test_what_is_transactional_cannot_be_turned_off() -> None:
    given(PREFERENCE).when(choose(("announcement", False), ("transactional", False))).then_rejected(
        "always_sent"
    )
    given(PREFERENCE).when(choose(("transactional", True))).then_nothing()


def test_opting_out_twice_is_once() -> None:
    out = OptedOut(ada, "email", "announcement", "link")
    given(PREFERENCE, out).when(choose(("announcement", False), by="link")).then_nothing()
    given(PREFERENCE).when(choose(("reminder", False), ("reminder", False))).then(
        OptedOut(ada, "email", "reminder", "person")
    )


def test_staff_may_opt_somebody_out_who_asked_them_to() -> None:
    given(PREFERENCE).when(choose(("announcement", False), by="staff")).then(
        OptedOut(ada, "email", "announcement", "staff")
    )


def test_nobody_comes_back_in_but_by_their_own_word() -> None:
    out = OptedOut(ada, "email", "announcement", "person")
    given(PREFERENCE, out).when(choose(("announcement", True), by="staff")).then_rejected(
        "own_word_only"
    )
    given(PREFERENCE, out).when(choose(("announcement", True), by="link")).then_rejected(
        "own_word_only"
    )
    given(PREFERENCE, out).when(choose(("announcement", True))).then(
        OptedIn(ada, "email", "announcement")
    )


def test_who_came_back_in_may_go_out_again() -> None:
    given(
        PREFERENCE,
        OptedOut(ada, "email", "announcement", "person"),
        OptedIn(ada, "email", "announcement"),
    ).when(choose(("announcement", False), by="link")).then(
        OptedOut(ada, "email", "announcement", "link")
    )
