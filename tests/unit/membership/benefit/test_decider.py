from uuid import UUID

from services.membership.benefit.commands import SetPerks
from services.membership.benefit.decider import BENEFIT, MOST_PERKS
from services.membership.benefit.events import Perk, PerksSet
from services.membership.tier.events import TierId
from shared.ids import Label
from shared.testing import given

tier = TierId(UUID(int=1))
mug = Perk(Label("A mug"), Label("With your name on it."))
call = Perk(Label("A call"))


def test_a_tier_has_the_perks_that_were_written_last_in_their_order() -> None:
    given(BENEFIT).when(SetPerks(tier, (mug, call))).then(PerksSet(tier, (mug, call)))
    given(BENEFIT, PerksSet(tier, (mug, call))).when(SetPerks(tier, (call, mug))).then(
        PerksSet(tier, (call, mug))
    )
    given(BENEFIT, PerksSet(tier, (mug,))).when(SetPerks(tier, ())).then(PerksSet(tier, ()))


def test_the_same_perks_again_change_nothing() -> None:
    given(BENEFIT, PerksSet(tier, (mug,))).when(SetPerks(tier, (mug,))).then_nothing()
    given(BENEFIT).when(SetPerks(tier, ())).then_nothing()


def test_no_two_perks_are_called_the_same() -> None:
    same = Perk(Label("a MUG"))
    given(BENEFIT).when(SetPerks(tier, (mug, call, same))).then_rejected("perk_twice")


def test_there_are_twenty_at_most() -> None:
    perks = tuple(Perk(Label(f"Perk {number}")) for number in range(MOST_PERKS + 1))
    given(BENEFIT).when(SetPerks(tier, perks)).then_rejected("too_many_perks")
    given(BENEFIT).when(SetPerks(tier, perks[1:])).then(PerksSet(tier, perks[1:]))
