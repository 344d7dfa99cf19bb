"""Who is no member any more acts for no organisation."""

from services.membership.organisation import commands
from services.membership.organisation.decider import ORGANISATION, organisation_stream
from services.membership.representative.events import RepresentationsLost
from shared.event_store import Fact
from shared.reaction import Ask, Reaction


def when_representations_lost_record_gone(fact: Fact) -> list[Ask]:
    lost: RepresentationsLost = fact.body
    return [
        Ask(
            ORGANISATION,
            organisation_stream(organisation_id),
            commands.RecordGone(organisation_id, lost.person_id, lost.cause),
        )
        for organisation_id in lost.organisations
    ]


REACTIONS = (
    Reaction(
        "membership.organisation.when_representations_lost_record_gone",
        RepresentationsLost,
        when_representations_lost_record_gone,
    ),
)
