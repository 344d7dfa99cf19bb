"""What a community does when money does not come, or goes back."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.billing.policy import commands
from services.billing.policy.decider import POLICY
from services.billing.policy.events import (
    AfterBan,
    AfterLoss,
    AfterRefund,
    AfterRetries,
    Bearer,
    Dunning,
    DuringDispute,
    Policy,
    TrialsPerCard,
    Unit,
)
from services.billing.policy.projections import policy_now, policy_stream
from shared.http import Body, Caller, Written, needs
from shared.reaction import Ask

router = APIRouter()

Days = Annotated[tuple[int, ...], Field(max_length=100)]


class DunningAsked(Body):
    """Retries are days after the first decline; `grace_days` of access are counted apart from them."""

    retries: Days = Dunning().retries
    grace_days: int = Dunning().grace_days
    afterwards: AfterRetries = Dunning().afterwards


class SetPolicy(Body):
    """What is left out is as it is where nothing was ever set."""

    after_refund: AfterRefund = Policy().after_refund
    during_dispute: DuringDispute = Policy().during_dispute
    after_loss: AfterLoss = Policy().after_loss
    fees_borne_by: Bearer = Policy().fees_borne_by
    dunning: DunningAsked = DunningAsked()
    proration: Unit = Policy().proration
    longest_pause_days: int = Policy().longest_pause_days
    win_back_days: int = Policy().win_back_days
    price_notice_days: int = Policy().price_notice_days
    trials_per_card: TrialsPerCard = Policy().trials_per_card
    after_ban: AfterBan = Policy().after_ban


class DunningShown(BaseModel):
    retries: list[int]
    grace_days: int
    afterwards: AfterRetries


class BillingPolicy(BaseModel):
    after_refund: AfterRefund
    during_dispute: DuringDispute
    after_loss: AfterLoss
    fees_borne_by: Bearer
    dunning: DunningShown
    proration: Unit
    longest_pause_days: int
    win_back_days: int
    price_notice_days: int
    trials_per_card: TrialsPerCard
    after_ban: AfterBan


@router.put("/policy", operation_id="set_policy")
async def set_policy(
    body: SetPolicy, caller: Annotated[Caller, needs("subscriptions.write", strict=True)]
) -> Written:
    asked = body.dunning
    policy = Policy(
        body.after_refund,
        body.during_dispute,
        body.after_loss,
        body.fees_borne_by,
        Dunning(asked.retries, asked.grace_days, asked.afterwards),
        body.proration,
        body.longest_pause_days,
        body.win_back_days,
        body.price_notice_days,
        body.trials_per_card,
        body.after_ban,
    )
    return await caller.ask(
        Ask(POLICY, policy_stream(caller.community_id), commands.SetPolicy(policy))
    )


@router.get("/policy", operation_id="read_policy")
async def read_policy(caller: Annotated[Caller, needs("sales.read")]) -> BillingPolicy:
    """As of now; it holds for what happens from now on."""
    policy = await policy_now(caller.service, caller.community_id)
    dunning = policy.dunning
    return BillingPolicy(
        after_refund=policy.after_refund,
        during_dispute=policy.during_dispute,
        after_loss=policy.after_loss,
        fees_borne_by=policy.fees_borne_by,
        dunning=DunningShown(
            retries=list(dunning.retries),
            grace_days=dunning.grace_days,
            afterwards=dunning.afterwards,
        ),
        proration=policy.proration,
        longest_pause_days=policy.longest_pause_days,
        win_back_days=policy.win_back_days,
        price_notice_days=policy.price_notice_days,
        trials_per_card=policy.trials_per_card,
        after_ban=policy.after_ban,
    )
