"""Raising the price for those who have an older one: seen before, started, watched, agreed to, called off."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel

from services.billing.acting import acting_for
from services.billing.offer.projections import offers_among
from services.billing.policy.projections import policy_now
from services.billing.price_rise import commands
from services.billing.price_rise.decider import PRICE_RISE, insist_on_possible
from services.billing.price_rise.events import Whom
from services.billing.price_rise.projections import (
    Progress,
    Started,
    price_rise_of,
    price_rises_of,
    progress_of,
)
from services.billing.rise_preview import Choice, Held, Sums, choose, fingerprint, sums
from services.billing.subscription.events import Otherwise, Rise
from services.billing.subscription.projections import accepting, held_of, leaver_now
from shared.contracts.contract import MoneyValue
from shared.decider import NotFound, Rejected
from shared.http import Body, Caller, Page, Written, by_moment, needs, paging
from shared.reaction import Ask

router = APIRouter()

Staff = Annotated[Caller, needs("subscriptions.write", strict=True)]
Reader = Annotated[Caller, needs("sales.read")]
Mode = Literal["notice", "consent"]


class AskPriceRise(Body):
    """Who has an older price of the offer gets today's, from the first period that begins at `effective_from` or later.

    By `notice` unless they cancel before; by `consent` only if they agree before: who does not keeps the price they
    have, or ends with the period, as `otherwise` says. It is about price versions `from_version` to `to_version`; who
    began before `began_from` and who is `pinned` keep theirs.
    """

    offer_id: UUID
    effective_from: AwareDatetime
    mode: Mode = "notice"
    otherwise: Otherwise = "keep"
    from_version: int = 1
    to_version: int | None = None
    began_from: AwareDatetime | None = None
    pinned: tuple[UUID, ...] = ()


class StartPriceRise(AskPriceRise):
    """`fingerprint` is what the preview answered: if it would be about others by now, it is refused."""

    fingerprint: UUID


class CurrencySums(BaseModel):
    """What the subscriptions of one currency bring: for one period of the offer, and as MRR; trials as if paid."""

    subscriptions: int
    period_before: MoneyValue
    period_after: MoneyValue
    mrr_before: MoneyValue
    mrr_after: MoneyValue


class Counted(BaseModel):
    reason: str
    subscriptions: int


class PriceRisePreview(BaseModel):
    """`first_due` is when the first of them would pay more."""

    fingerprint: UUID
    price_version: int
    prices: list[MoneyValue]
    notice_days: int
    subscriptions: int
    first_due: AwareDatetime | None
    currencies: list[CurrencySums]
    left_out: list[Counted]


class PriceRise(BaseModel):
    """Of its `subscriptions` some are `chosen` and not told yet, some `told`, some have `agreed`; of some the price has
    `moved`, and of those `dropped` it stays for a reason.
    """

    rise_id: UUID
    offer_id: UUID
    price_version: int
    prices: list[MoneyValue]
    effective_from: AwareDatetime
    notice_days: int
    mode: Mode
    otherwise: Otherwise
    from_version: int
    to_version: int | None
    began_from: AwareDatetime | None
    pinned: list[UUID]
    started_at: AwareDatetime
    cancelled_at: AwareDatetime | None
    subscriptions: int
    chosen: int
    told: int
    agreed: int
    moved: int
    dropped: list[Counted]


class PriceRises(BaseModel):
    items: list[PriceRise]
    next: str | None


@router.post("/price-rises/preview", operation_id="preview_price_rise")
async def preview_price_rise(
    body: AskPriceRise,
    caller: Annotated[Caller, needs("subscriptions.write", strict=True, idempotent=False)],
) -> PriceRisePreview:
    """Whom it would be about and what they would pay, by the rules that carry it out; refused where starting is."""
    rise, whom = await _asked(body, caller, caller.new_id("price_rise"))
    insist_on_possible(rise, whom, caller.now)
    choice = await _chosen(caller, rise, whom)
    return PriceRisePreview(
        fingerprint=fingerprint(rise, choice.raised),
        price_version=rise.price_version,
        prices=[MoneyValue.of(price) for price in rise.prices],
        notice_days=rise.notice_days,
        subscriptions=len(choice.raised),
        first_due=min((one.first_due for one in choice.raised), default=None),
        currencies=[_summed(of_currency) for of_currency in sums(choice.raised)],
        left_out=[
            Counted(reason=reason, subscriptions=many)
            for reason, many in sorted(choice.left_out.items())
        ],
    )


@router.post("/price-rises", status_code=201, operation_id="start_price_rise")
async def start_price_rise(body: StartPriceRise, caller: Staff) -> Written:
    """Those who were shown are told from now on, so many a minute."""
    rise_id = caller.new_id("price_rise")
    rise, whom = await _asked(body, caller, rise_id)
    chosen = (await _chosen(caller, rise, whom)).raised
    start = commands.StartPriceRise(
        rise=rise,
        whom=whom,
        subscriptions=tuple(one.subscription_id for one in chosen),
        fingerprint=fingerprint(rise, chosen),
        seen=body.fingerprint,
        at=caller.now,
    )
    return await caller.ask(Ask(PRICE_RISE, rise_id, start), rise_id=rise_id)


@router.post("/price-rises/{rise_id}/cancellation", operation_id="cancel_price_rise")
async def cancel_price_rise(rise_id: UUID, caller: Staff) -> Written:
    """Before it is in force: nobody else is told, and who was told hears that their price stays."""
    cancel = commands.CancelPriceRise(caller.now)
    return await caller.ask(Ask(PRICE_RISE, rise_id, cancel), rise_id=rise_id)


@router.get("/price-rises", operation_id="list_price_rises")
async def list_price_rises(caller: Reader, page: Annotated[Page, Depends(paging)]) -> PriceRises:
    """The newest first."""
    async with caller.read() as connection:
        found = await price_rises_of(
            connection, caller.community_id, page.cursor(by_moment), page.limit + 1
        )
        progress = await progress_of(connection, [one.rise.rise_id for one in found])
    items = [_shown(one, progress[one.rise.rise_id]) for one in found]
    return PriceRises(
        **page.answer(items, lambda last: f"{last.started_at.isoformat()} {last.rise_id}")
    )


@router.get("/price-rises/{rise_id}", operation_id="read_price_rise")
async def read_price_rise(rise_id: UUID, caller: Reader) -> PriceRise:
    async with caller.read() as connection:
        found = await price_rise_of(connection, rise_id)
        progress = await progress_of(connection, [rise_id])
    if found is None:
        raise NotFound("price_rise_not_found", "There is no such price rise.")
    return _shown(found, progress[rise_id])


@router.post(
    "/subscriptions/{subscription_id}/price-rise/acceptance", operation_id="accept_price_rise"
)
async def accept_price_rise(
    subscription_id: UUID, caller: Annotated[Caller, needs("person")]
) -> Written:
    """Who pays agrees to the price they were told of."""
    payer_id, _ = await leaver_now(caller.service, caller.community_id, subscription_id)
    ask = accepting(subscription_id, await acting_for(caller, payer_id or caller.person_id))
    return await caller.ask(ask, subscription_id=subscription_id)


async def _asked(body: AskPriceRise, caller: Caller, rise_id: UUID) -> tuple[Rise, Whom]:
    async with caller.read() as connection:
        offer = (await offers_among(connection, [body.offer_id])).get(body.offer_id)
    if offer is None:
        raise Rejected("offer_not_found", "There is no such offer.", pointer="/offer_id")
    policy = await policy_now(caller.service, caller.community_id)
    rise = Rise(
        rise_id=rise_id,
        offer_id=body.offer_id,
        name=offer.name,
        price_version=offer.price_version,
        prices=tuple(price.amount for price in offer.prices if price.minimum is None),
        effective_from=body.effective_from,
        notice_days=policy.price_notice_days,
        needs_consent=body.mode == "consent",
        otherwise=body.otherwise,
    )
    return rise, Whom(body.from_version, body.to_version, body.began_from, body.pinned)


async def _chosen(caller: Caller, rise: Rise, whom: Whom) -> Choice:
    async with caller.read() as connection:
        held = await held_of(connection, rise.offer_id)
    seen = (Held(one.subscription_id, one.began_at, one.holding) for one in held)
    return choose(rise, whom, seen)


def _summed(of_currency: Sums) -> CurrencySums:
    subscriptions, *amounts = of_currency
    values = zip(Sums._fields[1:], map(MoneyValue.of, amounts), strict=True)
    return CurrencySums(subscriptions=subscriptions, **dict(values))


def _shown(started: Started, progress: list[Progress]) -> PriceRise:
    rise, whom = started.rise, started.whom
    counts = {state: many for state, reason, many in progress if reason is None}
    return PriceRise(
        rise_id=rise.rise_id,
        offer_id=rise.offer_id,
        price_version=rise.price_version,
        prices=[MoneyValue.of(price) for price in rise.prices],
        effective_from=rise.effective_from,
        notice_days=rise.notice_days,
        mode="consent" if rise.needs_consent else "notice",
        otherwise=rise.otherwise,
        from_version=whom.from_version,
        to_version=whom.to_version,
        began_from=whom.began_from,
        pinned=list(whom.pinned),
        started_at=started.started_at,
        cancelled_at=started.cancelled_at,
        subscriptions=started.subscriptions,
        chosen=counts.get("chosen", 0),
        told=counts.get("told", 0),
        agreed=counts.get("agreed", 0),
        moved=counts.get("moved", 0),
        dropped=[
            Counted(reason=reason, subscriptions=many) for _, reason, many in progress if reason
        ],
    )
