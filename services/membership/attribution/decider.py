"""The last link counts, for so long, if its visitor agrees; nobody sends themselves, or whoever sent them."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never, cast
from uuid import UUID

from services.membership.attribution import commands, events
from shared.decider import Decider, Rejected
from shared.ids import PersonId, derive


@dataclass(frozen=True, slots=True)
class Attribution:
    """`since` is when they last had a word in it; `left_out` is what was handed in last and did not count."""

    sent: events.PersonAttributed | None = None
    since: datetime | None = None
    left_out: events.CheckoutNotAttributed | None = None


def attribution_stream(person_id: PersonId) -> UUID:
    return derive(person_id, "attribution")


def decide(
    command: commands.AttributionCommand, attribution: Attribution
) -> list[events.AttributionEvent]:
    match command:
        case commands.AttributePerson():
            return _attribute(command, attribution)
        case commands.AttributeBuyer(person, checkout_id):
            try:
                return _attribute(person, attribution)
            except Rejected as refused:
                # What is refused by name elsewhere is told so here: it was paid all the same.
                why = cast("events.Why", refused.code)
                return [events.CheckoutNotAttributed(person.person_id, checkout_id, why)]
        case commands.RecordNoVisit(person_id, checkout_id, why):
            return [events.CheckoutNotAttributed(person_id, checkout_id, why)]
        case commands.WithdrawAttribution(person_id, at):
            sent = attribution.sent
            return [events.AttributionWithdrawn(person_id, sent.link_id, at)] if sent else []
        case _:
            assert_never(command)


def _attribute(
    asked: commands.AttributePerson, attribution: Attribution
) -> list[events.AttributionEvent]:
    sent, since = attribution.sent, attribution.since
    if sent is not None and sent.visit_id == asked.visit_id:
        return []
    if sent is None and since is not None and asked.at < since:
        raise Rejected("withdrawn_since", "They have taken back since that they were sent.")
    if asked.at >= asked.until:
        raise Rejected("visit_too_long_ago", "That visit counts no longer.", pointer="/via")
    if asked.owner in (asked.person_id, *asked.others):
        raise Rejected("own_link", "Nobody sends themselves.", pointer="/via")
    if {asked.person_id, *asked.others} & {*asked.sent_by}:
        raise Rejected("sent_in_a_circle", "You sent whoever this is to the credit of.")
    known = asked.known_since
    if asked.kind != "campaign" and known is not None and known < asked.visited_at:
        detail = "Who was here before the visit was not sent by it."
        raise Rejected("known_before", detail, pointer="/via")
    return [
        events.PersonAttributed(
            asked.person_id,
            asked.link_id,
            asked.kind,
            asked.owner,
            asked.visit_id,
            asked.until,
            asked.at,
        )
    ]


def evolve(attribution: Attribution, event: events.AttributionEvent) -> Attribution:
    match event:
        case events.PersonAttributed():
            # A checkout is heard of once it is paid: meanwhile another link may have been the last.
            return attribution if _is_older(event.since, attribution) else _now(attribution, event)
        case events.AttributionWithdrawn(at=at):
            return replace(attribution, sent=None, since=at)
        case events.CheckoutNotAttributed():
            return replace(attribution, left_out=event)
        case _:
            assert_never(event)


def _is_older(at: datetime | None, attribution: Attribution) -> bool:
    known = attribution.since
    return at is not None and known is not None and at < known


def _now(attribution: Attribution, sent: events.PersonAttributed) -> Attribution:
    return replace(attribution, sent=sent, since=sent.since)


ATTRIBUTION: Decider[commands.AttributionCommand, Attribution, events.AttributionEvent] = Decider(
    "attribution",
    initial=Attribution(),
    decide=decide,
    evolve=evolve,
    commands=commands.AttributionCommand,
    events=events.AttributionEvent,
)
