"""What the others hear of imports: that one is done; the people in it are heard of one by one as members."""

from services.membership.member_import import events
from shared.contracts import membership_member_import as contracts
from shared.contracts.membership_origin import MembersBrought, Origin
from shared.contracts.membership_prepaid import MembersPrepaid, PaidUntil
from shared.event_store import Fact
from shared.feature import Publication


def _completed(fact: Fact) -> contracts.MemberImportCompleted:
    return contracts.MemberImportCompleted(
        community_id=fact.community_id, occurred_at=fact.at, import_id=fact.stream_id
    )


def _brought(fact: Fact) -> MembersBrought | None:
    rows: events.RowsTaken = fact.body
    origins = tuple(
        Origin(person_id=row.person_id, origin=row.origin) for row in rows.taken if row.origin
    )
    if not origins:
        return None
    return MembersBrought(
        community_id=fact.community_id,
        occurred_at=fact.at,
        import_id=fact.stream_id,
        origins=origins,
    )


def _prepaid(fact: Fact) -> MembersPrepaid:
    rows: events.PrepaidRowsTaken = fact.body
    return MembersPrepaid(
        community_id=fact.community_id,
        occurred_at=fact.at,
        import_id=fact.stream_id,
        offer_id=rows.offer_id,
        letter=rows.letter,
        people=tuple(PaidUntil(person_id=row.person_id, until=row.until) for row in rows.people),
    )


PUBLICATIONS = (
    Publication(of=events.RowsTaken, to=MembersBrought, map=_brought),
    Publication(of=events.PrepaidRowsTaken, to=MembersPrepaid, map=_prepaid),
    Publication(of=events.ImportCompleted, to=contracts.MemberImportCompleted, map=_completed),
)
