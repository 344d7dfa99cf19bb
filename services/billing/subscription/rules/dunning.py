"""A renewal that was declined is tried on its days, and given up in the end."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from services.billing.subscription import commands, events
from services.billing.subscription.rules import ending, renewals, withholding
from services.billing.subscription.rules.state import Events, Held, Renewal, Running


def collect(
    command: commands.RetryRenewal
    | commands.GiveUpRenewal
    | commands.SettleRenewal
    | commands.DeclineRenewal
    | commands.WithholdUnpaid
    | commands.LapseUnpaid,
    running: Running,
    renewal: Renewal,
) -> Events:
    match command:
        case commands.RetryRenewal(_, attempt):
            stale = attempt != renewal.attempt + 1
            return [] if stale else renewals.owed_again(running, running.instrument)
        case commands.GiveUpRenewal() | commands.LapseUnpaid() | commands.WithholdUnpaid():
            return _lose_patience(command, running, renewal)
        case commands.DeclineRenewal(_, attempt):
            stale = not renewal.in_flight or attempt != renewal.attempt
            return [] if stale else _decline(command, running, renewal)
        case commands.SettleRenewal():
            had_again = withholding.released(running, Held("unpaid"))
            recovered = [events.SubscriptionRecovered(running.terms)] if renewal.since else []
            paid = renewals.paid_for(running, renewal.period, renewal.due)
            return [*recovered, *had_again, *paid]
        case _:
            assert_never(command)


def _lose_patience(
    command: commands.GiveUpRenewal | commands.LapseUnpaid | commands.WithholdUnpaid,
    running: Running,
    renewal: Renewal,
) -> Events:
    since = renewal.since
    match command:
        case commands.WithholdUnpaid():
            return withholding.withheld(running, Held("unpaid")) if since else []
        case _ if renewal.in_flight or since is None:
            return []
        case commands.LapseUnpaid():
            return _give_up(running, renewal, renewal.period.end) if renewal.unpaid else []
        case commands.GiveUpRenewal(_, attempt):
            stale = attempt != renewal.attempt
            return [] if stale else _give_up(running, renewal, since + renewal.dunning.patience)
        case _:
            assert_never(command)


def _decline(told: commands.DeclineRenewal, running: Running, renewal: Renewal) -> Events:
    since = renewal.since or told.at
    dunning = renewal.dunning if renewal.since else told.dunning
    gives_up_at = since + dunning.patience
    retries = [since + wait for wait in dunning.waits if since + wait > told.at]
    # A card refused for good is not tried again, but there is as long to give another.
    retry_at = retries[0] if retries and not told.final else None
    declined = events.RenewalDeclined(
        told.payment_id, told.attempt, told.code, since, retry_at, gives_up_at, dunning
    )
    if running.cancelling:
        return [declined, ending.ended_by(running, "voluntary")]
    first: Events = [] if renewal.since else [_past_due(told, running, renewal)]
    if running.instrument == renewal.instrument and told.at >= gives_up_at:
        return [*first, declined, *_give_up(running, replace(renewal, dunning=dunning), told.at)]
    if running.instrument != renewal.instrument and not running.is_disputed:
        return [*first, declined, renewals.again(renewal, running.instrument)]
    return [*first, declined]


def _past_due(
    told: commands.DeclineRenewal, running: Running, renewal: Renewal
) -> events.SubscriptionPastDue:
    dunning = told.dunning
    access_until = told.at + dunning.grace if dunning.grace < dunning.patience else None
    return events.SubscriptionPastDue(
        running.terms,
        renewal.due,
        told.payment_id,
        access_until,
        told.link,
        renewal.instrument.is_by_hand,
        renewal.instrument.is_missing,
        to_confirm=told.code == events.TO_CONFIRM,
    )


def _give_up(running: Running, renewal: Renewal, at: datetime) -> Events:
    if renewal.dunning.afterwards == "end" or at >= renewal.period.end:
        return [ending.ended_by(running, "payment_failed")]
    if renewal.unpaid:
        return []
    ends_at = renewal.period.end
    unpaid = events.SubscriptionUnpaid(running.terms, renewal.payment_id, ends_at)
    return [*withholding.withheld(running, Held("unpaid")), unpaid]
