"""What the others hear of polls: that they were opened and counted; of a ballot they hear nothing."""

from services.membership.poll import events
from shared.contracts import membership_poll as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _opened(fact: Fact) -> contracts.PollOpened:
    opened: events.PollOpened = fact.body
    return contracts.PollOpened(
        community_id=fact.community_id,
        occurred_at=fact.at,
        poll_id=fact.stream_id,
        secrecy=opened.terms.secrecy,
        closes_at=opened.terms.closes_at,
    )


def _counted(fact: Fact) -> contracts.PollCounted:
    return contracts.PollCounted(
        community_id=fact.community_id,
        occurred_at=fact.at,
        poll_id=fact.stream_id,
        ballots=fact.body.ballots,
    )


PUBLICATIONS = (
    Publication(of=events.PollOpened, to=contracts.PollOpened, map=_opened),
    Publication(of=events.PollCounted, to=contracts.PollCounted, map=_counted),
)
