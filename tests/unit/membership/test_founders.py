from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.membership.founders import (
    Asked,
    Candidate,
    Offered,
    choose,
    fingerprint,
    insist_on_sense,
    plan_of,
)
from services.membership.tier.events import TierId
from services.membership.tier.projections import Tier
from services.membership.transition.events import FounderRule
from shared.decider import Rejected
from shared.ids import Label, PersonId
from tests.unit.membership.facts import community_id, noon

DAY = timedelta(days=1)
ada, bob, cleo, dan = (PersonId(UUID(int=number)) for number in range(1, 5))
club, lobby, old, gold = (TierId(UUID(int=number)) for number in range(11, 15))
tiers = [
    Tier(club, "Club", paid=False, retired=False),
    Tier(lobby, "Lobby", paid=False, retired=False),
    Tier(old, "Old", paid=False, retired=True),
    Tier(gold, "Gold", paid=True, retired=False),
]
monthly = Offered(UUID(int=21), Label("Gold, monthly"), gold, fits=True)
asked = Asked(noon + 40 * DAY, Label("We grow."))
people = [
    Candidate(ada, noon - 9 * DAY, 30),
    Candidate(bob, noon - 8 * DAY, 5),
    Candidate(cleo, noon - 7 * DAY, 30),
    Candidate(dan, noon - 30 * DAY, None),
]


def chosen(rule: FounderRule) -> list[PersonId]:
    return [one.person_id for one in choose(rule, people)]


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (FounderRule(window_days=30, most=2), [ada, cleo]),
        (FounderRule(window_days=30, most=1), [ada]),
        (FounderRule(window_days=30, least=6), [ada, cleo]),
        (FounderRule(window_days=30), [ada, cleo, bob]),
        (FounderRule(window_days=30, least=31), []),
        (FounderRule(joined_before=noon - 8 * DAY), [dan, ada]),
        (FounderRule(joined_before=noon, most=1), [dan]),
        (FounderRule(joined_before=noon - 8 * DAY, window_days=30), [ada]),
    ],
)
def test_founders_are_chosen_by_what_they_did_and_when_they_came(
    rule: FounderRule, wanted: list[PersonId]
) -> None:
    assert chosen(rule) == wanted


def test_a_rule_chooses_by_something_that_is_known() -> None:
    with pytest.raises(Rejected) as nothing:
        insist_on_sense(FounderRule(most=5), is_weighed=True)
    assert nothing.value.code == "nothing_chosen_by"
    with pytest.raises(Rejected) as unweighed:
        insist_on_sense(FounderRule(window_days=30), is_weighed=False)
    assert unweighed.value.code == "activity_not_weighed"
    insist_on_sense(FounderRule(joined_before=noon), is_weighed=False)


def test_all_that_is_free_ends_but_for_the_light_tier() -> None:
    plan = plan_of(asked, tiers, monthly)
    assert (plan.tiers, plan.tier, plan.light) == ((club, lobby), "Club, Lobby", None)
    plan = plan_of(replace(asked, light=lobby), tiers, monthly)
    assert (plan.tiers, plan.light, plan.light_name) == ((club,), lobby, "Lobby")
    assert (plan.offer, plan.offer_tier) == ("Gold, monthly", gold)
    assert plan_of(replace(asked, tiers=(old,)), tiers, monthly).tiers == (old,)


@pytest.mark.parametrize(
    ("more", "offer", "code", "pointer"),
    [
        ({"tiers": (gold,)}, monthly, "tier_not_free", "/tiers/0"),
        ({"tiers": (club, club)}, monthly, "tier_not_free", "/tiers/1"),
        ({"tiers": (club, TierId(UUID(int=99)))}, monthly, "tier_not_free", "/tiers/1"),
        ({"tiers": (lobby,), "light": lobby}, monthly, "tier_not_free", "/tiers/0"),
        ({"light": gold}, monthly, "tier_not_free", "/light_tier_id"),
        ({"light": old}, monthly, "tier_not_free", "/light_tier_id"),
        ({}, None, "offer_not_found", "/offer_id"),
        ({}, replace(monthly, retired=True), "offer_not_found", "/offer_id"),
        ({}, replace(monthly, fits=False), "offer_does_not_fit", "/offer_id"),
        ({}, replace(monthly, tier_id=None), "offer_does_not_fit", "/offer_id"),
        ({}, replace(monthly, tier_id=lobby), "offer_does_not_fit", "/offer_id"),
    ],
)
def test_a_plan_names_what_is_there_and_fits(
    more: dict[str, Any], offer: Offered | None, code: str, pointer: str
) -> None:
    with pytest.raises(Rejected) as refused:
        plan_of(replace(asked, **more), tiers, offer)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)


def test_where_nothing_is_free_nothing_can_cost() -> None:
    with pytest.raises(Rejected) as refused:
        plan_of(replace(asked, light=lobby), [tiers[1], tiers[3]], monthly)
    assert refused.value.code == "nothing_free"


def test_a_print_is_of_the_plan_and_its_founders_and_of_no_zone() -> None:
    rule = FounderRule(joined_before=noon)
    plan = plan_of(replace(asked, founders=rule), tiers, monthly)
    seen = fingerprint(community_id, plan, [ada, bob])
    paris = datetime.fromisoformat("2026-03-01T13:00:00+01:00")
    same = replace(plan, founders=FounderRule(joined_before=paris))
    assert fingerprint(community_id, same, [ada, bob]) == seen
    assert paris.astimezone(UTC) == noon
    for other, founders in (
        (plan, [ada]),
        (replace(plan, words=Label("No.")), [ada, bob]),
        (replace(plan, effective_from=plan.effective_from + DAY), [ada, bob]),
    ):
        assert fingerprint(community_id, other, founders) != seen
