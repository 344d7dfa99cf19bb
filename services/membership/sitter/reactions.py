"""Whoever claims a seat sits there, until they are nobody here any more."""

from collections.abc import Callable

from services.membership.access.events import Barred
from services.membership.member.events import BanLifted, MemberBanned, PersonErased
from services.membership.merging.events import TakenInBarred, TakenInLifted
from services.membership.seat.events import SeatClaimed
from services.membership.sitter import commands
from services.membership.sitter.decider import SITTER, stream_of
from services.membership.sitter.events import Held
from shared.event_store import Fact
from shared.ids import PersonId
from shared.reaction import Ask, Reaction


def when_seat_claimed_take_seat(fact: Fact) -> list[Ask]:
    claimed: SeatClaimed = fact.body
    take = commands.TakeSeat(Held(fact.stream_id, claimed.seat_id))
    return [Ask(SITTER, stream_of(claimed.claimant.person_id), take)]


def _leave(cause: Barred) -> Callable[[Fact], list[Ask]]:
    leave = commands.LeaveSeats(cause)
    return lambda fact: [Ask(SITTER, stream_of(PersonId(fact.stream_id)), leave)]


def when_taken_in_barred_leave_seats(fact: Fact) -> list[Ask]:
    barred: TakenInBarred = fact.body
    leave = commands.LeaveSeats(barred.cause)
    return [Ask(SITTER, stream_of(one), leave) for one in barred.taken_in]


def when_ban_lifted_allow_sitting(fact: Fact) -> list[Ask]:
    return [Ask(SITTER, stream_of(PersonId(fact.stream_id)), commands.AllowSitting())]


def when_taken_in_lifted_allow_sitting(fact: Fact) -> list[Ask]:
    lifted: TakenInLifted = fact.body
    return [Ask(SITTER, stream_of(one), commands.AllowSitting()) for one in lifted.taken_in]


REACTIONS = (
    Reaction(
        name="membership.sitter.when_ban_lifted_allow_sitting",
        to=BanLifted,
        react=when_ban_lifted_allow_sitting,
    ),
    Reaction(
        name="membership.sitter.when_taken_in_lifted_allow_sitting",
        to=TakenInLifted,
        react=when_taken_in_lifted_allow_sitting,
    ),
    Reaction(
        name="membership.sitter.when_taken_in_barred_leave_seats",
        to=TakenInBarred,
        react=when_taken_in_barred_leave_seats,
    ),
    Reaction(
        name="membership.sitter.when_seat_claimed_take_seat",
        to=SeatClaimed,
        react=when_seat_claimed_take_seat,
    ),
    Reaction(
        name="membership.sitter.when_member_banned_leave_seats",
        to=MemberBanned,
        react=_leave("banned"),
    ),
    Reaction(
        name="membership.sitter.when_person_erased_leave_seats",
        to=PersonErased,
        react=_leave("erased"),
    ),
)
