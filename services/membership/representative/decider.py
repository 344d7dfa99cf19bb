"""Only a member represents, not too many organisations, and none of them once they are no member any more."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from services.membership.member.events import StandingNow
from services.membership.representative import commands, events
from shared.decider import Decider, Rejected
from shared.ids import PersonId, derive

MOST_ORGANISATIONS = 20
BARRED: Mapping[StandingNow, events.Gone] = {"banned": "banned", "erased": "erased"}


@dataclass(frozen=True, slots=True)
class Representative:
    organisations: tuple[UUID, ...] = ()


def representative_stream(person_id: UUID) -> UUID:
    return derive(person_id, "representative")


def decide(
    command: commands.RepresentativeCommand, representative: Representative
) -> list[events.RepresentativeEvent]:
    match command:
        case commands.Represent():
            return _represent(command, representative)
        case commands.StopRepresenting(person_id, organisation_id):
            represents = organisation_id in representative.organisations
            return [events.RepresentationEnded(person_id, organisation_id)] if represents else []
        case commands.LoseAll(person_id, cause):
            return _lose(person_id, cause, representative)
        case commands.InsistOnMember(member="joined"):
            return []
        case commands.InsistOnMember(person_id, member):
            return _lose(person_id, BARRED.get(member, "left"), representative)
        case _:
            assert_never(command)


def _represent(
    asked: commands.Represent, representative: Representative
) -> list[events.RepresentativeEvent]:
    if asked.organisation_id in representative.organisations:
        return []
    if asked.member != "joined":
        raise Rejected("not_a_member", "Only members represent an organisation here.")
    if len(representative.organisations) >= MOST_ORGANISATIONS:
        detail = f"Nobody represents more than {MOST_ORGANISATIONS} organisations."
        raise Rejected("too_many_organisations", detail, most=MOST_ORGANISATIONS)
    began = events.RepresentationBegan(asked.person_id, asked.organisation_id)
    return [began] if asked.agreed else []


def _lose(
    person_id: PersonId, cause: events.Gone, representative: Representative
) -> list[events.RepresentativeEvent]:
    lost = representative.organisations
    return [events.RepresentationsLost(person_id, cause, lost)] if lost else []


def evolve(representative: Representative, event: events.RepresentativeEvent) -> Representative:
    represented = representative.organisations
    match event:
        case events.RepresentationBegan(_, organisation_id):
            return replace(representative, organisations=(*represented, organisation_id))
        case events.RepresentationEnded(_, organisation_id):
            left = tuple(one for one in represented if one != organisation_id)
            return replace(representative, organisations=left)
        case events.RepresentationsLost():
            return replace(representative, organisations=())
        case _:
            assert_never(event)


REPRESENTATIVE: Decider[
    commands.RepresentativeCommand, Representative, events.RepresentativeEvent
] = Decider(
    "representative",
    initial=Representative(),
    decide=decide,
    evolve=evolve,
    commands=commands.RepresentativeCommand,
    events=events.RepresentativeEvent,
)
