"""What the others hear of sponsorships: by ids alone, so that each shows a contact their own figures."""

from services.membership.sponsorship import events
from shared.contracts import membership_sponsorship as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _given(fact: Fact) -> contracts.PlacementGiven:
    return contracts.PlacementGiven(
        community_id=fact.community_id,
        occurred_at=fact.at,
        sponsorship_id=fact.stream_id,
        link_id=fact.body.link_id,
    )


def _taken(fact: Fact) -> contracts.PlacementTaken:
    return contracts.PlacementTaken(
        community_id=fact.community_id,
        occurred_at=fact.at,
        sponsorship_id=fact.stream_id,
        link_id=fact.body.link_id,
    )


def _named(fact: Fact) -> contracts.ContactNamed:
    return contracts.ContactNamed(
        community_id=fact.community_id,
        occurred_at=fact.at,
        sponsorship_id=fact.stream_id,
        account_id=fact.body.account_id,
    )


def _dismissed(fact: Fact) -> contracts.ContactDismissed:
    return contracts.ContactDismissed(
        community_id=fact.community_id,
        occurred_at=fact.at,
        sponsorship_id=fact.stream_id,
        account_id=fact.body.account_id,
    )


PUBLICATIONS = (
    Publication(of=events.PlacementGiven, to=contracts.PlacementGiven, map=_given),
    Publication(of=events.PlacementTaken, to=contracts.PlacementTaken, map=_taken),
    Publication(of=events.ContactNamed, to=contracts.ContactNamed, map=_named),
    Publication(of=events.ContactDismissed, to=contracts.ContactDismissed, map=_dismissed),
)
