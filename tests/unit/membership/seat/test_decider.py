from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.membership.seat.commands import (
    AddressLoss,
    AssignSeat,
    ClaimSeat,
    EndSeats,
    ExpireSeat,
    FreeSeat,
    ProvideSeats,
    RecordLossTold,
    RecordPayerTold,
    RecordSeatNotPosted,
    RecordSeatPosted,
    ResendSeat,
    RestoreSeats,
    TakeSeatBack,
    WithholdSeats,
)
from services.membership.seat.decider import MOST_LETTERS, SEAT
from services.membership.seat.events import (
    Claimant,
    LossAddressed,
    LossTold,
    PayerTold,
    RevokedFor,
    SeatAssigned,
    SeatClaimed,
    SeatNotPosted,
    SeatPosted,
    SeatResent,
    SeatRevoked,
    SeatsEnded,
    SeatsLost,
    SeatsMoved,
    SeatsProvided,
    SeatsRestored,
    SeatsWithheld,
    Sitting,
)
from services.membership.tier.events import TierId
from shared.ids import AccountId, Code, PersonId
from shared.personal_value import Sealed
from shared.testing import given
from tests.unit.membership.documents import agreed, silent

noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
later = noon + timedelta(days=30)
much_later = noon + timedelta(days=60)
petra, ada, bob, eve = (PersonId(UUID(int=number)) for number in range(1, 5))
by = AccountId(UUID(int=9))
gold, silver = TierId(UUID(int=10)), TierId(UUID(int=11))
one, two, three = (UUID(int=number) for number in range(21, 24))


def sealed(whose: PersonId) -> Sealed:
    return Sealed(whose, "profile", Code("sealed"))


def account(person: PersonId) -> AccountId:
    return AccountId(UUID(int=person.int + 100))


def assign(seat: UUID, **more: object) -> AssignSeat:
    usual = AssignSeat(petra, seat, sealed(ada), "fr", by, later, known=None, is_banned=False)
    return replace(usual, **more)  # type: ignore[arg-type]


def assigned(seat: UUID) -> SeatAssigned:
    return SeatAssigned(seat, sealed(ada), "fr", by, later)


def claimant(person: PersonId) -> Claimant:
    return Claimant(person, sealed(person), sealed(person), "fr", (silver,))


def claim(seat: UUID, person: PersonId, **more: object) -> ClaimSeat:
    usual = ClaimSeat(seat, account(person), claimant(person), is_banned=False, at=noon)
    return replace(usual, **more)  # type: ignore[arg-type]


def claimed(seat: UUID, person: PersonId, tier: TierId | None = gold) -> SeatClaimed:
    return SeatClaimed(seat, account(person), tier, claimant(person))


two_seats = SeatsProvided(petra, 2, gold)
provide = ProvideSeats(petra, 2, gold)
ada_sits = (two_seats, assigned(one), claimed(one, ada))


def test_who_is_no_member_yet_agrees_to_what_is_asked_by_sitting_down() -> None:
    waiting = given(SEAT, two_seats, assigned(one))
    waiting.when(claim(one, ada, agreement=silent)).then_rejected("documents_not_accepted")
    waiting.when(claim(one, ada, agreement=agreed)).then(claimed(one, ada))
    member = claim(one, ada, is_member=True, agreement=silent)
    given(SEAT, two_seats, assigned(one)).when(member).then(claimed(one, ada))
    given(SEAT, *ada_sits).when(claim(one, ada, agreement=silent)).then_nothing()


def test_who_pays_for_seats_has_them_to_give() -> None:
    given(SEAT).when(provide).then(two_seats)
    given(SEAT, two_seats).when(provide).then_nothing()
    given(SEAT).when(ProvideSeats(petra, 0, gold)).then_nothing()


def test_the_payer_gives_a_seat_to_an_address() -> None:
    given(SEAT, two_seats).when(assign(one)).then(assigned(one))
    given(SEAT, two_seats, assigned(one)).when(assign(one)).then_nothing()


def test_no_more_are_given_than_are_paid_for() -> None:
    full = given(SEAT, two_seats, assigned(one), assigned(two))
    full.when(assign(three)).then_rejected("no_seat_left")
    given(SEAT, *ada_sits, assigned(two)).when(assign(three)).then_rejected("no_seat_left")
    given(SEAT, *ada_sits, SeatRevoked(one, "taken_back", ada), assigned(two)).when(
        assign(three)
    ).then(assigned(three))


def test_who_sits_is_given_no_second_seat() -> None:
    given(SEAT, *ada_sits).when(assign(two, known=ada)).then_rejected("already_seated")
    given(SEAT, *ada_sits).when(assign(two, known=bob)).then(assigned(two))


def test_who_was_shut_out_is_given_none() -> None:
    given(SEAT, two_seats).when(assign(one, is_banned=True)).then_rejected("banned")


def test_nobody_else_gives_or_takes_back() -> None:
    for_eve = given(SEAT, two_seats, assigned(one))
    for_eve.when(assign(two, payer_id=eve)).then_rejected("seats_not_found")
    for_eve.when(ResendSeat(eve, one, later)).then_rejected("seats_not_found")
    for_eve.when(TakeSeatBack(eve, one)).then_rejected("seats_not_found")
    given(SEAT).when(assign(one)).then_rejected("seats_not_found")


def test_who_has_the_address_sits() -> None:
    given(SEAT, two_seats, assigned(one)).when(claim(one, ada)).then(claimed(one, ada))


def test_sitting_down_twice_is_once() -> None:
    given(SEAT, *ada_sits).when(claim(one, ada)).then_nothing()
    given(SEAT, *ada_sits).when(claim(one, ada, at=much_later)).then_nothing()


def test_a_letter_is_good_for_one() -> None:
    given(SEAT, *ada_sits).when(claim(one, bob)).then_rejected("seat_claimed")


def test_whoever_has_the_link_but_not_the_address_stands() -> None:
    waiting = given(SEAT, two_seats, assigned(one))
    waiting.when(claim(one, eve, claimant=None)).then_rejected("not_your_email")


def test_who_was_shut_out_stands() -> None:
    waiting = given(SEAT, two_seats, assigned(one))
    waiting.when(claim(one, ada, is_banned=True)).then_rejected("banned")


def test_nobody_sits_on_two_seats() -> None:
    given(SEAT, *ada_sits, assigned(two)).when(claim(two, ada)).then_rejected("already_seated")


@pytest.mark.parametrize("reason", ["taken_back", "expired", "ended"])
def test_nobody_sits_on_what_was_taken_back(reason: RevokedFor) -> None:
    gone = given(SEAT, two_seats, assigned(one), SeatRevoked(one, reason, None))
    gone.when(claim(one, ada)).then_rejected("seat_revoked")
    gone.when(ResendSeat(petra, one, later)).then_rejected("seat_revoked")
    gone.when(TakeSeatBack(petra, one)).then_nothing()


def test_who_sat_does_not_sit_down_again_by_the_same_letter() -> None:
    gone = given(SEAT, *ada_sits, SeatRevoked(one, "taken_back", ada))
    gone.when(claim(one, ada)).then_rejected("seat_revoked")


def test_the_payer_takes_a_seat_back() -> None:
    given(SEAT, two_seats, assigned(one)).when(TakeSeatBack(petra, one)).then(
        SeatRevoked(one, "taken_back", None)
    )
    given(SEAT, *ada_sits).when(TakeSeatBack(petra, one)).then(SeatRevoked(one, "taken_back", ada))


def test_a_seat_that_nobody_takes_is_free_again_in_time() -> None:
    waiting = given(SEAT, two_seats, assigned(one))
    waiting.when(claim(one, ada, at=later)).then_rejected("seat_expired")
    waiting.when(ExpireSeat(one, later)).then(SeatRevoked(one, "expired", None))
    given(SEAT, *ada_sits).when(ExpireSeat(one, later)).then_nothing()
    given(SEAT, two_seats, assigned(one), SeatRevoked(one, "expired", None)).when(
        ExpireSeat(one, later)
    ).then_nothing()


def test_what_was_sent_again_has_time_again() -> None:
    resent = SeatResent(one, 2, much_later)
    given(SEAT, two_seats, assigned(one)).when(ResendSeat(petra, one, much_later)).then(resent)
    again = given(SEAT, two_seats, assigned(one), resent)
    again.when(ExpireSeat(one, later)).then_nothing()
    again.when(claim(one, ada, at=later)).then(claimed(one, ada))
    again.when(ExpireSeat(one, much_later)).then(SeatRevoked(one, "expired", None))
    given(SEAT, *ada_sits).when(ResendSeat(petra, one, later)).then_rejected("seat_claimed")


def test_nobody_gets_letters_without_end() -> None:
    resent = [SeatResent(one, letter, later) for letter in range(2, MOST_LETTERS + 1)]
    given(SEAT, two_seats, assigned(one), *resent).when(
        ResendSeat(petra, one, later)
    ).then_rejected("sent_often_enough")


def test_each_letter_has_one_outcome() -> None:
    posted, lost = SeatPosted(one, 1), SeatNotPosted(one, 1, "address_refused")
    waiting = given(SEAT, two_seats, assigned(one))
    waiting.when(RecordSeatPosted(one, 1)).then(posted)
    waiting.when(RecordSeatNotPosted(one, 1, "address_refused")).then(lost)
    given(SEAT, two_seats, assigned(one), posted).when(
        RecordSeatNotPosted(one, 1, "address_refused")
    ).then_nothing()
    given(SEAT, two_seats, assigned(one), lost).when(RecordSeatPosted(one, 1)).then_nothing()


def test_what_was_never_given_is_not_there() -> None:
    for command in (claim(one, ada), TakeSeatBack(petra, one), ResendSeat(petra, one, later)):
        given(SEAT, two_seats).when(command).then_rejected("seat_not_found")


def test_those_who_sit_have_nothing_while_it_is_withheld() -> None:
    nothing = SeatsMoved(None, "suspended", (Sitting(one, ada),))
    given(SEAT, *ada_sits, assigned(two)).when(WithholdSeats("suspended")).then(
        SeatsWithheld("suspended"), nothing
    )
    withheld = given(SEAT, *ada_sits, SeatsWithheld("suspended"), nothing)
    withheld.when(WithholdSeats("suspended")).then_nothing()
    withheld.when(RestoreSeats("suspended")).then(
        SeatsRestored("suspended"), SeatsMoved(gold, "suspended", (Sitting(one, ada),))
    )
    given(SEAT, *ada_sits).when(RestoreSeats("suspended")).then_nothing()


def test_while_there_is_another_cause_it_stays_withheld() -> None:
    both = given(SEAT, *ada_sits, SeatsWithheld("suspended"), SeatsWithheld("paused"))
    both.when(RestoreSeats("paused")).then(SeatsRestored("paused"))
    given(SEAT, *ada_sits, SeatsWithheld("suspended")).when(WithholdSeats("paused")).then(
        SeatsWithheld("paused")
    )


def test_who_sits_down_while_it_is_withheld_has_it_afterwards() -> None:
    withheld = (two_seats, assigned(one), SeatsWithheld("paused"))
    given(SEAT, *withheld).when(claim(one, ada)).then(claimed(one, ada, None))
    given(SEAT, *withheld, claimed(one, ada, None)).when(RestoreSeats("paused")).then(
        SeatsRestored("paused"), SeatsMoved(gold, "paused", (Sitting(one, ada),))
    )


def test_another_tier_is_had_by_all_who_sit() -> None:
    given(SEAT, *ada_sits).when(ProvideSeats(petra, 2, silver)).then(
        SeatsProvided(petra, 2, silver), SeatsMoved(silver, "changed", (Sitting(one, ada),))
    )
    given(SEAT, *ada_sits, SeatsWithheld("paused")).when(ProvideSeats(petra, 2, silver)).then(
        SeatsProvided(petra, 2, silver)
    )


def test_more_seats_are_more_to_give() -> None:
    three_seats = SeatsProvided(petra, 3, gold)
    full = (*ada_sits, assigned(two))
    given(SEAT, *full).when(ProvideSeats(petra, 3, gold)).then(three_seats)
    given(SEAT, *full, three_seats).when(assign(three)).then(assigned(three))


def test_of_fewer_seats_those_that_wait_go_before_those_last_given() -> None:
    all_three = (
        SeatsProvided(petra, 3, gold),
        assigned(one),
        assigned(two),
        assigned(three),
        claimed(three, bob),
        claimed(one, ada),
    )
    one_left, none = SeatsProvided(petra, 1, gold), SeatsProvided(petra, 0, gold)
    given(SEAT, *all_three).when(ProvideSeats(petra, 2, gold)).then(
        two_seats, SeatRevoked(two, "fewer_seats", None), SeatsLost((two,))
    )
    given(SEAT, *all_three).when(ProvideSeats(petra, 1, gold)).then(
        one_left,
        SeatRevoked(two, "fewer_seats", None),
        SeatRevoked(three, "fewer_seats", bob),
        SeatsLost((two, three)),
    )
    given(SEAT, *all_three).when(ProvideSeats(petra, 0, gold)).then(
        none,
        SeatRevoked(two, "fewer_seats", None),
        SeatRevoked(three, "fewer_seats", bob),
        SeatRevoked(one, "fewer_seats", ada),
        SeatsLost((two, three, one)),
    )


def test_fewer_seats_take_nothing_where_enough_are_free() -> None:
    given(SEAT, *ada_sits).when(ProvideSeats(petra, 1, gold)).then(SeatsProvided(petra, 1, gold))


def test_fewer_seats_of_another_tier_move_those_who_still_sit() -> None:
    both_sit = (*ada_sits, assigned(two), claimed(two, bob))
    given(SEAT, *both_sit).when(ProvideSeats(petra, 1, silver)).then(
        SeatsProvided(petra, 1, silver),
        SeatRevoked(two, "fewer_seats", bob),
        SeatsLost((two,)),
        SeatsMoved(silver, "changed", (Sitting(one, ada),)),
    )


def test_the_payer_is_told_once() -> None:
    fewer = (two_seats, assigned(one), SeatRevoked(one, "fewer_seats", None), SeatsLost((one,)))
    given(SEAT, *fewer).when(RecordPayerTold((one,))).then(PayerTold((one,)))
    given(SEAT, *fewer, PayerTold((one,))).when(RecordPayerTold((one,))).then_nothing()


def test_each_who_is_to_know_it_is_told_once_and_the_payer_is_when_all_are() -> None:
    fewer = (two_seats, assigned(one), SeatRevoked(one, "fewer_seats", None), SeatsLost((one,)))
    address, addressed = AddressLoss((one,), (ada, bob)), LossAddressed((one,), (ada, bob))
    given(SEAT, *fewer).when(address).then(addressed)
    given(SEAT, *fewer, addressed).when(address).then_nothing()
    to_ada, to_bob = RecordLossTold((one,), ada), RecordLossTold((one,), bob)
    first = LossTold((one,), ada)
    given(SEAT, *fewer, addressed).when(to_ada).then(first)
    given(SEAT, *fewer, addressed, first).when(to_ada).then_nothing()
    given(SEAT, *fewer, addressed, first).when(to_bob).then(
        LossTold((one,), bob), PayerTold((one,))
    )
    given(SEAT, *fewer).when(to_ada).then_nothing()
    given(SEAT, *fewer, PayerTold((one,))).when(address).then_nothing()


def test_the_end_takes_all_seats() -> None:
    given(SEAT, *ada_sits, assigned(two)).when(EndSeats("refunded", "disputed")).then(
        SeatRevoked(two, "refunded", None, "disputed"),
        SeatRevoked(one, "refunded", ada, "disputed"),
        SeatsEnded("refunded", "disputed"),
    )


def test_after_the_end_there_is_nothing_to_give_to_withhold_or_to_end() -> None:
    over = given(SEAT, two_seats, SeatsEnded("ended"))
    over.when(assign(one)).then_rejected("seats_ended")
    over.when(EndSeats("ended")).then_nothing()
    over.when(ProvideSeats(petra, 5, gold)).then_nothing()
    over.when(WithholdSeats("paused")).then_nothing()
    over.when(RestoreSeats("paused")).then_nothing()


def test_an_end_or_a_suspension_that_comes_first_is_remembered() -> None:
    given(SEAT).when(EndSeats("ended")).then(SeatsEnded("ended"))
    given(SEAT, SeatsEnded("ended")).when(provide).then_nothing()
    given(SEAT, SeatsWithheld("suspended"), two_seats, assigned(one)).when(claim(one, ada)).then(
        claimed(one, ada, None)
    )


def test_the_seat_of_who_is_nobody_any_more_is_free() -> None:
    given(SEAT, *ada_sits).when(FreeSeat(one, "erased")).then(SeatRevoked(one, "erased", ada))
    given(SEAT, *ada_sits, SeatRevoked(one, "taken_back", ada)).when(
        FreeSeat(one, "erased")
    ).then_nothing()
