"""Who is no member any more acts for no organisation; who does not answer in time is asked no longer."""

from services.membership.organisation import commands
from services.membership.organisation.decider import ORGANISATION, organisation_stream
from services.membership.organisation.events import RepresentativeInvited
from services.membership.representative.events import RepresentationsLost
from shared.event_store import Fact
from shared.reaction import Ask, At, Reaction


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


def when_representative_invited_expire(fact: Fact) -> list[At]:
    asked: RepresentativeInvited = fact.body
    expire = commands.ExpireNaming(asked.organisation_id, asked.person_id, asked.expires_at)
    return [At(asked.expires_at, Ask(ORGANISATION, fact.stream_id, expire))]


REACTIONS = (
    Reaction(
        "membership.organisation.when_representative_invited_expire",
        RepresentativeInvited,
        when_representative_invited_expire,
    ),
    Reaction(
        "membership.organisation.when_representations_lost_record_gone",
        RepresentationsLost,
        when_representations_lost_record_gone,
    ),
)
