from uuid import UUID

import pytest

from services.membership.preference.commands import Choice, ChooseChannels, ChoosePreferences
from services.membership.preference.decider import PREFERENCE, Preferences
from services.membership.preference.events import (
    Channel,
    ChannelsChosen,
    Kind,
    Mail,
    OptedIn,
    OptedOut,
    PreferenceEvent,
    Voice,
    Ways,
)
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


ALL: tuple[Channel, ...] = ("email", "discord")


def by(kind: Kind, *channels: Channel, linked: tuple[Channel, ...] = ALL) -> ChooseChannels:
    return ChooseChannels(ada, kind, frozenset(channels), frozenset(linked))


def after(*happened: PreferenceEvent) -> Preferences:
    preferences: Preferences = PREFERENCE.initial
    for event in happened:
        preferences = PREFERENCE.evolve(preferences, event)
    return preferences


def test_each_kind_comes_by_the_channels_chosen_for_it() -> None:
    given(PREFERENCE).when(by("reminder", "discord")).then(
        ChannelsChosen(ada, "reminder", ("discord",))
    )
    chosen = ChannelsChosen(ada, "reminder", ("discord",))
    given(PREFERENCE, chosen).when(by("reminder", "discord")).then_nothing()
    given(PREFERENCE, chosen).when(by("announcement", "discord", "email")).then(
        ChannelsChosen(ada, "announcement", ("email", "discord"))
    )


def test_whoever_chooses_what_is_so_anyway_changes_nothing() -> None:
    given(PREFERENCE).when(by("reminder", "email")).then_nothing()
    given(PREFERENCE).when(by("transactional", "email")).then_nothing()


def test_a_channel_is_chosen_once_it_is_linked() -> None:
    given(PREFERENCE).when(by("reminder", "discord", linked=("email",))).then_rejected(
        "channel_not_linked"
    )


def test_what_is_transactional_comes_by_mail_in_any_case() -> None:
    given(PREFERENCE).when(by("transactional", "discord")).then_rejected("always_by_email")
    given(PREFERENCE).when(by("transactional", "discord", "email")).then(
        ChannelsChosen(ada, "transactional", ("email", "discord"))
    )


def test_whoever_chooses_mail_after_opting_out_is_in_again() -> None:
    out = OptedOut(ada, "email", "reminder", "link")
    given(PREFERENCE, out).when(by("reminder", "discord")).then(
        ChannelsChosen(ada, "reminder", ("discord",))
    )
    given(PREFERENCE, out).when(by("reminder", "email")).then(OptedIn(ada, "email", "reminder"))


@pytest.mark.parametrize(
    ("happened", "linked", "mail", "others"),
    [
        ((), ALL, "too", ()),
        ((ChannelsChosen(ada, "reminder", ("discord",)),), ALL, "instead", ("discord",)),
        ((ChannelsChosen(ada, "reminder", ALL),), ALL, "too", ("discord",)),
        ((ChannelsChosen(ada, "reminder", ("discord",)),), ("email",), "too", ()),
        ((OptedOut(ada, "email", "reminder", "link"),), ALL, "never", ()),
        (
            (
                ChannelsChosen(ada, "reminder", ("discord",)),
                OptedOut(ada, "email", "reminder", "link"),
            ),
            ALL,
            "never",
            ("discord",),
        ),
        ((ChannelsChosen(ada, "announcement", ("discord",)),), ALL, "too", ()),
    ],
)
def test_a_message_goes_the_ways_that_are_chosen_and_open(
    happened: tuple[PreferenceEvent, ...],
    linked: tuple[Channel, ...],
    mail: Mail,
    others: tuple[Channel, ...],
) -> None:
    assert after(*happened).ways("reminder", frozenset(linked)) == Ways(mail, others)


def test_a_channel_at_least_is_chosen() -> None:
    refusal = given(PREFERENCE).when(by("reminder")).refusal
    assert refusal is not None
    assert (refusal.code, refusal.pointer) == ("no_channel", "/channels")
