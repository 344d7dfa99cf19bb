"""Connecting the community's own accounts at the processors."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from services.billing.gateways.accounts import SellerAccounts
from services.billing.gateways.gateway import Declined
from services.billing.gateways.processors import paypal_account
from services.billing.merchant import commands, decider
from services.billing.merchant.decider import MERCHANT, merchant_stream
from services.billing.merchant.projections import merchant_of
from shared.auth import ExpiredLink
from shared.decider import NotFound, Rejected
from shared.http import Body, Caller, Written, needs
from shared.ids import Code
from shared.reaction import Ask

CONSENT_LIFE = timedelta(hours=1)

router = APIRouter()

Owner = Annotated[Caller, needs("merchant.write", strict=True)]
Page = Annotated[str, StringConstraints(pattern=r"^https?://", max_length=500)]


class BeginOnboarding(Body):
    """Pages of the organiser's: where Stripe's form leads at its end, and where when it has become too old."""

    return_url: Page
    again_url: Page


class Onboarding(BaseModel):
    """`url` is Stripe's form for the owner of the account: good once, and for minutes."""

    account: str
    url: str


class Standing(BaseModel):
    """How the account stands at Stripe now; `missing` names, in Stripe's words, what its owner still has to tell."""

    account: str
    connected: bool
    charges: bool
    payouts: bool
    missing: list[str]


class Consent(BaseModel):
    """Where the owner of an account lets us act for it; Stripe sends them back with a `code` and this `state`."""

    url: str
    state: str


class ConnectByConsent(Body):
    code: str = Field(min_length=1, max_length=500)
    state: str = Field(min_length=1, max_length=2_000)


class ConnectAccount(Body):
    account: Annotated[str, StringConstraints(pattern=r"^acct_\w{1,100}$")]


class ConnectPaypal(Body):
    """The merchant id that PayPal shows the seller, who has to let the platform's app act for them."""

    merchant_id: Annotated[str, StringConstraints(pattern=r"^[2-9A-HJ-NP-Z]{13}$")]


class Merchant(BaseModel):
    """`account` is null while charges are made on the platform's own, `paypal` where nobody may pay by it.

    Of what is charged on the account, the platform keeps `platform_fee_bps` basis points.
    """

    account: str | None
    paypal: str | None
    platform_fee_bps: int
    time_zone: str


@router.post("/merchant/onboarding", operation_id="begin_onboarding")
async def begin_onboarding(
    body: BeginOnboarding,
    caller: Annotated[Caller, needs("merchant.write", strict=True, idempotent=False)],
) -> Onboarding:
    """An account at Stripe for who has none; again, the way back to its form. It sells once Stripe lets it charge."""
    accounts = _accounts(caller)
    begun = (await _now(caller)).begun
    try:
        account = begun or await accounts.make(caller.community_id)
    except Declined as no:
        detail = "Stripe makes no account for this community: the platform has to ask it why."
        raise Rejected("account_refused", detail) from no
    await _ask(caller, commands.MakeAccount(account))
    try:
        url = await accounts.form_url(account, body.return_url, body.again_url)
    except Declined as no:
        detail = "Stripe makes no form for this account that leads to these pages."
        raise Rejected("form_refused", detail, pointer="/return_url") from no
    return Onboarding(account=account, url=url)


@router.post("/merchant/onboarding/return", status_code=202, operation_id="return_from_onboarding")
async def return_from_onboarding(caller: Owner) -> Written:
    """The owner is back from the form: Stripe says whether the account may charge, and it is connected if so."""
    account = (await _now(caller)).made
    if account is None:
        raise NotFound("no_account_begun", "No account has been made for this community.")
    found = await _accounts(caller).find(account)
    return await _ask(
        caller, commands.CompleteAccount(account, found is not None and found.charges)
    )


@router.get("/merchant/standing", operation_id="read_standing")
async def read_standing(caller: Annotated[Caller, needs("sales.read")]) -> Standing:
    merchant = await _now(caller)
    account = merchant.begun
    found = await _accounts(caller).find(account) if account else None
    if account is None or found is None:
        raise NotFound("no_account_begun", "There is no account of this community to look at.")
    return Standing(
        account=account,
        connected=account == merchant.account,
        charges=found.charges,
        payouts=found.payouts,
        missing=list(found.missing),
    )


@router.get("/merchant/authorization", operation_id="authorize_account")
async def authorize_account(caller: Owner) -> Consent:
    """For who has an account at Stripe already, with customers and subscriptions of their own."""
    state = caller.service.links.make(
        "merchant", caller.account_id, caller.community_id, caller.now + CONSENT_LIFE
    )
    url = _accounts(caller).consent_url(state)
    if url is None:
        raise NotFound("consent_not_offered", "This platform has not been set up for that.")
    return Consent(url=url, state=state)


@router.post("/merchant/authorization", operation_id="connect_by_consent")
async def connect_by_consent(body: ConnectByConsent, caller: Owner) -> Written:
    """Whoever came back with the code may act for the account, or Stripe would not have given it to them."""
    try:
        link = caller.service.links.check(body.state, "merchant", now=caller.now)
    except ExpiredLink as expired:
        raise Rejected("state_expired", "Begin again.", pointer="/state") from expired
    if (link.subject, link.community_id) != (caller.account_id, caller.community_id):
        raise Rejected("state_of_another", "Begin again.", pointer="/state")
    try:
        account = await _accounts(caller).agreed(body.code)
    except Declined as no:
        raise Rejected("consent_refused", "Stripe does not accept this.", pointer="/code") from no
    found = await _accounts(caller).find(account)
    charges = found is not None and found.charges
    return await _ask(caller, commands.ConnectAccount(account, proved=True, charges=charges))


@router.post("/merchant/account", operation_id="connect_account")
async def connect_account(body: ConnectAccount, caller: Owner) -> Written:
    """One on which the platform has written, at Stripe, `community_id` and this community's id; it may charge."""
    account = Code(body.account)
    found = await _accounts(caller).find(account)
    proved = found is not None and found.community_id == caller.community_id
    charges = found is not None and found.charges
    return await _ask(caller, commands.ConnectAccount(account, proved, charges))


@router.put("/merchant/paypal", operation_id="connect_paypal")
async def connect_paypal(body: ConnectPaypal, caller: Owner) -> Written:
    """From now on a checkout may be paid by PayPal, to this account; cards go where they went."""
    account = paypal_account(caller.service.gateways, body.merchant_id)
    return await _ask(caller, commands.ConnectPaypal(account))


@router.get("/merchant", operation_id="read_merchant")
async def read_merchant(caller: Annotated[Caller, needs("sales.read")]) -> Merchant:
    async with caller.read() as connection:
        merchant = await merchant_of(connection)
    return Merchant(
        account=merchant.account,
        paypal=merchant.paypal,
        platform_fee_bps=caller.service.settings.platform_fee_bps,
        time_zone=merchant.time_zone,
    )


def _accounts(caller: Caller) -> SellerAccounts:
    accounts: SellerAccounts = caller.service.gateways["accounts"]
    return accounts


async def _now(caller: Caller) -> decider.Merchant:
    merchant: decider.Merchant = await caller.state(MERCHANT, merchant_stream(caller.community_id))
    return merchant


async def _ask(caller: Caller, command: commands.MerchantCommand) -> Written:
    return await caller.ask(Ask(MERCHANT, merchant_stream(caller.community_id), command))
