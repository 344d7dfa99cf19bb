"""Giving without an account, and what the link of a donation opens; and who gave, for staff."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, StringConstraints

from services.billing.checkout.projections import (
    Standing,
    checkout_of,
    opening,
    paying,
    paying_on_page,
)
from services.billing.choices import Today, line_of
from services.billing.coming import Opened, Via, kept_of, standing_of_via
from services.billing.donation import commands
from services.billing.donation.decider import DONATION
from services.billing.donation.events import DonationOpened, checkout_by, donation_of
from services.billing.donation.projections import Came, Donor, donors_after, gifts_of, is_kept
from services.billing.links import GIVING_LIFE, OF_GIVING, OF_LETTER, make_link, read_link
from services.billing.merchant.projections import merchant_of
from services.billing.offer.projections import offers_among
from services.billing.order.events import order_of
from services.billing.passes import GuestPass, read_pass
from services.billing.payer.projections import kept_for, saving
from services.billing.payment.events import payment_of
from services.billing.payment.projections import Paid, payment_by_id, resuming
from services.billing.steps import step_of
from services.billing.subscription.events import subscription_of
from services.billing.subscription.projections import Subscribed, cancelling, subscription_by_id
from shared.auth import ExpiredLink
from shared.contracts.contract import Currency, MoneyValue
from shared.decider import NotFound
from shared.http import Body, Caller, Page, Written, needs, paging
from shared.ids import Code
from shared.problem import Problem
from shared.reaction import Ask
from shared.visibility.gate import Visitor

router = APIRouter()

Stranger = Annotated[Caller, needs("public")]


class Give(Body):
    """`amount` is for offers whose price the giver names. A `name` is kept, and shown to staff, if `show_name` says so.

    `return_url` is a page at this origin, without a query: where one comes back to from the processor's own. Who came
    `via` a link may say so.
    """

    guest_pass: Annotated[str, StringConstraints(max_length=2000)]
    offer_id: UUID
    amount: MoneyValue | None = None
    currency: Currency | None = None
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    show_name: bool = False
    return_url: Annotated[str, StringConstraints(max_length=500)]
    via: Via | None = None


class GiftOpened(Opened):
    """`link` is good for paying, for a day; that of the letter looks, stops and forgets. A dry run gives none."""

    link: str | None = None


class CardGiven(Body):
    """The id that the processor's own form gave to the card: no number of it comes here."""

    payment_method: Annotated[str, StringConstraints(pattern=r"^pm_[A-Za-z0-9_]{1,250}$")]


class Receipt(BaseModel):
    """Money that came, and how much of it went back."""

    payment_id: UUID
    amount: MoneyValue
    returned: MoneyValue
    at: AwareDatetime


class Regular(BaseModel):
    """Of what is given again and again: when next, unless it stops."""

    state: str
    runs_until: AwareDatetime
    stops_at: AwareDatetime | None


class Payable(BaseModel):
    """What the processor's own form needs; `page_url` while it is paid on the processor's page."""

    account: str | None
    payment_intent: str | None
    client_secret: str | None
    page_url: str | None


class Card(BaseModel):
    """The last card given; `code` says why it was refused."""

    state: Literal["saving", "saved", "refused"]
    code: str | None


class Gift(BaseModel):
    """`problem` is the processor's code for why the last attempt failed. `of_letter`: this link stops it as well.

    What became of the last `card` is seen by the link of the letter.
    """

    seller: str
    state: str
    amount: MoneyValue
    recurs: bool
    problem: str | None
    processor: Payable
    regular: Regular | None
    receipts: list[Receipt]
    of_letter: bool
    card: Card | None


class Giver(BaseModel):
    """`name` is there of a guest who wants it shown, until they are forgotten; who a member is, membership says."""

    person_id: UUID
    given: MoneyValue
    since: AwareDatetime
    latest: AwareDatetime
    gifts: int
    is_guest: bool
    name: str | None


class Givers(BaseModel):
    items: list[Giver]
    next: str | None


@router.post(
    "/public/communities/{community_id}/donations", status_code=201, operation_id="open_donation"
)
async def open_donation(community_id: UUID, body: Give, caller: Visitor) -> GiftOpened:
    """An offer that asks for nothing in return, once or again and again, as the offer says."""
    service, jwks = caller.service, caller.service.settings.token_keys
    held = read_pass(body.guest_pass, jwks, community_id=community_id, pointer="/guest_pass")
    asks = await _opening(community_id, held, body, caller)
    checkout_id = checkout_by(held.pass_id)
    written = await caller.ask(
        *asks, community_id=community_id, mode=held.mode, checkout_id=checkout_id
    )
    via = standing_of_via(body.via)
    told = {**written.model_dump(), "order_id": order_of(checkout_id), "via": via}
    if written.would:
        return GiftOpened(**told)
    until = caller.now + GIVING_LIFE
    link = make_link(service.secret, checkout_id, community_id, until, OF_GIVING)
    return GiftOpened(**told, link=link)


async def _opening(community_id: UUID, held: GuestPass, body: Give, caller: Caller) -> list[Ask]:
    """The donation and its checkout: both or neither."""
    checkout_id, person_id = checkout_by(held.pass_id), held.person_id
    async with caller.read(community_id) as connection:
        merchant = await merchant_of(connection)
        offer = (await offers_among(connection, [body.offer_id])).get(body.offer_id)
    amount = body.amount.money() if body.amount else None
    line = line_of(offer, 1, amount, body.currency, "", Today(caller.now, merchant.time_zone))
    kept_name = body.name if body.show_name else None
    give = commands.OpenDonation(
        person_id,
        checkout_id,
        line,
        held.expires_at,
        caller.now,
        await caller.seal(person_id, kept_name) if kept_name else None,
        body.show_name,
    )
    basket = opening(
        checkout_id,
        person_id,
        line,
        merchant,
        return_url=body.return_url,
        origin=caller.service.settings.origin,
        at=caller.now,
        via=kept_of(body.via),
    )
    return [Ask(DONATION, donation_of(checkout_id), give), basket]


class Door:
    """What a link opens: one donation, and whether it came by letter, which proves the address."""

    def __init__(
        self, community_id: UUID, checkout_id: UUID, gift: DonationOpened, *, of_letter: bool
    ) -> None:
        self.community_id = community_id
        self.checkout_id = checkout_id
        self.gift = gift
        self.of_letter = of_letter
        self.subscription_id = subscription_of(order_of(checkout_id), gift.offer_id)


async def _door(link: str, caller: Caller, *, by_letter: bool = False) -> Door:
    purposes = (OF_LETTER,) if by_letter else (OF_LETTER, OF_GIVING)
    for purpose in purposes:
        try:
            opened = read_link(caller.service.secret, link, caller.now, purpose)
        except ExpiredLink:
            continue
        donation = await caller.state(DONATION, donation_of(opened.subject), opened.community_id)
        if donation is None:
            raise NotFound("donation_not_found", "There is no such donation.")
        of_letter = purpose == OF_LETTER
        return Door(opened.community_id, opened.subject, donation.opened, of_letter=of_letter)
    raise Problem(403, "bad_link", "This link opens nothing.")


@router.get("/public/donations/{link}", operation_id="read_donation")
async def read_donation(link: str, caller: Stranger) -> Gift:
    """For whoever bears the link; nothing in it says who gave."""
    door = await _door(link, caller)
    gift, checkout_id = door.gift, door.checkout_id
    async with caller.read(door.community_id) as connection:
        merchant = await merchant_of(connection)
        standing = await checkout_of(connection, checkout_id, [gift.person_id])
        kept = await is_kept(connection, checkout_id)
        payment = await payment_by_id(connection, payment_of(checkout_id))
        regular = await subscription_by_id(connection, door.subscription_id)
        gifts = await gifts_of(connection, checkout_id, door.subscription_id)
        card = await kept_for(connection, gift.person_id) if door.of_letter else None
    if standing is None or not kept:
        raise NotFound("donation_not_found", "There is no such donation.")
    return Gift(
        seller=merchant.name,
        state=standing.state,
        amount=MoneyValue.of(gift.amount),
        recurs=gift.recurs,
        problem=standing.problem,
        processor=await _payable(standing, payment, caller),
        regular=_regular(regular) if regular else None,
        receipts=list(map(_receipt, gifts)),
        of_letter=door.of_letter,
        card=Card(state=card.state, code=card.code) if card else None,
    )


def _regular(running: Subscribed) -> Regular:
    return Regular(state=running.state, runs_until=running.runs_until, stops_at=running.cancels_at)


def _receipt(came: Came) -> Receipt:
    return Receipt(
        payment_id=came.payment_id,
        amount=MoneyValue.of(came.amount),
        returned=MoneyValue.of(came.returned),
        at=came.at,
    )


async def _payable(standing: Standing, payment: Paid | None, caller: Caller) -> Payable:
    step = await step_of(standing, payment, caller.service.gateways)
    return Payable(
        account=standing.account,
        payment_intent=payment.intent if payment else None,
        client_secret=step.client_secret,
        page_url=step.url,
    )


@router.post("/public/donations/{link}/pay", status_code=202, operation_id="pay_donation")
async def pay_donation(link: str, body: CardGiven, caller: Stranger) -> Written:
    door = await _door(link, caller)
    method = Code(body.payment_method)
    ask = paying(door.checkout_id, door.gift.person_id, method, caller.now)
    return await caller.ask(ask, community_id=door.community_id)


@router.post(
    "/public/donations/{link}/pay-on-page", status_code=202, operation_id="pay_donation_on_page"
)
async def pay_donation_on_page(link: str, caller: Stranger) -> Written:
    """Stripe's own page takes the card: the donation has its address as soon as it is there."""
    door = await _door(link, caller)
    ask = paying_on_page(door.checkout_id, door.gift.person_id, caller.now)
    return await caller.ask(ask, community_id=door.community_id)


@router.post("/public/donations/{link}/return", status_code=202, operation_id="return_to_donation")
async def return_to_donation(link: str, caller: Stranger) -> Written:
    """The giver is back from the processor's page: it is asked what they did there."""
    door = await _door(link, caller)
    ask = resuming(payment_of(door.checkout_id), door.gift.person_id)
    return await caller.ask(ask, community_id=door.community_id)


@router.post("/public/donations/{link}/stop", operation_id="stop_donation")
async def stop_donation(link: str, caller: Stranger) -> Written:
    """By the link of the letter: nothing is collected any more."""
    door = await _door(link, caller, by_letter=True)
    ask = cancelling(door.subscription_id, door.gift.person_id)
    return await caller.ask(ask, community_id=door.community_id)


@router.post("/public/donations/{link}/card", status_code=202, operation_id="give_donation_card")
async def give_donation_card(link: str, body: CardGiven, caller: Stranger) -> Written:
    """By the link of the letter: what is given again and again is collected by this card from now on.

    Nothing else of theirs is: who can open a donation in somebody's name has not proved the address.
    """
    door = await _door(link, caller, by_letter=True)
    async with caller.read(door.community_id) as connection:
        merchant = await merchant_of(connection)
    method = Code(body.payment_method)
    ask = saving(door.gift.person_id, method, merchant.account, door.subscription_id)
    return await caller.ask(ask, community_id=door.community_id)


@router.post("/public/donations/{link}/erasure", status_code=202, operation_id="erase_donor")
async def erase_donor(link: str, caller: Stranger) -> Written:
    """By the link of the letter, for good: what is given again and again stops, and every service forgets."""
    door = await _door(link, caller, by_letter=True)
    ask = Ask(DONATION, donation_of(door.checkout_id), commands.AskErasure())
    return await caller.ask(ask, community_id=door.community_id)


def _by_donor(cursor: str) -> tuple[UUID, str]:
    person_id, currency = cursor.split(" ")
    return UUID(person_id), currency


@router.get("/donors", operation_id="list_donors")
async def list_donors(
    caller: Annotated[Caller, needs("sales.read")], page: Annotated[Page, Depends(paging)]
) -> Givers:
    """One line for each currency somebody gave in, less what went back."""
    async with caller.read() as connection:
        found = await donors_after(connection, page.cursor(_by_donor), page.limit + 1)
    names = await caller.open_all([donor.name for donor in found])
    shown = [_giver(donor, name) for donor, name in zip(found, names, strict=True)]
    return Givers(**page.answer(shown, key=lambda one: f"{one.person_id} {one.given.currency}"))


def _giver(donor: Donor, name: str | None) -> Giver:
    return Giver(
        person_id=donor.person_id,
        given=MoneyValue.of(donor.given),
        since=donor.since,
        latest=donor.latest,
        gifts=donor.gifts,
        is_guest=donor.is_guest,
        name=name,
    )
