"""An organisation is registered once; the last who acts for it goes only by their own word, or by being gone."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from services.membership.organisation import commands, events
from services.membership.organisation.events import Papers
from shared.decider import Decider, NotFound, Rejected
from shared.ids import PersonId, derive

MOST_REPRESENTATIVES = 50

Events = list[events.OrganisationEvent]


@dataclass(frozen=True, slots=True)
class Organisation:
    papers: Papers | None = None
    representatives: tuple[PersonId, ...] = ()

    def is_represented_by(self, people: Collection[UUID]) -> bool:
        """Whether one of them, who are all one human being, acts for it."""
        return any(one in people for one in self.representatives)


def organisation_stream(organisation_id: UUID) -> UUID:
    """Of any id: an organisation's stands where else a person's does."""
    return derive(organisation_id, "organisation")


def decide(command: commands.OrganisationCommand, organisation: Organisation) -> Events:
    match command:
        case commands.RegisterOrganisation() if organisation.papers:
            return []
        case commands.RegisterOrganisation(organisation_id, papers, person_id):
            return [
                events.OrganisationRegistered(organisation_id, papers),
                events.RepresentativeNamed(organisation_id, person_id),
            ]
        case commands.RecordGone():
            return _gone(command, organisation)
        case _ if organisation.papers is None:
            raise NotFound("organisation_not_found", "There is no such organisation.")
        case commands.CorrectOrganisation(organisation_id, papers):
            is_news = papers != organisation.papers
            return [events.OrganisationCorrected(organisation_id, papers)] if is_news else []
        case commands.NameRepresentative():
            return _name(command, organisation)
        case commands.DismissRepresentative():
            return _dismiss(command, organisation)
        case _:
            assert_never(command)


def _name(name: commands.NameRepresentative, organisation: Organisation) -> Events:
    if name.person_id in organisation.representatives:
        return []
    if organisation.representatives and not organisation.is_represented_by(name.by):
        detail = "Staff name somebody only where nobody represents it."
        raise Rejected("has_representatives", detail)
    if len(organisation.representatives) >= MOST_REPRESENTATIVES:
        detail = f"An organisation has at most {MOST_REPRESENTATIVES} who represent it."
        raise Rejected("too_many_representatives", detail, most=MOST_REPRESENTATIVES)
    return [events.RepresentativeNamed(name.organisation_id, name.person_id)]


def _dismiss(dismiss: commands.DismissRepresentative, organisation: Organisation) -> Events:
    if dismiss.person_id not in organisation.representatives:
        raise NotFound("representative_not_found", "They do not represent it.")
    steps_down = dismiss.person_id in dismiss.by
    if len(organisation.representatives) == 1 and not steps_down:
        detail = "Somebody has to represent it: name another first."
        raise Rejected("last_representative", detail)
    return _without(dismiss, "dismissed", organisation)


def _gone(gone: commands.RecordGone, organisation: Organisation) -> Events:
    is_news = gone.person_id in organisation.representatives
    return _without(gone, gone.cause, organisation) if is_news else []


def _without(
    asked: commands.DismissRepresentative | commands.RecordGone,
    cause: events.Cause,
    organisation: Organisation,
) -> Events:
    organisation_id = asked.organisation_id
    went = events.RepresentativeDismissed(organisation_id, asked.person_id, cause)
    if len(organisation.representatives) > 1 or organisation.papers is None:
        return [went]
    return [went, events.OrganisationLeftAlone(organisation_id, organisation.papers.name)]


def evolve(organisation: Organisation, event: events.OrganisationEvent) -> Organisation:
    represented_by = organisation.representatives
    match event:
        case events.OrganisationRegistered(_, papers) | events.OrganisationCorrected(_, papers):
            return replace(organisation, papers=papers)
        case events.RepresentativeNamed(_, person_id):
            return replace(organisation, representatives=(*represented_by, person_id))
        case events.RepresentativeDismissed(_, person_id):
            left = tuple(one for one in represented_by if one != person_id)
            return replace(organisation, representatives=left)
        case events.OrganisationLeftAlone():
            return organisation
        case _:
            assert_never(event)


ORGANISATION: Decider[commands.OrganisationCommand, Organisation, events.OrganisationEvent] = (
    Decider(
        "organisation",
        initial=Organisation(),
        decide=decide,
        evolve=evolve,
        commands=commands.OrganisationCommand,
        events=events.OrganisationEvent,
    )
)
