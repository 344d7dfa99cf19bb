from uuid import UUID

from services.membership.advice import warnings_on
from services.membership.tier.events import TierId
from services.membership.tier.projections import Tier


def tier(number: int, *, paid: bool = True, retired: bool = False) -> Tier:
    return Tier(TierId(UUID(int=number)), "Gold", paid, retired)


def warned(*tiers: Tier) -> list[str]:
    return [advice.code for advice in warnings_on(tiers)]


def test_two_paid_choices_are_enough() -> None:
    assert warned() == []
    assert warned(tier(1), tier(2)) == []
    assert warned(tier(1), tier(2), tier(3)) == ["more_than_two_paid"]


def test_neither_free_tiers_nor_retired_ones_are_paid_choices() -> None:
    assert warned(tier(1), tier(2), tier(3, paid=False), tier(4, paid=False)) == []
    assert warned(tier(1), tier(2), tier(3, retired=True)) == []
