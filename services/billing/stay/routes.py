"""Offers to stay: what a seller offers, what is open to who leaves, accepting it, and what came of it."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from services.billing.exit_survey.events import ExitReason
from services.billing.policy.projections import policy_now
from services.billing.stay import commands
from services.billing.stay.decider import STAY, STAY_RULES, Stayed, is_for
from services.billing.stay.events import (
    StayAccepted,
    StayKind,
    StayRule,
    stay_rules_stream,
    stay_stream,
)
from services.billing.stay.projections import results_of, stay_rules_now
from services.billing.subscription.projections import (
    after_staying,
    leaver_now,
    staying,
    subscription_by_id,
)
from shared.contracts.contract import MoneyValue
from shared.decider import NotFound, Refused
from shared.http import Body, Caller, Written, needs
from shared.ids import PersonId
from shared.reaction import Ask

router = APIRouter()

Member = Annotated[Caller, needs("person")]


class StayRuleAsked(Body):
    """So many `percent` off the next `periods`, or a `pause` of at most so many `days`."""

    kind: StayKind
    percent: int = 0
    periods: int = 0
    days: int = 0
    reasons: Annotated[tuple[ExitReason, ...], Field(max_length=20)] = ()
    older_than_days: int = 0


class SetStayRules(Body):
    """In the order in which they are shown; a person accepts one in so many months."""

    rules: Annotated[tuple[StayRuleAsked, ...], Field(max_length=10)]
    once_in_months: int = 12


class AcceptStay(Body):
    number: int
    reason: ExitReason | None = None
    days: int | None = None


class StayOffer(BaseModel):
    """`next_due` is what the next period costs then; a pause lasts `until` then at most."""

    number: int
    kind: StayKind
    percent: int
    periods: int
    until: AwareDatetime | None
    next_due: MoneyValue


class StayOffers(BaseModel):
    items: list[StayOffer]


class AcceptedStay(BaseModel):
    kind: StayKind
    times: int


class StayResults(BaseModel):
    """`left` are those who accepted, and had gone all the same when so many days were over."""

    shown: int
    accepted: list[AcceptedStay]
    left: int


@router.put("/stay-rules", operation_id="set_stay_rules")
async def set_stay_rules(
    body: SetStayRules, caller: Annotated[Caller, needs("subscriptions.write", strict=True)]
) -> Written:
    rules = tuple(StayRule(**asked.model_dump()) for asked in body.rules)
    command = commands.SetStayRules(rules, body.once_in_months)
    return await caller.ask(Ask(STAY_RULES, stay_rules_stream(caller.community_id), command))


@router.get("/subscriptions/{subscription_id}/stay-offers", operation_id="list_stay_offers")
async def list_stay_offers(
    subscription_id: UUID,
    caller: Member,
    reason: Annotated[ExitReason | None, Query()] = None,
) -> StayOffers:
    """What is open to the person, dry: nothing is done, and nothing stands in the way of cancelling."""
    async with caller.read() as connection:
        found = await subscription_by_id(connection, subscription_id)
    if found is None or found.terms.person_id != caller.person_id:
        raise NotFound("subscription_not_found", "There is no such subscription.")
    rules = await stay_rules_now(caller.service, caller.community_id)
    stayed: Stayed = await caller.state(STAY, stay_stream(caller.person_id))
    again = stayed.may_again(rules)
    if again is not None and caller.now < again:
        return StayOffers(items=[])
    offers = [
        await _offer(number, rule, subscription_id, caller)
        for number, rule in enumerate(rules.rules, 1)
        if is_for(rule, reason, caller.now - found.began_at)
    ]
    return StayOffers(items=[offer for offer in offers if offer])


async def _offer(
    number: int, rule: StayRule, subscription_id: UUID, caller: Caller
) -> StayOffer | None:
    """None where the subscription, as it is now, would refuse it."""
    doing = await _doing(rule, subscription_id, caller)
    try:
        due = await after_staying(caller.service, caller.community_id, doing)
    except Refused:
        return None
    return StayOffer(
        number=number,
        kind=rule.kind,
        percent=rule.percent,
        periods=rule.periods,
        until=caller.now + timedelta(days=rule.days) if rule.days else None,
        next_due=MoneyValue.of(due),
    )


async def _doing(rule: StayRule, subscription_id: UUID, caller: Caller) -> list[Ask]:
    person_id = PersonId(caller.person_id)
    longest = (await policy_now(caller.service, caller.community_id)).longest_pause_days
    until = caller.now + timedelta(days=rule.days) if rule.kind == "pause" else None
    reduction = (caller.new_id("stay"), rule.percent, rule.periods)
    return staying(subscription_id, person_id, reduction, until, caller.now, longest)


@router.post(
    "/subscriptions/{subscription_id}/stay-offers/showing", operation_id="show_stay_offers"
)
async def show_stay_offers(subscription_id: UUID, caller: Member) -> Written:
    """The person sees what is offered: it counts once for a subscription."""
    payer, _ = await leaver_now(caller.service, caller.community_id, subscription_id)
    show = commands.ShowStay(PersonId(caller.person_id), subscription_id, payer)
    return await caller.ask(Ask(STAY, stay_stream(caller.person_id), show))


@router.post(
    "/subscriptions/{subscription_id}/stay-offers/acceptance", operation_id="accept_stay_offer"
)
async def accept_stay_offer(subscription_id: UUID, body: AcceptStay, caller: Member) -> Written:
    """It is done at once, and a cancellation is withdrawn: all of it or nothing."""
    payer, _ = await leaver_now(caller.service, caller.community_id, subscription_id)
    async with caller.read() as connection:
        found = await subscription_by_id(connection, subscription_id)
    accept = commands.AcceptStay(
        PersonId(caller.person_id),
        subscription_id,
        payer,
        found.began_at if found else caller.now,
        await stay_rules_now(caller.service, caller.community_id),
        body.number,
        body.reason,
        body.days,
        caller.now,
    )
    state = await caller.state(STAY, stay_stream(caller.person_id))
    (accepted,) = STAY.decide(accept, state)
    assert isinstance(accepted, StayAccepted)  # noqa: S101  It was decided so, or refused.
    doing = await _doing(accepted.rule, subscription_id, caller)
    asked = Ask(STAY, stay_stream(caller.person_id), accept)
    return await caller.ask(asked, *doing, subscription_id=subscription_id)


@router.get("/stay-offers/results", operation_id="read_stay_results")
async def read_stay_results(
    caller: Annotated[Caller, needs("sales.read")],
    days: Annotated[int, Query(ge=1, le=3650)] = 90,
) -> StayResults:
    async with caller.read() as connection:
        found = await results_of(connection, caller.community_id, caller.now, days)
    accepted = [AcceptedStay(kind=kind, times=times) for kind, times in found.accepted.items()]
    return StayResults(shown=found.shown, accepted=accepted, left=found.left)
