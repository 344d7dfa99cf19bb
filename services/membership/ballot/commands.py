"""What may be asked of a member's ballot."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.membership.member.events import StandingNow
from services.membership.poll.events import Answer, Terms
from services.membership.tier.events import TierId
from shared.ids import PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class Voter:
    """Who votes: what they are in the community, which tiers they may enter, and whether they are to come.

    They have a ticket to what the poll is about.
    """

    person_id: PersonId
    member: StandingNow
    tiers: tuple[TierId, ...]
    has_ticket: bool = False


@dataclass(frozen=True, slots=True)
class CastBallot:
    """`terms` are those of an open poll, else None; `sealed` are the same answers, for an anonymous one.

    `texts` is how many they give in their own words, which in a poll by name are the `words`.
    """

    poll_id: UUID
    terms: Terms | None
    voter: Voter
    answers: tuple[Answer, ...]
    sealed: Sealed | None
    at: datetime
    texts: int = 0
    words: Sealed | None = None


BallotCommand = CastBallot
