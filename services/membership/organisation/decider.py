"""Who acts for an organisation has agreed to; the last of them goes only by their own word, or by being gone."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar, assert_never
from uuid import UUID

from services.membership.organisation import commands, events
from services.membership.organisation.rules import naming
from services.membership.organisation.rules.state import Events, Organisation
from shared.decider import Decider, NotFound, Rejected
from shared.ids import PersonId, derive

T = TypeVar("T")


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
            return naming.ask(command, organisation, organisation.papers)
        case commands.AcceptNaming():
            return naming.accept(command, organisation)
        case commands.DeclineNaming() | commands.WithdrawNaming():
            return naming.call_off(command, organisation)
        case commands.ExpireNaming():
            return naming.expire(command, organisation)
        case commands.DismissRepresentative():
            return _dismiss(command, organisation)
        case _:
            assert_never(command)


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
        case events.RepresentativeInvited(_, person_id):
            times = {**organisation.times, person_id: organisation.times.get(person_id, 0) + 1}
            invited = {**organisation.invited, person_id: event}
            return replace(organisation, invited=invited, times=times)
        case events.RepresentativeNotNamed(_, person_id):
            return replace(organisation, invited=_less(organisation.invited, person_id))
        case events.RepresentativeNamed(_, person_id):
            return replace(
                organisation,
                representatives=(*represented_by, person_id),
                invited=_less(organisation.invited, person_id),
                times=_less(organisation.times, person_id),
            )
        case events.RepresentativeDismissed(_, person_id):
            left = tuple(one for one in represented_by if one != person_id)
            return replace(organisation, representatives=left)
        case events.OrganisationLeftAlone() | events.RepresentativeAnswered():
            return organisation
        case _:
            assert_never(event)


def _less(known: Mapping[PersonId, T], person_id: PersonId) -> Mapping[PersonId, T]:
    return {one: value for one, value in known.items() if one != person_id}


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
