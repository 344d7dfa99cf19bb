"""Seeing subscriptions, changing and pausing them, cancelling them, and thinking better of it."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel

from services.billing.acting import acting_for, names_of
from services.billing.choices import Today, line_of
from services.billing.discount.events import Reduction
from services.billing.offer.events import Interval
from services.billing.offer.projections import offers_among
from services.billing.organisation.projections import is_organisation
from services.billing.policy.projections import policy_now
from services.billing.proration import billed
from services.billing.rises import first_due
from services.billing.statuses import Status
from services.billing.subscription import commands, events
from services.billing.subscription.decider import SUBSCRIPTION, Running
from services.billing.subscription.events import ChangeMode, EndReason, Otherwise, returns_until
from services.billing.subscription.projections import Pending, Subscribed, subscriptions_after
from shared.contracts.contract import MoneyValue
from shared.decider import NotFound
from shared.http import Body, Caller, Page, Written, needs, paging
from shared.ids import PersonId
from shared.reaction import Ask

router = APIRouter()

Member = Annotated[Caller, needs("person")]
Staff = Annotated[Caller, needs("subscriptions.write", strict=True)]


class ChangeSubscription(Body):
    """Another offer, at its price of today, or another quantity of the same at the price it has.

    `amount` is for an offer whose price the buyer names. Without a `mode`, more is had and paid at once, less begins
    when what is paid is over, and another interval begins anew.
    """

    offer_id: UUID | None = None
    quantity: int | None = None
    amount: MoneyValue | None = None
    mode: ChangeMode | None = None


class PauseSubscription(Body):
    until: AwareDatetime


class Line(BaseModel):
    """What is given back of one price (negative), or charged of another, for that part of a period."""

    kind: str
    amount: MoneyValue
    offer_id: UUID
    price_version: int
    quantity: int
    period_start: AwareDatetime
    period_end: AwareDatetime


class ChangePreview(BaseModel):
    """What asking for the change would lead to. `due` is charged at once, the lines and what was `carried` from
    earlier changes; `balance` is left for the next bill, which is `next_due` at `runs_until`.
    """

    mode: ChangeMode
    applies_at: AwareDatetime
    lines: list[Line]
    carried: MoneyValue
    due: MoneyValue
    balance: MoneyValue
    runs_until: AwareDatetime
    next_due: MoneyValue


class Cancellation(BaseModel):
    """What cancelling would lead to: the end, the `credit` kept for who comes back in time, and what is `waived`
    that was still to be billed.
    """

    ends_at: AwareDatetime
    credit: MoneyValue
    waived: MoneyValue


class PendingChange(BaseModel):
    """Applies at `applies_at`, or as soon as the payment of `due` has succeeded."""

    change_id: UUID
    offer_id: UUID
    quantity: int
    price: MoneyValue
    mode: ChangeMode
    due: MoneyValue
    applies_at: AwareDatetime | None
    payment_id: UUID | None


class Discount(BaseModel):
    """What is taken off a payment, and of how many more; null is of all."""

    discount_id: UUID
    percent: int
    amount: MoneyValue | None
    payments_left: int | None


class PriceRise(BaseModel):
    """What it costs from the first period that begins at `applies_from` or later: as things stand at `first_due`.

    Where it `needs_consent`, who has not `agreed` by then keeps the price they have or ends, as `otherwise` says.
    """

    rise_id: UUID
    price: MoneyValue
    price_version: int
    applies_from: AwareDatetime
    first_due: AwareDatetime
    needs_consent: bool
    otherwise: Otherwise
    agreed: bool


class Subscription(BaseModel):
    """`person_id` is who pays: a person, or an organisation by its own id.

    `payment_id` is what is being collected for the next period, if anything is; `next_due` is what it costs.

    Until `returns_until` who is gone may come back at this price. `balance` is what changes left for it: owed, or
    to be given back where it is negative. `status` is one of the eight states of docs/subscription-states.md; `state`
    says it in our words, and `suspended` while what it grants is withheld.
    """

    subscription_id: UUID
    version: int
    person_id: UUID
    offer_id: UUID
    tier_id: UUID | None
    price: MoneyValue
    interval: Interval
    every: int
    price_version: int
    quantity: int
    next_due: MoneyValue
    discount: Discount | None
    state: str
    status: Status
    began_at: AwareDatetime
    runs_until: AwareDatetime
    cancels_at: AwareDatetime | None
    ended_for: EndReason | None
    returns_until: AwareDatetime | None
    payment_id: UUID | None
    change: PendingChange | None
    price_rise: PriceRise | None
    balance: MoneyValue
    paused_until: AwareDatetime | None


class Subscriptions(BaseModel):
    items: list[Subscription]
    next: str | None


@router.get("/subscriptions", operation_id="list_my_subscriptions")
async def list_my_subscriptions(
    caller: Member, page: Annotated[Page, Depends(paging)]
) -> Subscriptions:
    return await _list(caller, page, caller.person_id)


@router.get("/staff/subscriptions", operation_id="list_subscriptions")
async def list_subscriptions(
    caller: Annotated[Caller, needs("sales.read")], page: Annotated[Page, Depends(paging)]
) -> Subscriptions:
    return await _list(caller, page, None)


@router.get("/subscriptions/{subscription_id}/cancellation", operation_id="preview_cancellation")
async def preview_cancellation(
    subscription_id: UUID, caller: Annotated[Caller, needs("person")]
) -> Cancellation:
    """Refused where cancelling would be."""
    state = await caller.state(SUBSCRIPTION, subscription_id)
    command = commands.ScheduleCancellation(await _owner(caller, subscription_id))
    after = SUBSCRIPTION.fold(SUBSCRIPTION.decide(command, state), state)
    ends_at, left = caller.now, state.balance
    if isinstance(after, Running):
        ends_at, left = after.end_of_paid, after.left_at_end
    return Cancellation(
        ends_at=ends_at,
        credit=MoneyValue.of(max(-left, left * 0)),
        waived=MoneyValue.of(max(left, left * 0)),
    )


@router.post("/subscriptions/{subscription_id}/cancellation", operation_id="schedule_cancellation")
async def schedule_cancellation(subscription_id: UUID, caller: Member) -> Written:
    command = commands.ScheduleCancellation(await _owner(caller, subscription_id))
    return await _ask(caller, subscription_id, command)


@router.delete(
    "/subscriptions/{subscription_id}/cancellation", operation_id="withdraw_cancellation"
)
async def withdraw_cancellation(subscription_id: UUID, caller: Member) -> Written:
    command = commands.WithdrawCancellation(await _owner(caller, subscription_id))
    return await _ask(caller, subscription_id, command)


@router.post("/subscriptions/{subscription_id}/end", operation_id="cancel_now")
async def cancel_now(subscription_id: UUID, caller: Staff) -> Written:
    return await _ask(caller, subscription_id, commands.CancelNow())


@router.post("/subscriptions/{subscription_id}/change", operation_id="change_subscription")
async def change_subscription(
    subscription_id: UUID, body: ChangeSubscription, caller: Member
) -> Written:
    owner = await _owner(caller, subscription_id)
    return await _ask_for_change(subscription_id, body, caller, owner)


@router.post(
    "/staff/subscriptions/{subscription_id}/change", operation_id="change_subscription_for_member"
)
async def change_subscription_for_member(
    subscription_id: UUID, body: ChangeSubscription, caller: Staff
) -> Written:
    return await _ask_for_change(subscription_id, body, caller, None)


@router.post("/subscriptions/{subscription_id}/change/preview", operation_id="preview_change")
async def preview_change(
    subscription_id: UUID,
    body: ChangeSubscription,
    caller: Annotated[Caller, needs("person", idempotent=False)],
) -> ChangePreview:
    """The very lines that asking would lead to; refused where asking would be."""
    owner = await _owner(caller, subscription_id)
    return await _preview(subscription_id, body, caller, owner)


@router.post(
    "/staff/subscriptions/{subscription_id}/change/preview",
    operation_id="preview_change_for_member",
)
async def preview_change_for_member(
    subscription_id: UUID,
    body: ChangeSubscription,
    caller: Annotated[Caller, needs("subscriptions.write", strict=True, idempotent=False)],
) -> ChangePreview:
    return await _preview(subscription_id, body, caller, None)


@router.delete("/subscriptions/{subscription_id}/change", operation_id="withdraw_change")
async def withdraw_change(subscription_id: UUID, caller: Member) -> Written:
    command = commands.WithdrawChange(await _owner(caller, subscription_id))
    return await _ask(caller, subscription_id, command)


@router.post("/subscriptions/{subscription_id}/pause", operation_id="pause_subscription")
async def pause_subscription(
    subscription_id: UUID, body: PauseSubscription, caller: Member
) -> Written:
    policy = await policy_now(caller.service, caller.community_id)
    owner = await _owner(caller, subscription_id)
    command = commands.PauseSubscription(owner, body.until, caller.now, policy.longest_pause_days)
    return await _ask(caller, subscription_id, command)


@router.delete("/subscriptions/{subscription_id}/pause", operation_id="resume_subscription")
async def resume_subscription(subscription_id: UUID, caller: Member) -> Written:
    owner = await _owner(caller, subscription_id)
    command = commands.ResumeSubscription(owner, None, caller.now)
    return await _ask(caller, subscription_id, command)


async def _owner(caller: Caller, subscription_id: UUID) -> PersonId:
    """In whose name the caller asks: the payer's, where they act for them."""
    state = await caller.state(SUBSCRIPTION, subscription_id)
    owner = state.terms.person_id if state is not None else caller.person_id
    return await acting_for(caller, owner)


async def _ask(
    caller: Caller, subscription_id: UUID, command: commands.SubscriptionCommand
) -> Written:
    ask = Ask(SUBSCRIPTION, subscription_id, command)
    return await caller.ask(ask, subscription_id=subscription_id)


async def _ask_for_change(
    subscription_id: UUID, body: ChangeSubscription, caller: Caller, person_id: PersonId | None
) -> Written:
    command, _ = await _changing(subscription_id, body, caller, person_id)
    return await caller.ask(
        Ask(SUBSCRIPTION, subscription_id, command),
        subscription_id=subscription_id,
        change_id=command.change_id,
    )


async def _changing(
    subscription_id: UUID, body: ChangeSubscription, caller: Caller, person_id: PersonId | None
) -> tuple[commands.ChangeSubscription, Running]:
    """The command, and what it would be decided on now."""
    state = await caller.state(SUBSCRIPTION, subscription_id)
    if state is None or person_id not in (None, state.terms.person_id):
        raise NotFound("subscription_not_found", "There is no such subscription.")
    terms = state.terms
    offer_id = body.offer_id or terms.offer_id
    today = Today(caller.now, terms.time_zone)
    async with caller.read() as connection:
        offer = (await offers_among(connection, [offer_id])).get(offer_id)
        seats_only = await is_organisation(connection, terms.person_id)
    keeps_price = body.offer_id is None and body.amount is None
    if keeps_price and offer:
        # Who has it keeps it, on sale or not, and whatever others pay now.
        price = offer.price_in(terms.price.currency) or offer.prices[0]
        offer = replace(offer.on_sale, prices=(replace(price, minimum=None),))
    named = body.amount.money() if body.amount else None
    quantity = terms.quantity if body.quantity is None else body.quantity
    line = line_of(offer, quantity, named, None if keeps_price else terms.price.currency, "", today)
    command = commands.ChangeSubscription(
        change_id=caller.new_id("change"),
        person_id=person_id,
        line=line,
        keeps_price=keeps_price,
        mode=body.mode,
        unit=(await policy_now(caller.service, caller.community_id)).proration,
        at=caller.now,
        seats_only=seats_only,
    )
    return command, state


async def _preview(
    subscription_id: UUID, body: ChangeSubscription, caller: Caller, person_id: PersonId | None
) -> ChangePreview:
    command, before = await _changing(subscription_id, body, caller, person_id)
    decided = SUBSCRIPTION.decide(command, before)
    if not decided and isinstance(before.pending, events.ChangeBilled):
        decided = [before.pending]
    applied = [
        events.SubscriptionChanged(event.terms, event.change)
        if isinstance(event, events.ChangeBilled)
        else event
        for event in decided
    ]
    change = next((e.change for e in applied if isinstance(e, events.SubscriptionChanged)), None)
    after = SUBSCRIPTION.fold(applied, before)
    assert isinstance(after, Running)  # noqa: S101  A change ends nothing.
    nothing = MoneyValue.of(after.balance * 0)
    later = isinstance(after.pending, events.ChangeScheduled)
    return ChangePreview(
        mode=change.mode if change else ("next_period" if later else "none"),
        applies_at=before.ends_at if later else caller.now,
        lines=[_line(line) for line in change.lines] if change else [],
        carried=MoneyValue.of(change.carried) if change else nothing,
        due=MoneyValue.of(change.due) if change else nothing,
        balance=MoneyValue.of(after.balance),
        runs_until=after.ends_at,
        next_due=MoneyValue.of(after.due),
    )


async def _list(caller: Caller, page: Page, person_id: UUID | None) -> Subscriptions:
    async with caller.read() as connection:
        names = await names_of(connection, person_id) if person_id else None
        found = await subscriptions_after(connection, page.cursor(UUID), page.limit + 1, names)
    policy = await policy_now(caller.service, caller.community_id)
    shown = [_shown(subscription, policy.win_back_days) for subscription in found]
    return Subscriptions(**page.answer(shown, key=lambda one: one.subscription_id))


def _shown(subscribed: Subscribed, win_back_days: int) -> Subscription:
    terms, pending = subscribed.terms, subscribed.pending
    return Subscription(
        subscription_id=subscribed.subscription_id,
        version=subscribed.version,
        person_id=terms.person_id,
        offer_id=terms.offer_id,
        tier_id=terms.tier_id,
        price=MoneyValue.of(terms.price),
        interval=terms.interval,
        every=terms.every,
        price_version=terms.price_version,
        quantity=terms.quantity,
        next_due=MoneyValue.of(
            billed(subscribed.upcoming.due(subscribed.periods + 1), subscribed.balance)
        ),
        discount=_discount(terms.reduction, subscribed.periods),
        state=subscribed.state,
        status=subscribed.status,
        began_at=subscribed.began_at,
        runs_until=subscribed.runs_until,
        cancels_at=subscribed.cancels_at,
        ended_for=subscribed.ended_for,
        returns_until=returns_until(subscribed.ended_for, subscribed.runs_until, win_back_days),
        payment_id=subscribed.payment_id,
        change=_pending(pending, subscribed.runs_until) if pending else None,
        price_rise=_rise(subscribed),
        balance=MoneyValue.of(subscribed.balance),
        paused_until=subscribed.paused_until,
    )


def _pending(pending: Pending, runs_until: datetime) -> PendingChange:
    """A pause moves the end of the period, and what waits for it."""
    return PendingChange(
        change_id=pending.change_id,
        offer_id=pending.to.offer_id,
        quantity=pending.to.quantity,
        price=MoneyValue.of(pending.to.price),
        mode=pending.mode,
        due=MoneyValue.of(pending.due),
        applies_at=runs_until if pending.applies_at else None,
        payment_id=pending.payment_id,
    )


def _rise(subscribed: Subscribed) -> PriceRise | None:
    rising, told = subscribed.rising, subscribed.rising.waits
    if told is None:
        return None
    return PriceRise(
        rise_id=told.rise.rise_id,
        price=MoneyValue.of(told.to.price),
        price_version=told.to.price_version,
        applies_from=told.applies_from,
        first_due=first_due(subscribed.holding, told.applies_from),
        needs_consent=told.rise.needs_consent,
        otherwise=told.rise.otherwise,
        agreed=rising.agreed,
    )


def _line(line: events.ChangeLine) -> Line:
    return Line(
        kind=line.kind,
        amount=MoneyValue.of(line.amount),
        offer_id=line.offer_id,
        price_version=line.price_version,
        quantity=line.quantity,
        period_start=line.period.start,
        period_end=line.period.end,
    )


def _discount(reduction: Reduction | None, paid: int) -> Discount | None:
    if reduction is None:
        return None
    left = None if reduction.periods is None else max(0, reduction.periods - paid)
    return Discount(
        discount_id=reduction.discount_id,
        percent=reduction.percent,
        amount=MoneyValue.of(reduction.amount) if reduction.amount else None,
        payments_left=left,
    )
