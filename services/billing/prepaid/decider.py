"""Who paid elsewhere is led to go on here: written to once before that runs out, once after, and not if they have."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from services.billing.prepaid import commands, events
from services.billing.prepaid.events import Occasion, PlannedLetter
from shared.decider import Decider, NotFound, Rejected
from shared.ids import PersonId

AHEAD = timedelta(days=14)
SOON = timedelta(minutes=1)
"""Not at once: who was brought is still being admitted, and nobody writes to strangers."""


@dataclass(frozen=True, slots=True)
class Prepaid:
    """Of whom is `gone_at` all else is over, unless they are brought again later."""

    person_id: PersonId
    offer_id: UUID
    until: datetime
    due: frozenset[Occasion] = frozenset()
    told: frozenset[Occasion] = frozenset()
    checkout_id: UUID | None = None
    gone_at: datetime | None = None
    brought_at: datetime | None = None

    @property
    def is_gone(self) -> bool:
        return self.gone_at is not None

    def is_gone_by(self, since: datetime | None) -> bool:
        """Who went `since`, even if that was heard of before they were said to be brought; not who went before."""
        if self.is_gone or since is None or self.brought_at is None:
            return self.is_gone
        return since >= self.brought_at


def decide(command: commands.PrepaidCommand, prepaid: Prepaid | None) -> list[events.PrepaidEvent]:
    match command:
        case commands.HearPrepaid():
            return _hear(command, prepaid)
        case commands.OpenPrepaidCheckout() | commands.PayPrepaidCheckout() if (
            prepaid is None or prepaid.is_gone
        ):
            raise NotFound("prepaid_not_found", "There is nothing to go on with.")
        case _ if prepaid is None:
            return []
        case commands.LetPrepaidGo(person_id, at):
            return [] if prepaid.is_gone else [events.PrepaidLetGo(person_id, at)]
        case commands.WritePrepaid(occasion, until):
            waits = _waits(prepaid, until) and occasion not in prepaid.due
            about = prepaid.person_id, prepaid.offer_id, until, occasion
            return [events.PrepaidLetterDue(*about)] if waits else []
        case commands.TellPrepaid():
            return _tell(command, prepaid)
        case commands.OpenPrepaidCheckout(checkout_id, standing):
            _insist_on_need(command, prepaid)
            if standing == "underway":
                raise Rejected("payment_underway", "A card is being looked at: wait for it.")
            return [events.PrepaidCheckoutOpened(prepaid.person_id, checkout_id)]
        case commands.PayPrepaidCheckout():
            _insist_on_need(command, prepaid)
            if prepaid.checkout_id is None:
                raise Rejected("checkout_not_opened", "Open it first.")
            return []
        case _:
            assert_never(command)


def _hear(asked: commands.HearPrepaid, prepaid: Prepaid | None) -> list[events.PrepaidEvent]:
    """The last file that names them counts."""
    if prepaid is not None:
        is_old = prepaid.gone_at is not None and asked.at <= prepaid.gone_at
        is_known = (prepaid.offer_id, prepaid.until) == (asked.offer_id, asked.until)
        if is_old or (is_known and not prepaid.is_gone):
            return []
    about = asked.person_id, asked.offer_id, asked.until
    return [events.PrepaidHeard(*about, _letters(asked), asked.at)]


def _letters(asked: commands.HearPrepaid) -> tuple[PlannedLetter, ...]:
    """Who is written to at once, so close to the end that it is the same letter, gets it once."""
    now, ahead = asked.at + SOON, asked.until - AHEAD
    over = PlannedLetter("over", max(asked.until, now))
    if now >= asked.until:
        return (over,)
    if ahead <= now:
        return PlannedLetter("ahead", now), over
    at_once = (PlannedLetter("brought", now),) if asked.at_once else ()
    return (*at_once, PlannedLetter("ahead", ahead), over)


def _waits(prepaid: Prepaid, until: datetime) -> bool:
    return prepaid.until == until and not prepaid.is_gone


def _tell(asked: commands.TellPrepaid, prepaid: Prepaid) -> list[events.PrepaidEvent]:
    is_told = asked.occasion in prepaid.told or asked.standing in ("underway", "subscribed")
    if asked.offer is None or is_told or not _waits(prepaid, asked.until):
        return []
    about = prepaid.person_id, asked.occasion, asked.offer, asked.until, asked.link
    return [events.PrepaidTold(*about)]


def _insist_on_need(
    asked: commands.OpenPrepaidCheckout | commands.PayPrepaidCheckout, prepaid: Prepaid
) -> None:
    if asked.standing == "subscribed":
        raise Rejected("already_subscribed", "This is subscribed to already.")
    if asked.last != prepaid.checkout_id:
        raise Rejected("opened_meanwhile", "Another was opened meanwhile: look again.")


def evolve(prepaid: Prepaid | None, event: events.PrepaidEvent) -> Prepaid | None:
    match event:
        case events.PrepaidHeard(person_id, offer_id, until, at=at):
            checkout_id = prepaid.checkout_id if prepaid else None
            return Prepaid(person_id, offer_id, until, checkout_id=checkout_id, brought_at=at)
        case _ if prepaid is None:
            return None
        case events.PrepaidLetterDue(occasion=occasion):
            return replace(prepaid, due=prepaid.due | {occasion})
        case events.PrepaidTold(occasion=occasion):
            return replace(prepaid, told=prepaid.told | {occasion})
        case events.PrepaidCheckoutOpened(_, checkout_id):
            return replace(prepaid, checkout_id=checkout_id)
        case events.PrepaidLetGo(_, at):
            return replace(prepaid, gone_at=at)
        case _:
            assert_never(event)


PREPAID: Decider[commands.PrepaidCommand, Prepaid | None, events.PrepaidEvent] = Decider(
    "prepaid",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.PrepaidCommand,
    events=events.PrepaidEvent,
)
