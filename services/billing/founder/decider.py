"""An offer is paid for from its day on, and a founder has its rate until they go or their subscription ends."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from services.billing.founder import commands, events
from shared.decider import Decider

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Awaited:
    """Those `waiting` have bought for its day; `over` are those that were called off: their founders are none."""

    transition_id: UUID | None = None
    free_until: datetime | None = None
    waiting: tuple[UUID, ...] = ()
    over: frozenset[UUID] = frozenset()


def decide_awaited(
    command: commands.OfferAwaitedCommand, awaited: Awaited
) -> list[events.OfferAwaitedEvent]:
    match command:
        case commands.LetWait():
            return _let_wait(command, awaited)
        case _ if command.transition_id in awaited.over:
            return []
        case commands.StopAwaitingOffer(transition_id, offer_id):
            return [events.OfferNotAwaited(transition_id, offer_id)]
        case commands.AwaitOffer():
            return _await(command, awaited)
        case _:
            assert_never(command)


def _await(asked: commands.AwaitOffer, awaited: Awaited) -> list[events.OfferAwaitedEvent]:
    """A day is only ever put off: an earlier one of the same change is old news."""
    told = events.OfferAwaited(asked.transition_id, asked.offer_id, asked.free_until)
    before = awaited.free_until
    if awaited.transition_id != asked.transition_id or before is None:
        return [told]
    if before >= asked.free_until:
        return []
    parts = [
        awaited.waiting[begin : begin + AT_ONCE]
        for begin in range(0, len(awaited.waiting), AT_ONCE)
    ]
    about = asked.transition_id, asked.offer_id, before, asked.free_until
    return [told, *(events.FirstPaymentsPutOff(*about, part) for part in parts)]


def _let_wait(asked: commands.LetWait, awaited: Awaited) -> list[events.OfferAwaitedEvent]:
    """Who bought while the day was put off waits for the later one as well."""
    transition_id, until, one = awaited.transition_id, awaited.free_until, asked.subscription_id
    if transition_id is None or until is None or one in awaited.waiting:
        return []
    waits = events.SubscriberWaits(transition_id, asked.offer_id, one)
    if until <= asked.day:
        return [waits]
    about = transition_id, asked.offer_id, asked.day, until
    return [waits, events.FirstPaymentsPutOff(*about, (one,))]


def evolve_awaited(awaited: Awaited, event: events.OfferAwaitedEvent) -> Awaited:
    is_it = awaited.transition_id == event.transition_id
    match event:
        case events.OfferAwaited(transition_id, _, free_until):
            waiting = awaited.waiting if is_it else ()
            return Awaited(transition_id, free_until, waiting, awaited.over)
        case events.SubscriberWaits(subscription_id=subscription_id):
            return replace(awaited, waiting=(*awaited.waiting, subscription_id))
        case events.FirstPaymentsPutOff():
            return awaited
        case events.OfferNotAwaited(transition_id):
            over = awaited.over | {transition_id}
            return Awaited(over=over) if is_it else replace(awaited, over=over)
        case _:
            assert_never(event)


OFFER_AWAITED: Decider[commands.OfferAwaitedCommand, Awaited, events.OfferAwaitedEvent] = Decider(
    "offer_awaited",
    initial=Awaited(),
    decide=decide_awaited,
    evolve=evolve_awaited,
    commands=commands.OfferAwaitedCommand,
    events=events.OfferAwaitedEvent,
)


@dataclass(frozen=True, slots=True)
class Founder:
    """By which change they are one of which offer; those that `ended` do not come back by hearing of them again."""

    rates: Mapping[UUID, UUID] = field(default_factory=dict)
    ended: frozenset[UUID] = frozenset()
    gone_at: datetime | None = None


def decide(command: commands.FounderCommand, founder: Founder) -> list[events.FounderEvent]:
    person_id = command.person_id
    match command:
        case commands.NameFounder(_, offer_id, transition_id, at):
            is_old = founder.gone_at is not None and at <= founder.gone_at
            is_known = founder.rates.get(offer_id) == transition_id
            if is_old or is_known or transition_id in founder.ended:
                return []
            return [events.FounderNamed(person_id, offer_id, transition_id)]
        case commands.LetFounderGo(_, at):
            if founder.gone_at is not None and at <= founder.gone_at:
                return []
            return [events.FounderRateLost(person_id, None, "gone", at)]
        case commands.EndFounderRate(_, offer_id, at):
            if offer_id not in founder.rates:
                return []
            return [events.FounderRateLost(person_id, offer_id, "subscription_ended", at)]
        case _:
            assert_never(command)


def evolve(founder: Founder, event: events.FounderEvent) -> Founder:
    match event:
        case events.FounderNamed(_, offer_id, transition_id):
            return replace(founder, rates={**founder.rates, offer_id: transition_id})
        case events.FounderRateLost(_, None, _, at):
            return Founder(ended=founder.ended | {*founder.rates.values()}, gone_at=at)
        case events.FounderRateLost(_, offer_id):
            left = {key: by for key, by in founder.rates.items() if key != offer_id}
            lost = {by for key, by in founder.rates.items() if key == offer_id}
            return replace(founder, rates=left, ended=founder.ended | lost)
        case _:
            assert_never(event)


FOUNDER: Decider[commands.FounderCommand, Founder, events.FounderEvent] = Decider(
    "founder",
    initial=Founder(),
    decide=decide,
    evolve=evolve,
    commands=commands.FounderCommand,
    events=events.FounderEvent,
)
