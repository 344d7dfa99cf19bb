from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.membership.access.commands import (
    BarAccess,
    CompleteBar,
    EndGiven,
    EndReason,
    GiveAccess,
    HandOver,
    LiftBar,
    MoveReason,
    StartReason,
    WithdrawGift,
)
from services.membership.access.decider import ACCESS
from services.membership.access.events import (
    AccessBarred,
    AccessGranted,
    AccessHandedOver,
    AccessRevoked,
    BarForetold,
    BarLifted,
    Cause,
    ContentGranted,
    ContentRevoked,
    HeldMoved,
    ReasonClosedEarly,
    ReasonInGrace,
    ReasonKind,
    ReasonPassedOn,
)
from services.membership.content.events import ContentId
from services.membership.tier.events import TierId
from shared.ids import PersonId
from shared.testing import given

ada = PersonId(UUID(int=1))
free, gold = TierId(UUID(int=2)), TierId(UUID(int=3))
subscription, order, joining, present = (UUID(int=number) for number in range(10, 14))
today = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
tomorrow = today + timedelta(days=1)


def granted(
    tier: TierId,
    kind: ReasonKind,
    reason: UUID,
    *,
    first: bool,
    until: datetime | None = None,
    migrated: bool = False,
) -> AccessGranted:
    return AccessGranted(ada, tier, kind, reason, first, until, migrated)


def revoked(
    tier: TierId, kind: ReasonKind, reason: UUID, cause: Cause, *, last: bool
) -> AccessRevoked:
    return AccessRevoked(ada, tier, kind, reason, cause, last)


subscribed = granted(gold, "subscription", subscription, first=True)
bought_as_well = granted(gold, "purchase", order, first=False)
joined = granted(free, "joined", joining, first=True)
given_gold = granted(gold, "gift", present, first=True)
banned = AccessBarred(ada, "banned", holds=True)
before_holding = AccessBarred(ada, "banned")

start_subscription = StartReason(ada, (gold,), "subscription", subscription)
end_subscription = EndReason(ada, "subscription", subscription, "ended")


def test_the_first_reason_opens_the_tier() -> None:
    given(ACCESS).when(start_subscription).then(subscribed)


def test_a_second_reason_adds_to_the_first() -> None:
    given(ACCESS, subscribed).when(StartReason(ada, (gold,), "purchase", order)).then(
        bought_as_well
    )


def test_a_reason_lives_once() -> None:
    given(ACCESS, subscribed).when(start_subscription).then_nothing()


def test_one_reason_may_open_several_tiers_each_once() -> None:
    given(ACCESS).when(StartReason(ada, (free, gold, free), "purchase", order)).then(
        granted(free, "purchase", order, first=True), granted(gold, "purchase", order, first=True)
    )


def test_the_last_end_closes_the_tier() -> None:
    given(ACCESS, subscribed).when(end_subscription).then(
        revoked(gold, "subscription", subscription, "ended", last=True)
    )


def test_another_living_reason_keeps_the_tier_open() -> None:
    given(ACCESS, subscribed, bought_as_well).when(end_subscription).then(
        revoked(gold, "subscription", subscription, "ended", last=False)
    )


def test_a_refunded_order_ends_every_tier_it_opened() -> None:
    given(
        ACCESS,
        granted(free, "purchase", order, first=True),
        granted(gold, "purchase", order, first=True),
    ).when(EndReason(ada, "purchase", order, "refunded")).then(
        revoked(free, "purchase", order, "refunded", last=True),
        revoked(gold, "purchase", order, "refunded", last=True),
    )


def test_a_reason_ends_once() -> None:
    given(ACCESS, subscribed, revoked(gold, "subscription", subscription, "ended", last=True)).when(
        end_subscription
    ).then_nothing()


def test_an_ended_reason_does_not_begin_again() -> None:
    given(ACCESS, subscribed, revoked(gold, "subscription", subscription, "ended", last=True)).when(
        start_subscription
    ).then_nothing()


def test_an_end_before_its_start_is_remembered() -> None:
    given(ACCESS).when(end_subscription).then(
        ReasonClosedEarly(ada, "subscription", subscription, "ended")
    )


def test_a_start_after_its_end_opens_nothing() -> None:
    given(ACCESS, ReasonClosedEarly(ada, "subscription", subscription, "ended")).when(
        start_subscription
    ).then_nothing()


def test_a_gift_opens_the_tier() -> None:
    given(ACCESS).when(GiveAccess(ada, gold, present, None, today)).then(given_gold)


def test_a_retired_tier_is_given_to_nobody_who_has_not_got_it() -> None:
    give = GiveAccess(ada, gold, present, None, today, is_retired=True)
    given(ACCESS).when(give).then_rejected("tier_retired")
    given(ACCESS, granted(gold, "subscription", subscription, first=True)).when(give).then(
        granted(gold, "gift", present, first=False)
    )
    given(ACCESS, given_gold).when(give).then_nothing()


def test_a_gift_may_have_an_end() -> None:
    given(ACCESS).when(GiveAccess(ada, gold, present, tomorrow, today)).then(
        granted(gold, "gift", present, first=True, until=tomorrow)
    )


def test_a_gift_cannot_end_before_it_begins() -> None:
    given(ACCESS).when(GiveAccess(ada, gold, present, today, today)).then_rejected(
        "ends_in_the_past"
    )


def test_a_gift_is_withdrawn() -> None:
    given(ACCESS, given_gold).when(WithdrawGift(ada, present)).then(
        revoked(gold, "gift", present, "withdrawn", last=True)
    )


def test_a_gift_is_withdrawn_once() -> None:
    given(ACCESS, given_gold, revoked(gold, "gift", present, "withdrawn", last=True)).when(
        WithdrawGift(ada, present)
    ).then_nothing()


def test_what_was_not_given_cannot_be_withdrawn() -> None:
    given(ACCESS, subscribed).when(WithdrawGift(ada, present)).then_rejected("gift_not_found")


def test_nobody_who_was_banned_is_given_access() -> None:
    given(ACCESS, banned).when(GiveAccess(ada, gold, present, None, today)).then_rejected(
        "person_barred"
    )


def test_who_leaves_loses_what_was_given_and_keeps_what_was_bought() -> None:
    given(ACCESS, joined, subscribed, granted(gold, "gift", present, first=False)).when(
        EndGiven(ada)
    ).then(
        revoked(free, "joined", joining, "left", last=True),
        revoked(gold, "gift", present, "left", last=False),
    )


def test_a_ban_ends_everything() -> None:
    given(ACCESS, joined, subscribed, bought_as_well).when(BarAccess(ada, "banned")).then(
        revoked(free, "joined", joining, "banned", last=True),
        revoked(gold, "subscription", subscription, "banned", last=False),
        revoked(gold, "purchase", order, "banned", last=True),
        banned,
    )


def test_a_ban_of_somebody_without_access_is_remembered() -> None:
    given(ACCESS).when(BarAccess(ada, "erased")).then(AccessBarred(ada, "erased"))


def test_a_ban_is_recorded_once() -> None:
    given(ACCESS, banned).when(BarAccess(ada, "erased")).then_nothing()


def test_what_begins_after_a_ban_is_closed_at_once() -> None:
    given(ACCESS, banned).when(start_subscription).then(
        ReasonClosedEarly(ada, "subscription", subscription, "banned")
    )


silver = TierId(UUID(int=4))
to_silver = MoveReason(ada, (silver,), "subscription", subscription, "changed")
silver_instead = (
    granted(silver, "subscription", subscription, first=True),
    revoked(gold, "subscription", subscription, "changed", last=True),
)


def test_another_tier_is_opened_before_the_old_one_closes() -> None:
    given(ACCESS, subscribed).when(to_silver).then(*silver_instead)
    given(ACCESS, subscribed, *silver_instead).when(to_silver).then_nothing()


def test_a_reason_that_moved_lives_on_and_ends_once() -> None:
    history = (subscribed, *silver_instead)
    back = MoveReason(ada, (gold,), "subscription", subscription, "changed")
    expected = (subscribed, revoked(silver, "subscription", subscription, "changed", last=True))
    given(ACCESS, *history).when(back).then(*expected)
    end = revoked(silver, "subscription", subscription, "ended", last=True)
    given(ACCESS, *history).when(end_subscription).then(end)
    given(ACCESS, *history, end).when(back).then_nothing()


def test_a_tier_that_was_bought_as_well_stays_open() -> None:
    history = (subscribed, bought_as_well)
    still_open = revoked(gold, "subscription", subscription, "changed", last=False)
    given(ACCESS, *history).when(to_silver).then(silver_instead[0], still_open)


def test_a_reason_that_rests_opens_nothing_until_it_goes_on() -> None:
    rest = MoveReason(ada, (), "subscription", subscription, "paused")
    resting = revoked(gold, "subscription", subscription, "paused", last=True)
    given(ACCESS, subscribed).when(rest).then(resting)
    go_on = MoveReason(ada, (gold,), "subscription", subscription, "paused")
    given(ACCESS, subscribed, resting).when(go_on).then(subscribed)
    closed_early = ReasonClosedEarly(ada, "subscription", subscription, "ended")
    given(ACCESS, subscribed, resting).when(end_subscription).then(closed_early)
    given(ACCESS, subscribed, resting, closed_early).when(go_on).then_nothing()


def test_who_is_barred_moves_nowhere() -> None:
    given(ACCESS, AccessBarred(ada, "erased")).when(to_silver).then_nothing()
    given(ACCESS, banned).when(to_silver).then(
        HeldMoved(ada, "subscription", subscription, to_silver.tiers)
    )


suspend = MoveReason(ada, (), "subscription", subscription, "suspended")


def test_what_is_suspended_opens_nothing_until_it_is_reinstated() -> None:
    held = revoked(gold, "subscription", subscription, "suspended", last=True)
    reinstate = MoveReason(ada, (gold,), "subscription", subscription, "suspended")
    given(ACCESS, subscribed).when(suspend).then(held)
    given(ACCESS, subscribed, held).when(suspend).then_nothing()
    given(ACCESS, subscribed, held).when(reinstate).then(subscribed)


def test_suspending_one_reason_leaves_the_others() -> None:
    held = revoked(gold, "subscription", subscription, "suspended", last=False)
    given(ACCESS, subscribed, bought_as_well).when(suspend).then(held)
    given(ACCESS).when(suspend).then_nothing()


workbook = ContentId(UUID(int=20))
other_order = UUID(int=21)
buys_workbook = StartReason(ada, (), "purchase", order, contents=(workbook,))
has_workbook = ContentGranted(ada, workbook, "purchase", order, first=True)
workbook_gone = ContentRevoked(ada, workbook, "purchase", order, "refunded", last=True)
refund = EndReason(ada, "purchase", order, "refunded")


def test_an_order_may_open_content_and_a_tier_together() -> None:
    both = StartReason(ada, (gold,), "purchase", order, contents=(workbook, workbook))
    given(ACCESS).when(both).then(granted(gold, "purchase", order, first=True), has_workbook)


def test_content_is_bought_once_with_one_order() -> None:
    given(ACCESS, has_workbook).when(buys_workbook).then_nothing()


def test_a_refund_closes_the_content_and_for_good() -> None:
    given(ACCESS, has_workbook).when(refund).then(workbook_gone)
    given(ACCESS, has_workbook, workbook_gone).when(refund).then_nothing()
    given(ACCESS, has_workbook, workbook_gone).when(buys_workbook).then_nothing()


def test_a_refund_before_the_order_keeps_the_content_closed() -> None:
    given(ACCESS).when(refund, buys_workbook).then_nothing()


def test_content_bought_twice_stays_open_until_both_are_refunded() -> None:
    again = ContentGranted(ada, workbook, "purchase", other_order, first=False)
    given(ACCESS, has_workbook).when(
        StartReason(ada, (), "purchase", other_order, contents=(workbook,))
    ).then(again)
    given(ACCESS, has_workbook, again).when(refund).then(
        ContentRevoked(ada, workbook, "purchase", order, "refunded", last=False)
    )


def test_who_leaves_keeps_the_content_they_bought_and_who_is_banned_does_not() -> None:
    given(ACCESS, has_workbook).when(EndGiven(ada)).then_nothing()
    given(ACCESS, has_workbook).when(BarAccess(ada, "banned")).then(
        ContentRevoked(ada, workbook, "purchase", order, "banned", last=True), banned
    )


def test_content_that_is_suspended_is_closed_until_it_is_reinstated() -> None:
    hold = MoveReason(ada, (), "purchase", order, "suspended")
    held = ContentRevoked(ada, workbook, "purchase", order, "suspended", last=True)
    give_back = MoveReason(ada, (), "purchase", order, "suspended", (workbook,))
    given(ACCESS, has_workbook).when(hold).then(held)
    given(ACCESS, has_workbook, held).when(hold).then_nothing()
    given(ACCESS, has_workbook, held).when(give_back).then(has_workbook)
    given(ACCESS, has_workbook).when(give_back).then_nothing()
    closed_early = ReasonClosedEarly(ada, "purchase", order, "refunded")
    given(ACCESS, has_workbook, held).when(refund).then(closed_early)
    given(ACCESS, has_workbook, held, closed_early).when(give_back).then_nothing()


end_with_grace = EndReason(ada, "subscription", subscription, "ended", until=tomorrow)
lasts = ReasonInGrace(ada, "subscription", subscription, "ended", tomorrow)
gone = revoked(gold, "subscription", subscription, "ended", last=True)


def test_what_is_over_stays_open_for_the_grace_and_then_ends() -> None:
    given(ACCESS, subscribed).when(end_with_grace).then(lasts)
    given(ACCESS, subscribed, lasts).when(end_subscription).then(gone)
    given(ACCESS, subscribed, lasts, gone).when(end_subscription).then_nothing()


def test_grace_begins_once_and_only_a_sooner_end_is_news() -> None:
    later = EndReason(ada, "subscription", subscription, "ended", tomorrow + timedelta(days=1))
    given(ACCESS, subscribed, lasts).when(end_with_grace).then_nothing()
    given(ACCESS, subscribed, lasts).when(later).then_nothing()
    sooner = EndReason(ada, "subscription", subscription, "refunded", today)
    given(ACCESS, subscribed, lasts).when(sooner).then(
        ReasonInGrace(ada, "subscription", subscription, "refunded", today)
    )


def test_who_comes_back_in_the_grace_has_no_moment_without_access() -> None:
    again = UUID(int=22)
    back = granted(gold, "subscription", again, first=False)
    given(ACCESS, subscribed, lasts).when(
        StartReason(ada, (gold,), "subscription", again),
    ).then(back)
    given(ACCESS, subscribed, lasts, back).when(end_subscription).then(
        revoked(gold, "subscription", subscription, "ended", last=False)
    )


def test_what_opened_nothing_any_more_has_no_grace() -> None:
    closed = ReasonClosedEarly(ada, "subscription", subscription, "ended")
    held = revoked(gold, "subscription", subscription, "suspended", last=True)
    given(ACCESS, subscribed, held).when(end_with_grace).then(closed)
    given(ACCESS).when(end_with_grace).then(closed)
    given(ACCESS, subscribed, gone).when(end_with_grace).then_nothing()


def test_what_is_over_moves_no_more() -> None:
    given(ACCESS, subscribed, lasts).when(to_silver).then_nothing()
    given(ACCESS, subscribed, lasts).when(suspend).then_nothing()
    given(ACCESS, subscribed, lasts).when(start_subscription).then_nothing()


def test_content_lasts_as_tiers_do() -> None:
    until = ReasonInGrace(ada, "purchase", order, "refunded", tomorrow)
    given(ACCESS, has_workbook).when(
        EndReason(ada, "purchase", order, "refunded", until=tomorrow)
    ).then(until)
    given(ACCESS, has_workbook, until).when(refund).then(workbook_gone)


def test_no_grace_outlasts_a_ban() -> None:
    given(ACCESS, subscribed, lasts).when(BarAccess(ada, "banned")).then(
        revoked(gold, "subscription", subscription, "banned", last=True), banned
    )


bar_tomorrow = BarAccess(ada, "banned", tomorrow)
foretold = BarForetold(ada, "banned", tomorrow)
complete = CompleteBar(ada, tomorrow)


def test_a_ban_with_a_grace_ends_everything_when_that_is_over() -> None:
    given(ACCESS, subscribed, has_workbook).when(bar_tomorrow).then(foretold)
    given(ACCESS, subscribed, has_workbook, foretold).when(bar_tomorrow).then_nothing()
    given(ACCESS, subscribed, has_workbook, foretold).when(complete).then(
        revoked(gold, "subscription", subscription, "banned", last=True),
        ContentRevoked(ada, workbook, "purchase", order, "banned", last=True),
        banned,
    )


def test_nothing_begins_in_the_grace_of_a_ban() -> None:
    given(ACCESS, foretold).when(start_subscription).then(
        ReasonClosedEarly(ada, "subscription", subscription, "banned")
    )
    give = GiveAccess(ada, gold, present, None, today)
    given(ACCESS, foretold).when(give).then_rejected("person_barred")
    given(ACCESS, subscribed, foretold).when(start_subscription).then_nothing()
    given(ACCESS, foretold).when(HandOver(ada, PersonId(UUID(int=7)))).then_nothing()


def test_what_ends_sooner_ends_sooner_than_the_grace_of_a_ban() -> None:
    given(ACCESS, subscribed, foretold).when(end_subscription).then(gone)
    given(ACCESS, subscribed, foretold).when(suspend).then(
        revoked(gold, "subscription", subscription, "suspended", last=True)
    )


def test_who_is_erased_in_the_grace_of_a_ban_has_nothing_at_once() -> None:
    given(ACCESS, subscribed, foretold).when(BarAccess(ada, "erased")).then(
        revoked(gold, "subscription", subscription, "erased", last=True),
        AccessBarred(ada, "erased"),
    )


def test_a_bar_is_completed_once_and_only_the_one_that_was_foretold() -> None:
    given(ACCESS, subscribed, foretold, banned).when(complete).then_nothing()
    given(ACCESS, subscribed).when(complete).then_nothing()
    given(ACCESS, subscribed, foretold).when(CompleteBar(ada, today)).then_nothing()


lifted = BarLifted(ada)


struck = revoked(gold, "subscription", subscription, "banned", last=True)


def test_once_the_ban_is_lifted_reasons_begin_and_none_that_has_ended_comes_back() -> None:
    again = UUID(int=23)
    over = ReasonClosedEarly(ada, "subscription", subscription, "ended")
    given(ACCESS, subscribed, struck, banned).when(end_subscription).then(over)
    given(ACCESS, subscribed, struck, banned, over).when(end_subscription).then_nothing()
    given(ACCESS, subscribed, struck, banned, over).when(LiftBar(ada)).then(lifted)
    back = given(ACCESS, subscribed, struck, banned, over, lifted)
    back.when(start_subscription).then_nothing()
    back.when(StartReason(ada, (gold,), "subscription", again)).then(
        granted(gold, "subscription", again, first=True)
    )
    back.when(BarAccess(ada, "banned")).then(banned)


reopened = granted(gold, "subscription", subscription, first=True, migrated=True)


def test_what_is_paid_for_still_opens_again_once_the_ban_is_lifted() -> None:
    """And nobody is welcomed for it; what was given is gone."""
    left = revoked(free, "joined", joining, "banned", last=True)
    closed = ContentRevoked(ada, workbook, "purchase", order, "banned", last=True)
    given(ACCESS, joined, subscribed, has_workbook, left, struck, closed, banned).when(
        LiftBar(ada)
    ).then(lifted, reopened, has_workbook)
    given(ACCESS, subscribed, struck, banned).when(start_subscription).then_nothing()
    back = given(ACCESS, subscribed, struck, banned, lifted, reopened)
    back.when(start_subscription).then_nothing()
    back.when(LiftBar(ada)).then_nothing()
    back.when(end_subscription).then(
        revoked(gold, "subscription", subscription, "ended", last=True)
    )


def test_it_opens_again_as_it_has_become_meanwhile() -> None:
    cheaper = HeldMoved(ada, "subscription", subscription, (silver,))
    rests = HeldMoved(ada, "subscription", subscription)
    shut = given(ACCESS, subscribed, struck, banned, cheaper)
    shut.when(to_silver).then_nothing()
    shut.when(LiftBar(ada)).then(
        lifted, granted(silver, "subscription", subscription, first=True, migrated=True)
    )
    shut.when(suspend).then(rests)
    given(ACCESS, subscribed, struck, banned, rests).when(LiftBar(ada)).then(lifted)
    go_on = MoveReason(ada, (gold,), "subscription", subscription, "suspended")
    goes_on = HeldMoved(ada, "subscription", subscription, (gold,))
    given(ACCESS, subscribed, struck, banned, rests).when(go_on).then(goes_on)
    given(ACCESS, subscribed, struck, banned, rests, goes_on).when(LiftBar(ada)).then(
        lifted, reopened
    )


def test_what_was_suspended_before_the_ban_and_goes_on_in_it_opens_again() -> None:
    suspended = revoked(gold, "subscription", subscription, "suspended", last=True)
    go_on = MoveReason(ada, (gold,), "subscription", subscription, "suspended")
    goes_on = HeldMoved(ada, "subscription", subscription, (gold,))
    given(ACCESS, subscribed, suspended, banned).when(go_on).then(goes_on)
    given(ACCESS, subscribed, suspended, banned, goes_on).when(LiftBar(ada)).then(lifted, reopened)


def test_whose_ends_were_not_told_while_they_were_banned_gets_nothing_back() -> None:
    given(ACCESS, subscribed, struck, before_holding).when(LiftBar(ada)).then(lifted)


def test_what_did_not_begin_for_the_ban_does_not_begin_when_it_is_lifted() -> None:
    closed = ReasonClosedEarly(ada, "subscription", subscription, "banned")
    given(ACCESS, banned, closed, lifted).when(start_subscription).then_nothing()


def test_a_ban_that_is_lifted_in_its_grace_leaves_what_was_bought() -> None:
    given(ACCESS, joined, subscribed, foretold).when(LiftBar(ada)).then(
        revoked(free, "joined", joining, "left", last=True), lifted
    )
    given(ACCESS, subscribed, foretold, lifted).when(complete).then_nothing()
    anew = BarForetold(ada, "banned", tomorrow + timedelta(days=1))
    given(ACCESS, subscribed, foretold, lifted, anew).when(complete).then_nothing()


def test_nobody_is_let_in_who_was_not_banned() -> None:
    given(ACCESS, subscribed).when(LiftBar(ada)).then_nothing()
    given(ACCESS, AccessBarred(ada, "erased")).when(LiftBar(ada)).then_nothing()


ida = PersonId(UUID(int=7))
hand_over = HandOver(ada, ida)
handed = AccessHandedOver(ada, ida)


def passed(
    kind: ReasonKind,
    reason: UUID,
    *tiers: TierId,
    until: datetime | None = None,
    migrated: bool = False,
) -> ReasonPassedOn:
    return ReasonPassedOn(ada, ida, kind, reason, tiers, until=until, migrated=migrated)


def test_all_that_lives_is_handed_over_and_nobody_is_welcomed_again() -> None:
    ends = granted(gold, "gift", present, first=True, until=tomorrow)
    given(ACCESS, ends, bought_as_well, joined).when(hand_over).then(
        revoked(gold, "gift", present, "merged", last=False),
        revoked(gold, "purchase", order, "merged", last=True),
        revoked(free, "joined", joining, "merged", last=True),
        handed,
        passed("gift", present, gold, until=tomorrow, migrated=True),
        passed("purchase", order, gold, migrated=True),
        passed("joined", joining, free, migrated=True),
    )


def test_content_that_was_bought_is_handed_over() -> None:
    score = ContentId(UUID(int=8))
    opened = ContentGranted(ada, score, "purchase", order, first=True)
    given(ACCESS, opened).when(hand_over).then(
        ContentRevoked(ada, score, "purchase", order, "merged", last=True),
        handed,
        ReasonPassedOn(ada, ida, "purchase", order, (), (score,), migrated=True),
    )


def test_access_is_handed_over_once_and_nothing_of_who_was_shut_out() -> None:
    given(ACCESS, handed).when(hand_over).then_nothing()
    given(ACCESS, banned).when(hand_over).then_nothing()


def test_what_is_said_later_is_said_of_who_they_are_now() -> None:
    about: tuple[ReasonKind, UUID] = ("subscription", subscription)
    over = given(ACCESS, subscribed, revoked(gold, *about, "merged", last=True), handed)
    over.when(start_subscription).then(passed(*about, gold))
    move = MoveReason(ada, (free,), *about, "changed")
    over.when(move).then(ReasonPassedOn(ada, ida, *about, (free,), moved="changed"))
    over.when(end_subscription).then(ReasonPassedOn(ada, ida, *about, ended="ended"))
    over.when(end_with_grace).then(ReasonPassedOn(ada, ida, *about, until=tomorrow, ended="ended"))


def test_what_lasts_is_handed_over_until_its_end() -> None:
    given(ACCESS, subscribed, lasts).when(hand_over).then(
        revoked(gold, "subscription", subscription, "merged", last=True),
        handed,
        passed("subscription", subscription, gold, until=tomorrow, migrated=True),
    )


def test_an_end_that_came_before_its_beginning_holds_when_handed_over() -> None:
    closed = ReasonClosedEarly(ada, "subscription", subscription, "ended")
    given(ACCESS, closed, handed).when(start_subscription).then_nothing()
    given(ACCESS, closed, handed).when(end_subscription).then_nothing()


def test_gifts_are_given_and_taken_back_where_the_person_is_now() -> None:
    give = GiveAccess(ada, gold, present, None, today)
    given(ACCESS, handed).when(give).then_rejected("was_taken_in")
    given(ACCESS, handed).when(WithdrawGift(ada, present)).then_rejected("was_taken_in")


def test_who_was_handed_over_is_barred_like_anybody() -> None:
    given(ACCESS, handed).when(BarAccess(ada, "erased")).then(AccessBarred(ada, "erased"))
