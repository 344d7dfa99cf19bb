from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from services.membership.bundle.commands import AskBundle, EndBundle, OpenBundle, ReportPart
from services.membership.bundle.decider import (
    BUNDLE,
    HOLDERS,
    KEPT,
    LINK_LIFE,
    bundle_stream,
    still_open,
)
from services.membership.bundle.events import (
    BundleAsked,
    BundleEnded,
    BundleOpened,
    BundleReady,
    LatePartRefused,
    PartReported,
)
from shared.decider import Rejected
from shared.ids import AccountId, Code, PersonId
from shared.personal_value import Sealed
from shared.testing import given
from tests.unit.membership.facts import noon

ada, account, owner = PersonId(UUID(int=1)), AccountId(UUID(int=2)), AccountId(UUID(int=3))
own = bundle_stream(ada, by_staff=False)
private = Sealed(ada, "profile", Code("box"))
later = noon + timedelta(hours=1)
ask = AskBundle(own, ada, account, account, True, Code("key"), private, noon)  # noqa: FBT003  As in the command.
asked = BundleAsked(own, 1, ada, account, account, noon, Code("key"), private)
ready = BundleReady(own, 1, ada, later)


def report(service: Any, number: int = 1) -> ReportPart:
    return ReportPart(number, service, 10, Code("hash"), later)


def reported(*services: Any) -> list[PartReported]:
    return [PartReported(own, 1, ada, service, 10, Code("hash")) for service in services]


def test_it_is_ready_when_the_last_part_has_come_in_any_order_and_not_before() -> None:
    for *most, last in permutations(sorted(HOLDERS)):
        given(BUNDLE, asked, *reported(*most[:-1])).when(report(most[-1])).then(*reported(most[-1]))
        given(BUNDLE, asked, *reported(*most)).when(report(last)).then(*reported(last), ready)


def test_each_part_counts_once() -> None:
    given(BUNDLE, asked, *reported("billing")).when(report("billing")).then_nothing()
    given(BUNDLE).when(report("billing")).then_nothing()


def test_who_asks_twice_while_it_is_packed_has_asked_once() -> None:
    given(BUNDLE).when(ask).then(asked)
    given(BUNDLE, asked, *reported("billing")).when(ask).then_nothing()


def test_what_is_ready_is_replaced_by_what_is_asked_anew() -> None:
    again = BundleAsked(own, 2, ada, account, account, noon, Code("key"), private)
    given(BUNDLE, asked, *reported(*HOLDERS), ready).when(ask).then(
        BundleEnded(own, 1, ada, "replaced"), again
    )
    given(BUNDLE, asked, ready, BundleEnded(own, 1, ada, "expired")).when(ask).then(again)


def test_of_somebody_who_is_not_here_nothing_is_packed() -> None:
    gone = AskBundle(own, ada, None, owner, False, Code("key"), private, noon)  # noqa: FBT003
    given(BUNDLE).when(gone).then_rejected("person_not_found")
    given(BUNDLE, asked, ready).when(gone).then_rejected("person_not_found")


def test_a_part_of_a_bundle_that_is_over_is_refused_and_said_to_be() -> None:
    for why in ("expired", "replaced", "erased"):
        over: Any = BundleEnded(own, 1, ada, why)
        given(BUNDLE, asked, over).when(report("events")).then(
            LatePartRefused(own, 1, ada, "events")
        )
    again = BundleAsked(own, 2, ada, account, account, noon, Code("key"), private)
    given(BUNDLE, asked, ready, BundleEnded(own, 1, ada, "replaced"), again).when(
        report("events")
    ).then(LatePartRefused(own, 1, ada, "events"))


def test_it_is_opened_once_it_is_ready_and_until_it_is_over() -> None:
    open_it = OpenBundle(account, later)
    given(BUNDLE, asked, *reported("billing", "events")).when(open_it).then_rejected(
        "bundle_not_ready"
    )
    given(BUNDLE, asked, *reported(*HOLDERS), ready).when(open_it).then(
        BundleOpened(own, 1, ada, account, later)
    )
    given(BUNDLE).when(open_it).then_rejected("bundle_not_found")
    given(BUNDLE, asked, ready, BundleEnded(own, 1, ada, "expired")).when(open_it).then_rejected(
        "bundle_not_found"
    )


def test_only_what_was_opened_is_fetched_and_only_while_the_link_is_good() -> None:
    opened = BundleOpened(own, 1, ada, account, later)
    again = BundleAsked(own, 2, ada, account, account, later, Code("key"), private)
    for facts, at, is_open in (
        ([ready, opened], later, True),
        ([ready, opened], later + LINK_LIFE, False),
        ([ready], later, False),
        ([ready, opened, BundleEnded(own, 1, ada, "replaced"), again], later, False),
        ([ready, opened, again, BundleReady(own, 2, ada, later)], later, False),
    ):
        bundle = BUNDLE.fold([asked, *facts])
        assert bundle is not None
        if is_open:
            assert still_open(bundle, at) is bundle
        else:
            with pytest.raises(Rejected, match="no longer good"):
                still_open(bundle, at)


def test_it_ends_once_and_days_end_only_their_own() -> None:
    expire, erase = EndBundle(1, "expired"), EndBundle(None, "erased")
    given(BUNDLE, asked, ready).when(expire).then(BundleEnded(own, 1, ada, "expired"))
    given(BUNDLE, asked).when(erase).then(BundleEnded(own, 1, ada, "erased"))
    given(BUNDLE, asked, BundleEnded(own, 1, ada, "erased")).when(expire).then_nothing()
    given(BUNDLE).when(erase).then_nothing()
    again = BundleAsked(own, 2, ada, account, account, later, Code("key"), private)
    given(BUNDLE, asked, again).when(expire).then_nothing()


def test_it_is_kept_for_days_from_when_it_was_ready() -> None:
    bundle = BUNDLE.fold([asked, *reported(*HOLDERS), ready])
    assert bundle is not None
    assert (bundle.kept_until, bundle.awaited) == (later + KEPT, ())
    waiting = BUNDLE.fold([asked, *reported("billing")])
    assert waiting is not None
    assert waiting.awaited == ("analytics", "events", "membership")
    assert waiting.kept_until is None


def test_what_staff_asked_for_and_what_the_person_did_are_apart() -> None:
    assert bundle_stream(ada, by_staff=True) != own
