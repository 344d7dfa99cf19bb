"""The last link counts, for so long, if its visitor agrees; nobody sends themselves, or whoever sent them."""

from typing import assert_never
from uuid import UUID

from services.membership.attribution import commands, events
from shared.decider import Decider, Rejected
from shared.ids import PersonId, derive

Attribution = events.PersonAttributed | None


def attribution_stream(person_id: PersonId) -> UUID:
    return derive(person_id, "attribution")


def decide(
    command: commands.AttributionCommand, attribution: Attribution
) -> list[events.AttributionEvent]:
    match command:
        case commands.AttributePerson():
            return _attribute(command, attribution)
        case commands.WithdrawAttribution(person_id):
            if attribution is None:
                return []
            return [events.AttributionWithdrawn(person_id, attribution.link_id)]
        case _:
            assert_never(command)


def _attribute(
    asked: commands.AttributePerson, attribution: Attribution
) -> list[events.AttributionEvent]:
    if attribution is not None and attribution.visit_id == asked.visit_id:
        return []
    if asked.at >= asked.until:
        raise Rejected("visit_too_long_ago", "That visit counts no longer.", pointer="/via")
    if asked.owner == asked.person_id:
        raise Rejected("own_link", "Nobody sends themselves.", pointer="/via")
    if asked.person_id in asked.sent_by:
        raise Rejected("sent_in_a_circle", "You sent whoever this is to the credit of.")
    since = asked.member_since
    if asked.kind != "campaign" and since is not None and since < asked.visited_at:
        detail = "Who was here before the visit was not sent by it."
        raise Rejected("known_before", detail, pointer="/via")
    return [
        events.PersonAttributed(
            asked.person_id, asked.link_id, asked.kind, asked.owner, asked.visit_id, asked.until
        )
    ]


def evolve(_attribution: Attribution, event: events.AttributionEvent) -> Attribution:
    return event if isinstance(event, events.PersonAttributed) else None


ATTRIBUTION: Decider[commands.AttributionCommand, Attribution, events.AttributionEvent] = Decider(
    "attribution",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.AttributionCommand,
    events=events.AttributionEvent,
)
