"""Every command in every state that can be come to: no way is gone but those of the table, and each of them is gone."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import get_args
from uuid import UUID

import pytest

from services.billing.checkout.events import OfferLine
from services.billing.payer.events import NO_CARD, Instrument
from services.billing.policy.events import Dunning
from services.billing.statuses import Status
from services.billing.statuses import status_of as status_shown
from services.billing.subscription import commands
from services.billing.subscription.decider import SUBSCRIPTION, Running
from services.billing.subscription.events import SubscriptionEvent
from services.billing.subscription.rules.state import Subscription
from shared.decider import Refused
from shared.ids import Code
from tests.unit.billing.cast import ada, amex, euros, noon
from tests.unit.billing.subscription.statuses import WAYS, states_of, ways_between
from tests.unit.billing.subscription.test_decider import start
from tools import house

FAR = 8
day = timedelta(days=1)
disputed = Code("dp_1")
kept, given_up = Dunning((2,), 0, "keep"), Dunning((), 0)
gold = OfferLine(UUID(int=11), UUID(int=31), euros(90), "month", 0, 1)
on_trial = replace(start, trial_days=14)
without_card = replace(on_trial, instrument=Instrument(NO_CARD, None, None))
History = tuple[SubscriptionEvent, ...]


def commands_for(state: Subscription) -> Iterator[commands.SubscriptionCommand]:
    """What may be asked of it, with the ids of what it knows."""
    yield from (start, on_trial, without_card)
    if not isinstance(state, Running):
        yield commands.WinBack(ada, UUID(int=60), noon + 90 * day, 300)
        yield commands.RenewSubscription(noon + 14 * day, UUID(int=41))
        yield commands.ScheduleCancellation(ada)
        return
    now = state.ends_at - day
    payment_id = state.renewal.payment_id if state.renewal else UUID(int=41)
    attempt = state.renewal.attempt if state.renewal else 1
    yield from (
        commands.RenewSubscription(state.ends_at, UUID(int=41 + state.periods)),
        commands.RetryRenewal(payment_id, attempt + 1),
        commands.GiveUpRenewal(payment_id, attempt),
        commands.SettleRenewal(payment_id),
        commands.WithholdUnpaid(payment_id),
        commands.LapseUnpaid(payment_id),
        commands.UseInstrument(amex),
        commands.ScheduleCancellation(ada),
        commands.WithdrawCancellation(ada),
        commands.CancelNow(),
        commands.EndSubscription("erased"),
        commands.FollowDispute(disputed, "suspend"),
        commands.FollowLoss(disputed, "end_now"),
        commands.PauseSubscription(ada, now + 30 * day, now, 366),
        commands.ResumeSubscription(ada, None, now + day),
        commands.ChangeSubscription(
            UUID(int=70), ada, gold, keeps_price=False, mode="reset", unit="second", at=now
        ),
        commands.WithdrawChange(ada),
        commands.LapseChange(UUID(int=70)),
        commands.AnnounceDebit(now),
        commands.MissCard(state.ends_at),
        commands.FollowBan("end_now"),
        commands.RequestCard(state.ends_at, Code("link")),
        commands.ReduceToStay(ada, UUID(int=90), 50, 1),
    )
    for paid in state.paid_by:
        yield commands.HearReversal(paid, "disputed", disputed)
        yield commands.HearReversal(paid, "lost", disputed)
        yield commands.FollowRefund(paid, "end_now")
    for dunning in (kept, given_up):
        yield commands.DeclineRenewal(
            payment_id, attempt, Code("no"), final=False, at=state.ends_at, dunning=dunning
        )


def asked(state: Subscription, command: commands.SubscriptionCommand) -> History:
    try:
        return tuple(SUBSCRIPTION.decide(command, state))
    except Refused:
        return ()


def ways_from_the_beginning(far: int) -> set[tuple[Status, Status]]:
    """All that are gone within so many commands; what was come to before is not gone on from again."""
    ways: set[tuple[Status, Status]] = set()
    seen, waiting = {repr(None)}, deque[tuple[Subscription, int]]([(None, 0)])
    while waiting:
        state, steps = waiting.popleft()
        for command in commands_for(state):
            *_, after = states = list(states_of(asked(state, command), state))
            ways |= ways_between(states)
            if repr(after) not in seen and steps + 1 < far and not is_old(after):
                seen.add(repr(after))
                waiting.append((after, steps + 1))
    return ways


def is_old(state: Subscription) -> bool:
    """A third period is like the second."""
    return isinstance(state, Running) and state.periods > 2


def all_ways() -> set[tuple[Status, Status]]:
    return {(before, after) for before, all_after in WAYS.items() for after in all_after}


def test_no_way_but_those_of_the_table_is_gone_and_each_of_them_is() -> None:
    of_checkouts = {way for way in all_ways() if "incomplete_expired" in way}
    assert ways_from_the_beginning(FAR) == all_ways() - of_checkouts


def test_the_table_has_the_eight_states_and_no_other() -> None:
    assert set(WAYS) == set(get_args(Status))
    assert {after for _, after in all_ways()} | {"incomplete"} == set(get_args(Status))


def test_the_page_says_the_same_table() -> None:
    page = (house.ROOT / "docs" / "subscription-states.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|.*\| ([^|]*) \|$", page, flags=re.MULTILINE)
    told = {before: set(re.findall(r"`(\w+)`", after)) for before, after in rows}
    assert told == WAYS


@pytest.mark.parametrize("state", ["trialing", "active", "past_due", "unpaid", "paused", "ended"])
def test_what_we_say_in_our_words_is_one_of_them(state: str) -> None:
    assert status_shown(state) in get_args(Status)
