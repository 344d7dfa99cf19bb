from services.membership.tier.commands import DefineTier, RetireTier
from services.membership.tier.decider import TIER
from services.membership.tier.events import TierDefined, TierRetired
from shared.ids import Label
from shared.testing import given

gold = TierDefined(Label("Gold"), paid=True)


def test_a_tier_is_defined() -> None:
    given(TIER).when(DefineTier(Label("Gold"), paid=True)).then(gold)


def test_a_tier_never_changes_its_meaning() -> None:
    given(TIER, gold).when(DefineTier(Label("Gold"), paid=False)).then_nothing()


def test_a_tier_is_retired() -> None:
    given(TIER, gold).when(RetireTier()).then(TierRetired())


def test_a_tier_is_retired_once() -> None:
    given(TIER, gold, TierRetired()).when(RetireTier()).then_nothing()


def test_an_unknown_tier_cannot_be_retired() -> None:
    given(TIER).when(RetireTier()).then_rejected("tier_not_found")
