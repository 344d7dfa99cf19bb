"""What the others hear of sponsorships: by ids alone, so that each shows a contact their own figures."""

from dataclasses import asdict
from functools import partial

from services.membership.sponsorship import events
from shared.contracts import membership_sponsorship as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _told(
    contract: type[contracts.SponsorshipContract], fact: Fact
) -> contracts.SponsorshipContract:
    """Each event names what each contract does."""
    return contract(
        community_id=fact.community_id,
        occurred_at=fact.at,
        sponsorship_id=fact.stream_id,
        **asdict(fact.body),
    )


PUBLICATIONS = tuple(
    Publication(of=of, to=to, map=partial(_told, to))
    for of, to in (
        (events.PlacementGiven, contracts.PlacementGiven),
        (events.PlacementTaken, contracts.PlacementTaken),
        (events.ContactNamed, contracts.ContactNamed),
        (events.ContactDismissed, contracts.ContactDismissed),
    )
)
