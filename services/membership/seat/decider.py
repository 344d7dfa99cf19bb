"""A payer gives each of their seats to one person at a time, who has its tier while it is paid and theirs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from services.membership.access.events import Moved
from services.membership.agreed import insist_on_agreement
from services.membership.seat import commands, events
from services.membership.tier.events import TierId
from shared.decider import Decider, NotFound, Rejected
from shared.ids import AccountId, PersonId, derive

MOST_LETTERS = 5

Standing = Literal["pending", "claimed", "revoked"]
Events = list[events.SeatEvent]


@dataclass(frozen=True, slots=True)
class Seat:
    """`settled` is the number of the last letter of which we know what became of it."""

    assigned: events.SeatAssigned
    expires_at: datetime
    standing: Standing = "pending"
    letters: int = 1
    settled: int = 0
    account_id: AccountId | None = None
    person_id: PersonId | None = None
    told: bool = False

    @property
    def seat_id(self) -> UUID:
        return self.assigned.seat_id


@dataclass(frozen=True, slots=True)
class Plan:
    """All seats that were ever assigned, in that order; of which of them who has still to be told that they went."""

    payer_id: PersonId | None = None
    provided: int = 0
    tier_id: TierId | None = None
    withheld: frozenset[events.Withheld] = frozenset()
    ended: bool = False
    seats: Mapping[UUID, Seat] = field(default_factory=dict)
    to_tell: Mapping[tuple[UUID, ...], tuple[PersonId, ...]] = field(default_factory=dict)

    @property
    def opens(self) -> TierId | None:
        return None if self.withheld else self.tier_id

    def of(self, standing: Standing) -> list[Seat]:
        return [seat for seat in self.seats.values() if seat.standing == standing]

    @property
    def taken(self) -> list[Seat]:
        """Those who wait before those who sit, and the last assigned first."""
        return [*reversed(self.of("pending")), *reversed(self.of("claimed"))]

    def insist_on_payer(self, payer_id: PersonId) -> None:
        if self.payer_id != payer_id:
            raise NotFound("seats_not_found", "This person pays for no such seats.")

    def seats_person(self, person_id: PersonId | None) -> bool:
        return person_id is not None and any(
            seat.person_id == person_id for seat in self.of("claimed")
        )


def addressee_of(seat_id: UUID) -> PersonId:
    """Whose key seals the address of somebody who is nobody here yet; it goes with the seat."""
    return PersonId(derive(seat_id, "addressee"))


def decide(command: commands.SeatCommand, plan: Plan) -> Events:
    match command:
        case commands.ProvideSeats():
            return _provide(command, plan)
        case commands.WithholdSeats(cause) if plan.ended or cause in plan.withheld:
            return []
        case commands.WithholdSeats(cause):
            return _moving([events.SeatsWithheld(cause)], plan, cause)
        case commands.RestoreSeats(cause) if plan.ended or cause not in plan.withheld:
            return []
        case commands.RestoreSeats(cause):
            return _moving([events.SeatsRestored(cause)], plan, cause)
        case commands.EndSeats() if plan.ended:
            return []
        case commands.EndSeats(cause, over):
            revoked = [replace(_revoked(seat, cause), over=over) for seat in plan.taken]
            return [*revoked, events.SeatsEnded(cause, over)]
        case commands.AssignSeat():
            return _assign(command, plan)
        case commands.AddressLoss(seats, people):
            is_known = seats in plan.to_tell or not _untold(seats, plan)
            return [] if is_known else [events.LossAddressed(seats, people)]
        case commands.RecordLossTold(seats, person_id):
            return _told_of_loss(seats, person_id, plan)
        case commands.RecordPayerTold(seats):
            news = _untold(seats, plan)
            return [events.PayerTold(news)] if news else []
        case _ if command.seat_id not in plan.seats:
            raise NotFound("seat_not_found", "There is no such seat.")
        case _:
            return _of_seat(command, plan, plan.seats[command.seat_id])


def _untold(seats: tuple[UUID, ...], plan: Plan) -> tuple[UUID, ...]:
    return tuple(seat_id for seat_id in seats if not plan.seats[seat_id].told)


def _told_of_loss(seats: tuple[UUID, ...], person_id: PersonId, plan: Plan) -> Events:
    """The addresses in the letters are kept until the last one is written."""
    waiting = plan.to_tell.get(seats, ())
    if person_id not in waiting:
        return []
    told = events.LossTold(seats, person_id)
    return [told] if len(waiting) > 1 else [told, events.PayerTold(_untold(seats, plan))]


def _provide(asked: commands.ProvideSeats, plan: Plan) -> Events:
    """Nobody has to have heard of a plan without seats."""
    known = (plan.payer_id, plan.provided, plan.tier_id)
    asks = (asked.payer_id, asked.seats, asked.tier_id)
    if plan.ended or known == asks or not (plan.payer_id or asked.seats):
        return []
    too_many = plan.taken[: max(0, len(plan.taken) - asked.seats)]
    lost = tuple(seat.seat_id for seat in too_many)
    provided: Events = [
        events.SeatsProvided(*asks),
        *(_revoked(seat, "fewer_seats") for seat in too_many),
        *([events.SeatsLost(lost)] if lost else []),
    ]
    return _moving(provided, plan, "changed")


def _moving(decided: Events, plan: Plan, cause: Moved) -> Events:
    """Those who still sit have another tier now, if it is another."""
    after = SEAT.fold(decided, plan)
    sitting = tuple(
        events.Sitting(seat.seat_id, seat.person_id)
        for seat in after.of("claimed")
        if seat.person_id
    )
    if after.opens == plan.opens or not sitting:
        return decided
    return [*decided, events.SeatsMoved(after.opens, cause, sitting)]


def _revoked(seat: Seat, reason: events.RevokedFor) -> events.SeatRevoked:
    return events.SeatRevoked(seat.seat_id, reason, seat.person_id)


def _assign(assign: commands.AssignSeat, plan: Plan) -> Events:
    plan.insist_on_payer(assign.payer_id)
    if assign.seat_id in plan.seats:
        return []
    if plan.ended:
        raise Rejected("seats_ended", "These seats are no longer paid for.")
    if assign.is_banned:
        raise Rejected("banned", "This person may not join again.")
    if plan.seats_person(assign.known):
        raise already_seated()
    if len(plan.taken) >= plan.provided:
        detail = "Every seat is taken: take one back, or pay for more."
        raise Rejected("no_seat_left", detail, seats=plan.provided)
    return [
        events.SeatAssigned(
            assign.seat_id, assign.email, assign.language, assign.by, assign.expires_at
        )
    ]


def already_seated() -> Rejected:
    return Rejected("already_seated", "This person has one of these seats already.")


OfSeat = (
    commands.ResendSeat
    | commands.RecordSeatPosted
    | commands.RecordSeatNotPosted
    | commands.ClaimSeat
    | commands.TakeSeatBack
    | commands.FreeSeat
    | commands.ExpireSeat
)


def _of_seat(command: OfSeat, plan: Plan, seat: Seat) -> Events:
    match command:
        case commands.ClaimSeat():
            return _claim(command, plan, seat)
        case commands.ResendSeat(payer_id, seat_id, expires_at):
            plan.insist_on_payer(payer_id)
            _insist_on_pending(seat)
            if seat.letters >= MOST_LETTERS:
                raise Rejected("sent_often_enough", "This address has had enough of our letters.")
            return [events.SeatResent(seat_id, seat.letters + 1, expires_at)]
        case commands.RecordSeatPosted(seat_id, letter):
            return [events.SeatPosted(seat_id, letter)] if letter > seat.settled else []
        case commands.RecordSeatNotPosted(seat_id, letter, reason):
            lost = events.SeatNotPosted(seat_id, letter, reason)
            return [lost] if letter > seat.settled else []
        case commands.TakeSeatBack(payer_id):
            plan.insist_on_payer(payer_id)
            return [] if seat.standing == "revoked" else [_revoked(seat, "taken_back")]
        case commands.FreeSeat(_, cause):
            return [] if seat.standing == "revoked" else [_revoked(seat, cause)]
        case commands.ExpireSeat(_, expires_at):
            is_due = seat.standing == "pending" and seat.expires_at == expires_at
            return [_revoked(seat, "expired")] if is_due else []
        case _:
            assert_never(command)


def _claim(claim: commands.ClaimSeat, plan: Plan, seat: Seat) -> Events:
    if seat.standing == "claimed" and seat.account_id == claim.account_id:
        return []
    _insist_on_pending(seat)
    if seat.expires_at <= claim.at:
        raise Rejected("seat_expired", "This letter is too old; ask for another.")
    if claim.claimant is None:
        raise Rejected("not_your_email", "Sign in with the address that the seat is for.")
    if claim.is_banned:
        raise Rejected("banned", "This person may not join again.")
    if plan.seats_person(claim.claimant.person_id):
        raise already_seated()
    if not claim.is_member:
        insist_on_agreement(claim.agreement)
    return [events.SeatClaimed(claim.seat_id, claim.account_id, plan.opens, claim.claimant)]


def _insist_on_pending(seat: Seat) -> None:
    if seat.standing == "claimed":
        raise Rejected("seat_claimed", "Somebody sits there already.")
    if seat.standing == "revoked":
        raise Rejected("seat_revoked", "The seat is no longer given to you.")


def evolve(plan: Plan, event: events.SeatEvent) -> Plan:
    match event:
        case events.SeatsProvided(payer_id, seats, tier_id):
            return replace(plan, payer_id=payer_id, provided=seats, tier_id=tier_id)
        case events.SeatsWithheld(cause):
            return replace(plan, withheld=plan.withheld | {cause})
        case events.SeatsRestored(cause):
            return replace(plan, withheld=plan.withheld - {cause})
        case events.SeatsEnded():
            return replace(plan, ended=True)
        case events.SeatsMoved() | events.SeatsLost():
            return plan
        case events.LossAddressed(seats, people):
            return replace(plan, to_tell={**plan.to_tell, seats: people})
        case events.LossTold(seats, person_id):
            left = tuple(one for one in plan.to_tell[seats] if one != person_id)
            return replace(plan, to_tell={**plan.to_tell, seats: left})
        case events.PayerTold(seats):
            told = {seat_id: replace(plan.seats[seat_id], told=True) for seat_id in seats}
            return replace(plan, seats={**plan.seats, **told})
        case events.SeatAssigned(expires_at=expires_at):
            return _with(plan, Seat(event, expires_at))
        case _:
            return _with(plan, _evolve(plan.seats[event.seat_id], event))


def _with(plan: Plan, seat: Seat) -> Plan:
    return replace(plan, seats={**plan.seats, seat.seat_id: seat})


def _evolve(
    seat: Seat,
    event: events.SeatResent
    | events.SeatPosted
    | events.SeatNotPosted
    | events.SeatClaimed
    | events.SeatRevoked,
) -> Seat:
    match event:
        case events.SeatResent(_, letter, expires_at):
            return replace(seat, letters=letter, expires_at=expires_at)
        case events.SeatPosted(_, letter) | events.SeatNotPosted(_, letter):
            return replace(seat, settled=letter)
        case events.SeatClaimed(_, account_id, _, claimant):
            return replace(
                seat, standing="claimed", account_id=account_id, person_id=claimant.person_id
            )
        case events.SeatRevoked():
            return replace(seat, standing="revoked")
        case _:
            assert_never(event)


SEAT: Decider[commands.SeatCommand, Plan, events.SeatEvent] = Decider(
    "seat",
    initial=Plan(),
    decide=decide,
    evolve=evolve,
    commands=commands.SeatCommand,
    events=events.SeatEvent,
)
