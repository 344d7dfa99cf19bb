from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.events.gathering.decider import GATHERING
from services.events.gathering.events import MemberPrice, MemberTerms, Presale, TierId
from shared.money import Money
from shared.testing import given
from tests.unit.events.gathering.test_decider import doors_close, publish, published, today

gold, silver = TierId(UUID(int=21)), TierId(UUID(int=22))
tomorrow, the_day_after = today + timedelta(days=1), today + timedelta(days=2)
presale = Presale((gold, silver), tomorrow, the_day_after)
cheaper = MemberPrice((gold,), Money(800, "EUR"))


def rejected(terms: MemberTerms, code: str) -> None:
    asked = replace(publish(), member_terms=terms, tiers=(gold, silver))
    given(GATHERING).when(asked).then_rejected(code)


@pytest.mark.parametrize(
    "terms",
    [
        MemberTerms(presale),
        MemberTerms(member_price=cheaper),
        MemberTerms(member_price=MemberPrice((gold,), Money(0, "EUR"))),
        MemberTerms(only_for=(gold,)),
        MemberTerms(presale, cheaper, (gold, silver)),
    ],
)
def test_something_is_kept_for_members(terms: MemberTerms) -> None:
    asked = replace(publish(), member_terms=terms, tiers=(gold, silver))
    given(GATHERING).when(asked).then(replace(published, member_terms=terms))


@pytest.mark.parametrize(
    "terms",
    [
        MemberTerms(replace(presale, tiers=())),
        MemberTerms(member_price=replace(cheaper, tiers=())),
    ],
)
def test_what_is_kept_is_kept_for_some_tier(terms: MemberTerms) -> None:
    rejected(terms, "no_tier_named")


@pytest.mark.parametrize(
    "terms", [MemberTerms(presale), MemberTerms(None, cheaper), MemberTerms(only_for=(gold,))]
)
def test_tiers_are_those_of_the_community(terms: MemberTerms) -> None:
    asked = replace(publish(), member_terms=terms, tiers=(silver,))
    given(GATHERING).when(asked).then_rejected("tier_not_found")


def test_a_presale_is_earlier() -> None:
    rejected(MemberTerms(replace(presale, everybody_at=tomorrow)), "presale_not_earlier")


def test_everybody_may_buy_before_it_is_over() -> None:
    rejected(MemberTerms(replace(presale, everybody_at=doors_close)), "presale_too_long")


@pytest.mark.parametrize("minor", [-1, 1200, 1201])
def test_members_pay_less(minor: int) -> None:
    price = Money(minor, "EUR")
    rejected(MemberTerms(member_price=MemberPrice((gold,), price)), "member_price_not_lower")


def test_members_pay_in_the_same_currency() -> None:
    price = Money(800, "GBP")
    rejected(MemberTerms(member_price=MemberPrice((gold,), price)), "currency_differs")
