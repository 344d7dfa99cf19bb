"""An offer is paid for from its day on, and a founder has its rate until they go or their subscription ends."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from services.billing.founder import commands, events
from shared.decider import Decider


@dataclass(frozen=True, slots=True)
class Awaited:
    """`over` are those that were called off: their founders are none."""

    transition_id: UUID | None = None
    free_until: datetime | None = None
    over: frozenset[UUID] = frozenset()


def decide_awaited(
    command: commands.OfferAwaitedCommand, awaited: Awaited
) -> list[events.OfferAwaitedEvent]:
    """A day is only ever put off: an earlier one of the same change is old news."""
    transition_id, offer_id = command.transition_id, command.offer_id
    if transition_id in awaited.over:
        return []
    match command:
        case commands.StopAwaitingOffer():
            return [events.OfferNotAwaited(transition_id, offer_id)]
        case commands.AwaitOffer(free_until=day):
            before = awaited.free_until if awaited.transition_id == transition_id else None
            if before is not None and before >= day:
                return []
            return [events.OfferAwaited(transition_id, offer_id, day, before)]
        case _:
            assert_never(command)


def evolve_awaited(awaited: Awaited, event: events.OfferAwaitedEvent) -> Awaited:
    match event:
        case events.OfferAwaited(transition_id, _, free_until):
            return Awaited(transition_id, free_until, awaited.over)
        case events.OfferNotAwaited(transition_id):
            over = awaited.over | {transition_id}
            is_it = awaited.transition_id == transition_id
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
