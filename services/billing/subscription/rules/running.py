"""What may be asked of a subscription that runs: one case for each command."""

from services.billing import rises
from services.billing.subscription import commands, events
from services.billing.subscription.rules import (
    cards,
    changes,
    dunning,
    ending,
    moving,
    pause,
    renewals,
    reversals,
    start,
    staying,
)
from services.billing.subscription.rules.state import Events, Running
from shared.decider import Rejected


def decide(command: commands.SubscriptionCommand, running: Running) -> Events:
    match command:
        case commands.StartSubscription() | commands.RecordWonBack():
            return []
        case commands.WinBack():
            raise Rejected("subscription_running", "It has not ended.")
        case commands.TakeCredit():
            return ending.take(command, running)
        case commands.PutOffTrial():
            return start.put_off(command, running)
        case commands.MoveOn():
            return moving.move_on(command, running)
        case commands.GiveBack():
            return moving.give_back(running)
        case commands.RenewSubscription():
            return renewals.renew(command, running)
        case commands.UseInstrument(instrument):
            return renewals.use(instrument, running)
        case commands.MissCard(until):
            return cards.missed(running, until)
        case commands.RequestCard():
            return cards.requested(command, running)
        case commands.AnnounceDebit(at):
            return renewals.announce_debit(running, at)
        case commands.ScheduleCancellation():
            return ending.cancel(running)
        case commands.WithdrawCancellation():
            return ending.go_on(running)
        case commands.CancelNow():
            return [ending.ended_by(running, "voluntary")]
        case commands.EndSubscription(reason):
            return [ending.ended_by(running, reason)]
        case commands.FollowBan(after):
            return ending.after_ban(running, after)
        case commands.HearReversal():
            return reversals.heard(command, running)
        case commands.FollowRefund() | commands.FollowDispute() | commands.FollowLoss():
            return reversals.follow(command, running)
        case commands.ChangeSubscription():
            return changes.wish(command, running)
        case commands.WithdrawChange():
            return changes.withdraw(running)
        case commands.LapseChange():
            return changes.lapse(command, running)
        case commands.PauseSubscription():
            return pause.pause(command, running)
        case commands.ResumeSubscription(until=until, at=at):
            return pause.resume(running, until, at)
        case commands.ReduceToStay():
            return staying.reduce(command, running)
        case commands.AnnouncePriceRise(rise, at):
            return rises.announced(running.holding, rise, at)
        case commands.AcceptPriceRise():
            return rises.accepted(running.holding)
        case commands.RecallPriceRise(at):
            return rises.recalled(running.holding, at)
        case commands.WithdrawPriceRise(rise_id):
            return rises.withdrawn(running.holding, rise_id)
        case commands.SettleRenewal(payment_id) if payment_id in running.unwanted:
            return [ending.late(running, payment_id)]
        case commands.SettleRenewal(payment_id) | commands.DeclineRenewal(payment_id) if (
            isinstance(running.pending, events.ChangeBilled)
            and running.pending.payment_id == payment_id
        ):
            return changes.collect_change(command, running, running.pending)
        case _:
            renewal = running.renewal
            current = renewal and renewal.payment_id == command.payment_id
            return dunning.collect(command, running, renewal) if renewal and current else []
