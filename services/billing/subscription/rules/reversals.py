"""What follows from money that went back, or that a bank is asked to take back."""

from dataclasses import replace
from typing import assert_never
from uuid import UUID

from services.billing.subscription import commands, events
from services.billing.subscription.events import Change, Period
from services.billing.subscription.rules import ending, renewals, withholding
from services.billing.subscription.rules.state import Events, Held, Running


def heard(told: commands.HearReversal, running: Running) -> Events:
    terms, dispute = running.terms, told.dispute
    heard = events.PaymentReversed(terms, told.payment_id, told.reversal, dispute)
    if told.reversal in ("refunded", "lost"):
        heard = replace(heard, credit=running.credit.get(told.payment_id))
    if dispute is None:
        known = heard.credit or told.payment_id in running.paid_by
        return [heard] if known and told.payment_id not in running.refunded else []
    before = running.disputes.get(dispute)
    if before == told.reversal or before in ("won", "lost"):
        return []
    held = Held("disputed", dispute)
    if told.reversal != "won" or held not in running.held:
        return [heard]
    others = replace(running, held=running.held - {held})
    return [
        heard,
        *withholding.released(running, held),
        *renewals.owed_again(others, running.instrument),
    ]


def _undone(running: Running, payment_id: UUID) -> Events:
    """Whose upgrade was paid back has what they had before, as long as that is paid for: nothing else went back."""
    upgrade, rest = running.upgrade, sum(running.paid_by.values(), running.worth * 0)
    is_that = upgrade is not None and upgrade.payment_id == payment_id
    if upgrade is None or not is_that or not rest or running.renewal or running.paused:
        return []
    change = Change(
        change_id=upgrade.undoing,
        to=upgrade.before,
        mode="none",
        lines=(),
        period=Period(running.begins_at, running.ends_at),
        worth=running.worth,
        carried=running.worth * 0,
        due=running.worth * 0,
    )
    return [events.SubscriptionChanged(running.terms, change)]


def follow(
    asked: commands.FollowRefund | commands.FollowDispute | commands.FollowLoss, running: Running
) -> Events:
    match asked:
        case commands.FollowRefund(payment_id, after):
            if payment_id not in running.paid_by or after == "keep":
                return []
            if undone := _undone(running, payment_id):
                return undone
            if after == "end_now" or running.paused:
                return [ending.ended_by(running, "refunded")]
            if running.cancelling:
                return []
            return [events.CancellationScheduled(running.terms, running.end_of_paid)]
        case commands.FollowDispute(dispute, during):
            is_open = running.disputes.get(dispute) == "disputed"
            return (
                withholding.withheld(running, Held("disputed", dispute))
                if is_open and during == "suspend"
                else []
            )
        case commands.FollowLoss(dispute, after):
            if running.disputes.get(dispute) != "lost":
                return []
            if after == "end_now":
                return [ending.ended_by(running, "disputed")]
            return withholding.released(running, Held("disputed", dispute))
        case _:
            assert_never(asked)
