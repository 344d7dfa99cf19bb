"""What the others hear of imports: that one is done; the people in it are heard of one by one as members."""

from services.membership.member_import import events
from shared.contracts import membership_member_import as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _completed(fact: Fact) -> contracts.MemberImportCompleted:
    return contracts.MemberImportCompleted(
        community_id=fact.community_id, occurred_at=fact.at, import_id=fact.stream_id
    )


PUBLICATIONS = (
    Publication(of=events.ImportCompleted, to=contracts.MemberImportCompleted, map=_completed),
)
