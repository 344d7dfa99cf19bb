"""What is tried without a card: one is asked for before the trial ends, and again when it has."""

from datetime import datetime

from services.billing.payer.events import Instrument
from services.billing.subscription import commands, events
from services.billing.subscription.rules.state import Events, Running


def awaited(instrument: Instrument, until: datetime) -> Events:
    return [events.CardAwaited(until)] if instrument.is_missing else []


def missed(running: Running, until: datetime) -> Events:
    return [events.CardMissed(until)] if _is_missed(running, until) else []


def requested(asked: commands.RequestCard, running: Running) -> Events:
    if not _is_missed(running, asked.until):
        return []
    return [events.CardRequested(running.terms, running.due, asked.until, asked.link)]


def given(instrument: Instrument, running: Running) -> Events:
    """The trial has been had already: a card that had one before pays like any other."""
    is_first = running.instrument.is_missing and not running.periods
    return [events.TrialCardGiven(running.terms, instrument)] if is_first else []


def _is_missed(running: Running, until: datetime) -> bool:
    """Nobody is asked for what they do not want, or are asked for by another letter."""
    stops = running.cancelling or running.paused or running.renewal
    return running.instrument.is_missing and running.ends_at == until and not stops
