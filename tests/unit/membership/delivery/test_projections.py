from services.membership.delivery.projections import FEED
from tools import house


def test_whatever_is_published_anywhere_can_be_told() -> None:
    assert set(FEED.facts) == set(house.contracts())
    (membership,) = (plan for plan in house.blueprints() if plan.name == "membership")
    assert membership.heard() >= set(house.contracts())


def test_nothing_is_parked_so_nothing_is_overtaken() -> None:
    assert not FEED.parks
