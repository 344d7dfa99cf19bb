"""Which free tiers end for which offer, and who has the founder rate: the rules that show it and announce it alike."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from services.membership.tier.events import TierId
from services.membership.tier.projections import Tier
from services.membership.transition.events import FounderRule, Plan
from shared.decider import Rejected
from shared.ids import Label, PersonId, derive


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer as far as it may take the place of what is free; it `fits` if one buys it for oneself, by the period."""

    offer_id: UUID
    name: Label
    tier_id: TierId | None
    fits: bool
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """No `tiers`: all that are free, but for the light one."""

    effective_from: datetime
    words: Label
    tiers: tuple[TierId, ...] = ()
    light: TierId | None = None
    founders: FounderRule | None = None


class Candidate(NamedTuple):
    """A member who may become a founder; no `score` where activity is not asked for, or not theirs to be told."""

    person_id: PersonId
    joined_at: datetime
    score: int | None


def plan_of(asked: Asked, known: Collection[Tier], offer: Offered | None) -> Plan:
    """The plan, by the names that things have now; Rejected when it names what is not there, or not so."""
    free = {tier.tier_id: tier for tier in known if not tier.paid}
    open_now = [tier.tier_id for tier in free.values() if not tier.retired]
    if asked.light is not None and asked.light not in open_now:
        raise Rejected("tier_not_free", "It is no tier that is free.", pointer="/light_tier_id")
    ending = asked.tiers or tuple(each for each in open_now if each != asked.light)
    for number, tier_id in enumerate(asked.tiers):
        if tier_id not in free or tier_id == asked.light or tier_id in asked.tiers[:number]:
            detail = "It is no tier that is free, or it is named twice."
            raise Rejected("tier_not_free", detail, pointer=f"/tiers/{number}")
    if not ending:
        raise Rejected("nothing_free", "Nothing is free that could cost.", pointer="/tiers")
    paid = {tier.tier_id for tier in known if tier.paid and not tier.retired}
    offer, offer_tier = _fitting(offer, paid)
    return Plan(
        tiers=ending,
        tier=Label(", ".join(free[tier_id].name for tier_id in ending)),
        offer_id=offer.offer_id,
        offer=offer.name,
        offer_tier=offer_tier,
        effective_from=asked.effective_from,
        words=asked.words,
        light=asked.light,
        light_name=Label(free[asked.light].name) if asked.light else None,
        founders=asked.founders,
    )


def _fitting(offer: Offered | None, paid: Collection[TierId]) -> tuple[Offered, TierId]:
    if offer is None or offer.retired:
        raise Rejected("offer_not_found", "There is no such offer.", pointer="/offer_id")
    if not offer.fits or offer.tier_id is None or offer.tier_id not in paid:
        detail = "It grants a paid tier, again and again from any day on, to whoever buys it."
        raise Rejected("offer_does_not_fit", detail, pointer="/offer_id")
    return offer, offer.tier_id


def insist_on_sense(rule: FounderRule, *, is_weighed: bool) -> None:
    """A rule chooses by something; activity counts only once somebody has written what it is worth."""
    if rule.joined_before is None and rule.window_days is None:
        raise Rejected("nothing_chosen_by", "By what are they chosen?", pointer="/founders")
    if rule.window_days is not None and not is_weighed:
        detail = "The rules of recognition say what activity is worth: write them first."
        raise Rejected("activity_not_weighed", detail, pointer="/founders/window_days")


def choose(rule: FounderRule, candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Those it chooses, the most active first; who is equal stands in the order in which they joined."""
    by_points = rule.window_days is not None
    good = [one for one in candidates if _is_good(one, rule)]
    good.sort(key=lambda one: (-(one.score or 0) * by_points, one.joined_at, one.person_id))
    return tuple(good[: rule.most])


def _is_good(one: Candidate, rule: FounderRule) -> bool:
    if rule.joined_before is not None and one.joined_at >= rule.joined_before:
        return False
    return rule.window_days is None or (one.score is not None and one.score >= rule.least)


def fingerprint(community_id: UUID, plan: Plan, founders: Iterable[PersonId]) -> UUID:
    """The same for the same plan and the same founders; who is told are all who have what ends, then."""
    day = plan.effective_from.astimezone(UTC)
    rule = plan.founders
    if rule is not None and rule.joined_before is not None:
        rule = replace(rule, joined_before=rule.joined_before.astimezone(UTC))
    said = (str(replace(plan, effective_from=day, founders=rule)), *map(str, founders))
    return derive(community_id, "transition", *said)
