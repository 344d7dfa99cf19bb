"""What was brought from elsewhere goes on as it does there, until its first payment here."""

from services.billing.subscription import commands, events
from services.billing.subscription.rules import ending
from services.billing.subscription.rules.state import Events, Running


def move_on(asked: commands.MoveOn, running: Running) -> Events:
    period = asked.period
    if not running.elsewhere or period.end <= running.ends_at or running.renewal:
        return []
    due = running.terms.due(running.periods + 1)
    return [events.SubscriptionRenewed(running.terms, period, due, elsewhere=True)]


def give_back(running: Running) -> Events:
    theirs = running.elsewhere and not running.renewal
    return [ending.ended_by(running, "migrated")] if theirs else []
