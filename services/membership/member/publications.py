"""What the others hear of members: ids, never a name or an address."""

from services.membership.member import events
from shared.contracts import membership_member as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _joined(fact: Fact) -> contracts.MemberJoined:
    event: events.MemberJoined = fact.body
    return contracts.MemberJoined(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=fact.stream_id,
        account_id=event.account_id,
    )


def _left(fact: Fact) -> contracts.MemberLeft:
    return contracts.MemberLeft(
        community_id=fact.community_id, occurred_at=fact.at, person_id=fact.stream_id
    )


def _banned(fact: Fact) -> contracts.MemberBanned:
    return contracts.MemberBanned(
        community_id=fact.community_id, occurred_at=fact.at, person_id=fact.stream_id
    )


def _lifted(fact: Fact) -> contracts.BanLifted:
    return contracts.BanLifted(
        community_id=fact.community_id, occurred_at=fact.at, person_id=fact.stream_id
    )


def _erased(fact: Fact) -> contracts.PersonErased:
    return contracts.PersonErased(
        community_id=fact.community_id, occurred_at=fact.at, person_id=fact.stream_id
    )


def _completed(fact: Fact) -> contracts.PersonErasureCompleted:
    return contracts.PersonErasureCompleted(
        community_id=fact.community_id, occurred_at=fact.at, person_id=fact.stream_id
    )


PUBLICATIONS = (
    Publication(of=events.MemberJoined, to=contracts.MemberJoined, map=_joined),
    Publication(of=events.MemberLeft, to=contracts.MemberLeft, map=_left),
    Publication(of=events.MemberBanned, to=contracts.MemberBanned, map=_banned),
    Publication(of=events.BanLifted, to=contracts.BanLifted, map=_lifted),
    Publication(of=events.PersonErased, to=contracts.PersonErased, map=_erased),
    Publication(
        of=events.PersonErasureCompleted, to=contracts.PersonErasureCompleted, map=_completed
    ),
)
