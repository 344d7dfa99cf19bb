"""A code is used no more often than it was given out for: held while its checkout is open, then used or given back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never
from uuid import UUID

from services.billing.codes import insist_on_sense
from services.billing.discount import commands, events
from services.billing.discount.events import DiscountPublished
from shared.decider import Decider, NotFound, Rejected
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class Campaign:
    """`uses` counts what is held and what was redeemed, by person where that is limited."""

    published: DiscountPublished
    held: Mapping[UUID, PersonId] = field(default_factory=dict)
    used: int = 0
    uses: Mapping[PersonId, int] = field(default_factory=dict)
    withdrawn: bool = False


def decide(
    command: commands.DiscountCommand, campaign: Campaign | None
) -> list[events.DiscountEvent]:
    match command:
        case commands.PublishDiscount():
            return _publish(command, campaign)
        case commands.HoldDiscount() if campaign is None:
            raise Rejected("code_unknown", "There is no such code.", pointer="/code")
        case commands.WithdrawDiscount() if campaign is None:
            raise NotFound("discount_not_found", "There is no such discount.")
        case _ if campaign is None:
            return []
        case commands.HoldDiscount(checkout_id):
            return [] if checkout_id in campaign.held else [_hold(command, campaign)]
        case commands.ReleaseDiscount(checkout_id):
            person_id = campaign.held.get(checkout_id)
            return [events.DiscountReleased(checkout_id, person_id)] if person_id else []
        case commands.RedeemDiscount(checkout_id):
            person_id = campaign.held.get(checkout_id)
            return [events.DiscountRedeemed(checkout_id, person_id)] if person_id else []
        case commands.WithdrawDiscount():
            return [] if campaign.withdrawn else [events.DiscountWithdrawn()]
        case _:
            assert_never(command)


def _hold(asked: commands.HoldDiscount, campaign: Campaign) -> events.DiscountHeld:
    known, at = campaign.published, asked.at
    if campaign.withdrawn:
        raise Rejected("code_withdrawn", "This code is no longer good.", pointer="/code")
    if known.starts_at and at < known.starts_at:
        raise Rejected("code_not_yet_good", "This code is not good yet.", pointer="/code")
    if known.ends_at and at >= known.ends_at:
        raise Rejected("code_expired", "This code is no longer good.", pointer="/code")
    if known.founders and asked.founder_of.isdisjoint(known.deal.offers):
        raise Rejected("code_for_others", "This code is for founders.", pointer="/code")
    if known.persons and asked.person_id not in known.persons:
        raise Rejected("code_for_others", "This code is somebody else's.", pointer="/code")
    if known.most is not None and campaign.used >= known.most:
        raise Rejected("code_used_up", "Others were quicker.", pointer="/code", most=known.most)
    most = known.most_per_person
    if most is not None and campaign.uses.get(asked.person_id, 0) >= most:
        raise Rejected("code_used_before", "You have used it.", pointer="/code", most=most)
    return events.DiscountHeld(asked.checkout_id, asked.person_id)


def _publish(
    asked: commands.PublishDiscount, campaign: Campaign | None
) -> list[events.DiscountEvent]:
    published = DiscountPublished(
        asked.code,
        asked.deal,
        asked.persons,
        asked.most,
        asked.most_per_person,
        asked.starts_at,
        asked.ends_at,
        asked.founders,
    )
    if campaign is None:
        insist_on_sense(published)
        return [published]
    if published != campaign.published:
        raise Rejected("code_taken", "This code means something already.", pointer="/code")
    return []


def is_good_for(asked: commands.HoldDiscount, campaign: Campaign | None) -> bool:
    """Whether it could be held."""
    try:
        return campaign is not None and bool(_hold(asked, campaign))
    except Rejected:
        return False


def evolve(campaign: Campaign | None, event: events.DiscountEvent) -> Campaign | None:
    match event:
        case events.DiscountPublished():
            return Campaign(event)
        case _ if campaign is None:
            return None
        case events.DiscountHeld(checkout_id, person_id):
            held = {**campaign.held, checkout_id: person_id}
            return replace(_counted(campaign, person_id, 1), held=held)
        case events.DiscountReleased(checkout_id, person_id):
            return replace(_counted(campaign, person_id, -1), held=_without(campaign, checkout_id))
        case events.DiscountRedeemed(checkout_id):
            return replace(campaign, held=_without(campaign, checkout_id))
        case events.DiscountWithdrawn():
            return replace(campaign, withdrawn=True)
        case _:
            assert_never(event)


def _counted(campaign: Campaign, person_id: PersonId, more: int) -> Campaign:
    if campaign.published.most_per_person is None:
        return replace(campaign, used=campaign.used + more)
    uses = {**campaign.uses, person_id: campaign.uses.get(person_id, 0) + more}
    return replace(campaign, used=campaign.used + more, uses=uses)


def _without(campaign: Campaign, checkout_id: UUID) -> Mapping[UUID, PersonId]:
    return {held: by for held, by in campaign.held.items() if held != checkout_id}


DISCOUNT: Decider[commands.DiscountCommand, Campaign | None, events.DiscountEvent] = Decider(
    "discount",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.DiscountCommand,
    events=events.DiscountEvent,
)
