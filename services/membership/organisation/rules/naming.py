"""Whoever represents it asks others to, not for ever; they agree in time, and nobody acts for it who has not."""

from services.membership.organisation import commands, events
from services.membership.organisation.events import Papers
from services.membership.organisation.rules.state import Events, Organisation
from shared.decider import NotFound, Rejected
from shared.ids import PersonId

MOST_REPRESENTATIVES = 50
MOST_TIMES_ASKED = 5


def ask(name: commands.NameRepresentative, organisation: Organisation, papers: Papers) -> Events:
    person_id, asked = name.person_id, organisation.invited.get(name.person_id)
    if person_id in organisation.representatives:
        return []
    if organisation.representatives and not organisation.is_represented_by(name.by):
        detail = "Staff name somebody only where nobody represents it."
        raise Rejected("has_representatives", detail)
    is_asked = asked is not None and name.at < asked.expires_at and _holds(asked, organisation)
    if is_asked and person_id not in name.by:
        return []
    others = {*organisation.representatives, *organisation.invited} - {person_id}
    if len(others) >= MOST_REPRESENTATIVES:
        detail = f"An organisation has at most {MOST_REPRESENTATIVES} who represent it."
        raise Rejected("too_many_representatives", detail, most=MOST_REPRESENTATIVES)
    if person_id in name.by:
        return [events.RepresentativeNamed(name.organisation_id, person_id)]
    if organisation.times.get(person_id, 0) >= MOST_TIMES_ASKED:
        detail = "They have had enough of our letters."
        raise Rejected("asked_often_enough", detail, most=MOST_TIMES_ASKED)
    by = next((one for one in organisation.representatives if one in name.by), None)
    return [
        events.RepresentativeInvited(
            name.organisation_id, person_id, papers.name, by, name.expires_at
        )
    ]


def accept(agreed: commands.AcceptNaming, organisation: Organisation) -> Events:
    if agreed.person_id in organisation.representatives:
        return []
    asked = organisation.invited.get(agreed.person_id)
    if asked is None:
        _insist_on_asked(agreed.person_id, organisation)
        raise Rejected("invitation_over", "It was declined, withdrawn or has run out.")
    if asked.expires_at <= agreed.at:
        raise Rejected("invitation_expired", "The invitation has run out; ask for another.")
    if not _holds(asked, organisation):
        raise Rejected("invitation_void", "Whoever invited you may no longer do so.")
    named = events.RepresentativeNamed(agreed.organisation_id, agreed.person_id)
    return [named, _answered(asked, "agreed")]


def _answered(
    asked: events.RepresentativeInvited, answer: events.Answer
) -> events.RepresentativeAnswered:
    return events.RepresentativeAnswered(
        asked.organisation_id, asked.person_id, asked.name, asked.by, answer
    )


def _holds(asked: events.RepresentativeInvited, organisation: Organisation) -> bool:
    """Whoever asked still may; or nobody represents it, so that staff may as well."""
    represented_by = organisation.representatives
    return not represented_by or asked.by in represented_by


def call_off(
    asked: commands.DeclineNaming | commands.WithdrawNaming, organisation: Organisation
) -> Events:
    if asked.person_id in organisation.representatives:
        raise Rejected("invitation_accepted", "It has been accepted.")
    _insist_on_asked(asked.person_id, organisation)
    invited = organisation.invited.get(asked.person_id)
    if invited is None:
        return []
    about = asked.organisation_id, asked.person_id
    if isinstance(asked, commands.WithdrawNaming):
        return [events.RepresentativeNotNamed(*about, "withdrawn")]
    return [events.RepresentativeNotNamed(*about, "declined"), _answered(invited, "declined")]


def expire(over: commands.ExpireNaming, organisation: Organisation) -> Events:
    asked = organisation.invited.get(over.person_id)
    if asked is None or asked.expires_at != over.expires_at:
        return []
    gone = events.RepresentativeNotNamed(over.organisation_id, over.person_id, "expired")
    return [gone, _answered(asked, "expired")]


def _insist_on_asked(person_id: PersonId, organisation: Organisation) -> None:
    if person_id not in organisation.times:
        raise NotFound("invitation_not_found", "There is no such invitation.")
