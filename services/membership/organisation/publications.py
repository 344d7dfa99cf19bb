"""What the others hear of organisations: which there are and who acts for them, by ids alone."""

from services.membership.organisation import events
from shared.contracts import membership_organisation as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _registered(fact: Fact) -> contracts.OrganisationRegistered:
    registered: events.OrganisationRegistered = fact.body
    return contracts.OrganisationRegistered(
        community_id=fact.community_id,
        occurred_at=fact.at,
        organisation_id=registered.organisation_id,
        country=registered.papers.country,
    )


def _named(fact: Fact) -> contracts.RepresentativeNamed:
    named: events.RepresentativeNamed = fact.body
    return contracts.RepresentativeNamed(
        community_id=fact.community_id,
        occurred_at=fact.at,
        organisation_id=named.organisation_id,
        person_id=named.person_id,
    )


def _dismissed(fact: Fact) -> contracts.RepresentativeDismissed:
    dismissed: events.RepresentativeDismissed = fact.body
    return contracts.RepresentativeDismissed(
        community_id=fact.community_id,
        occurred_at=fact.at,
        organisation_id=dismissed.organisation_id,
        person_id=dismissed.person_id,
        cause=dismissed.cause,
    )


PUBLICATIONS = (
    Publication(events.OrganisationRegistered, contracts.OrganisationRegistered, _registered),
    Publication(events.RepresentativeNamed, contracts.RepresentativeNamed, _named),
    Publication(events.RepresentativeDismissed, contracts.RepresentativeDismissed, _dismissed),
)
