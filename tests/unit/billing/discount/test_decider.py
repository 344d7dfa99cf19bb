from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.billing.codes import MOST_NAMED, MOST_PERIODS
from services.billing.discount import commands, events
from services.billing.discount.decider import DISCOUNT, Campaign, is_good_for
from services.billing.discount.events import Deal, as_typed, discount_of
from services.billing.payment.events import DEAREST
from shared.ids import Code, PersonId
from shared.money import Money
from shared.testing import given
from tests.unit.billing.cast import ada, bob, community_id, euros, noon

half = Deal(percent=50)
first, second, third = UUID(int=50), UUID(int=51), UUID(int=52)
publish = commands.PublishDiscount(Code("SPRING"), half)
withdrawn = events.DiscountWithdrawn()


def published(
    *,
    persons: tuple[PersonId, ...] = (),
    most: int | None = None,
    most_per_person: int | None = None,
    **when: object,
) -> events.DiscountPublished:
    plain = events.DiscountPublished(
        Code("SPRING"), half, persons, most, most_per_person, None, None
    )
    return replace(plain, **when)  # type: ignore[arg-type]  # its own times, by name


def held(checkout_id: UUID = first, by: PersonId = ada) -> events.DiscountHeld:
    return events.DiscountHeld(checkout_id, by)


def hold(checkout_id: UUID = first, by: PersonId = ada) -> commands.HoldDiscount:
    return commands.HoldDiscount(checkout_id, by, noon)


released = events.DiscountReleased(first, ada)
redeemed = events.DiscountRedeemed(first, ada)


@pytest.mark.parametrize("typed", ["spring", " SPRING ", "Spring\n", "sPRiNG"])
def test_a_code_is_the_same_however_it_is_typed(typed: str) -> None:
    assert as_typed(typed) == "SPRING"


def test_the_code_of_another_community_is_another() -> None:
    spring = Code("SPRING")
    assert discount_of(community_id, spring) != discount_of(UUID(int=999), spring)


def test_a_code_is_given_out() -> None:
    given(DISCOUNT).when(publish).then(published())


def test_a_code_means_one_thing_for_good() -> None:
    given(DISCOUNT, published()).when(publish).then_nothing()
    dearer = replace(publish, deal=Deal(percent=20))
    given(DISCOUNT, published()).when(dearer).then_rejected("code_taken")
    given(DISCOUNT, published(), withdrawn).when(dearer).then_rejected("code_taken")


@pytest.mark.parametrize(
    "code", ["", "AB", "A" * 41, "SPRING SALE", "spring", "FRÜHLING", "50%", "A\x00BC", "---"]
)
def test_a_code_can_be_read_out_on_the_telephone(code: str) -> None:
    given(DISCOUNT).when(replace(publish, code=Code(code))).then_rejected("code_malformed")


@pytest.mark.parametrize(
    ("deal", "code"),
    [
        (Deal(), "percent_or_amounts"),
        (Deal(percent=10, amounts=(euros(5),)), "percent_or_amounts"),
        (Deal(percent=101), "percent_out_of_range"),
        (Deal(percent=-1), "percent_out_of_range"),
        (Deal(amounts=(euros(0),)), "amount_out_of_range"),
        (Deal(amounts=(euros(-5),)), "amount_out_of_range"),
        (Deal(amounts=(Money(DEAREST + 1, "EUR"),)), "amount_out_of_range"),
        (Deal(amounts=(euros(5), euros(6))), "currency_twice"),
        (replace(half, periods=0), "periods_out_of_range"),
        (replace(half, months=0), "months_out_of_range"),
        (replace(half, months=MOST_PERIODS + 1), "months_out_of_range"),
        (replace(half, periods=MOST_PERIODS + 1), "periods_out_of_range"),
        (replace(half, offers=(UUID(int=1),) * (MOST_NAMED + 1)), "too_many"),
    ],
)
def test_a_deal_that_makes_no_sense_is_refused(deal: Deal, code: str) -> None:
    given(DISCOUNT).when(replace(publish, deal=deal)).then_rejected(code)


def test_somebody_can_use_it() -> None:
    for nobody in (replace(publish, most=0), replace(publish, most_per_person=0)):
        given(DISCOUNT).when(nobody).then_rejected("never_usable")
    never = replace(publish, starts_at=noon, ends_at=noon)
    given(DISCOUNT).when(never).then_rejected("ends_before_it_starts")
    crowd = replace(publish, persons=(ada,) * (MOST_NAMED + 1))
    given(DISCOUNT).when(crowd).then_rejected("too_many")


def test_an_open_checkout_holds_it() -> None:
    given(DISCOUNT, published()).when(hold()).then(held())
    given(DISCOUNT, published(), held()).when(hold()).then_nothing()


def test_a_code_nobody_gave_out_is_unknown() -> None:
    given(DISCOUNT).when(hold()).then_rejected("code_unknown")
    given(DISCOUNT).when(commands.RedeemDiscount(first)).then_nothing()
    given(DISCOUNT).when(commands.ReleaseDiscount(first)).then_nothing()


def test_the_last_one_is_held_once() -> None:
    only_one = published(most=1)
    given(DISCOUNT, only_one, held()).when(hold(second, bob)).then_rejected("code_used_up")
    given(DISCOUNT, only_one, held(), redeemed).when(hold(second)).then_rejected("code_used_up")


def test_what_is_given_back_can_be_used_by_somebody_else() -> None:
    given(DISCOUNT, published(most=1), held()).when(commands.ReleaseDiscount(first)).then(released)
    taken = given(DISCOUNT, published(most=1), held(), released).when(hold(second, bob))
    taken.then(held(second, bob))


def test_it_is_used_or_given_back_once() -> None:
    redeem, release = commands.RedeemDiscount(first), commands.ReleaseDiscount(first)
    given(DISCOUNT, published(), held()).when(redeem).then(redeemed)
    for settled in (redeemed, released):
        given(DISCOUNT, published(), held(), settled).when(redeem).then_nothing()
        given(DISCOUNT, published(), held(), settled).when(release).then_nothing()


def test_it_is_for_those_who_were_named() -> None:
    for_ada = published(persons=(ada,))
    given(DISCOUNT, for_ada).when(hold()).then(held())
    given(DISCOUNT, for_ada).when(hold(by=bob)).then_rejected("code_for_others")


def test_a_person_uses_it_as_often_as_one_may() -> None:
    once_each = published(most_per_person=1)
    again = given(DISCOUNT, once_each, held(), redeemed).when(hold(second))
    again.then_rejected("code_used_before")
    given(DISCOUNT, once_each, held()).when(hold(second)).then_rejected("code_used_before")
    given(DISCOUNT, once_each, held(), released).when(hold(second)).then(held(second))
    given(DISCOUNT, once_each, held()).when(hold(second, bob)).then(held(second, bob))


def test_it_is_good_from_its_first_moment_to_just_before_its_last() -> None:
    hour = timedelta(hours=1)
    given(DISCOUNT, published(starts_at=noon)).when(hold()).then(held())
    given(DISCOUNT, published(ends_at=noon + hour)).when(hold()).then(held())
    early = given(DISCOUNT, published(starts_at=noon + hour)).when(hold())
    early.then_rejected("code_not_yet_good")
    given(DISCOUNT, published(ends_at=noon)).when(hold()).then_rejected("code_expired")


def test_a_withdrawn_code_is_good_for_open_checkouts_alone() -> None:
    withdraw = commands.WithdrawDiscount()
    given(DISCOUNT, published()).when(withdraw).then(withdrawn)
    given(DISCOUNT, published(), withdrawn).when(withdraw).then_nothing()
    given(DISCOUNT, published(), withdrawn).when(hold()).then_rejected("code_withdrawn")
    redeem = commands.RedeemDiscount(first)
    given(DISCOUNT, published(), held(), withdrawn).when(redeem).then(redeemed)
    given(DISCOUNT).when(withdraw).then_rejected("discount_not_found")


def test_what_never_was_has_no_past() -> None:
    given(DISCOUNT, held(), redeemed).when(publish).then(published())


founders = replace(publish, deal=Deal(percent=40, periods=None, offers=(first,)), founders=True)


def test_a_rate_of_founders_is_held_by_founders_of_its_offer_alone() -> None:
    (told,) = DISCOUNT.decide(founders, None)
    assert isinstance(told, events.DiscountPublished)
    assert told.founders
    for offers, by in ((frozenset({first}), ada), (frozenset({first, second}), bob)):
        asked = replace(hold(by=by), founder_of=offers)
        given(DISCOUNT, told).when(asked).then(held(by=by))
        assert is_good_for(asked, Campaign(told))
    for others in (frozenset[UUID](), frozenset({second})):
        asked = replace(hold(), founder_of=others)
        given(DISCOUNT, told).when(asked).then_rejected("code_for_others")
        assert not is_good_for(asked, Campaign(told))
    asked = replace(hold(), founder_of=frozenset({first}))
    given(DISCOUNT, told, withdrawn).when(asked).then_rejected("code_withdrawn")
    assert not is_good_for(asked, None)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"deal": Deal(percent=40, periods=None)}, "one_offer_for_founders"),
        (
            {"deal": Deal(percent=40, periods=None, offers=(first, second))},
            "one_offer_for_founders",
        ),
        ({"deal": Deal(percent=40, periods=3, offers=(first,))}, "founders_for_ever"),
        ({"deal": Deal(percent=40, periods=None, offers=(first,), months=3)}, "founders_for_ever"),
        ({"persons": (ada,)}, "founders_are_known"),
        ({"most": 1}, "founders_are_known"),
        ({"most_per_person": 1}, "founders_are_known"),
    ],
)
def test_a_rate_of_founders_is_of_one_offer_for_ever(more: dict[str, Any], code: str) -> None:
    given(DISCOUNT).when(replace(founders, **more)).then_rejected(code)
