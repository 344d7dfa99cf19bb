"""Stripe, through its own SDK: our idempotency keys, no telemetry, an explicit API version."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from http import HTTPStatus
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal, cast
from uuid import UUID

import aiohttp
import stripe
from stripe import (
    AIOHTTPClient,
    APIConnectionError,
    APIError,
    AuthenticationError,
    CardError,
    Dispute,
    IdempotencyError,
    InvalidRequestError,
    Mandate,
    PaymentIntent,
    PaymentMethod,
    RateLimitError,
    Refund,
    RequestOptions,
    StripeClient,
)

from services.billing.comparison import RefundThere
from services.billing.gateways.gateway import (
    Acceptance,
    AskedBefore,
    Declined,
    Disputed,
    IfThere,
    IntentOrder,
    Outcome,
    PayerStep,
    ProcessorUnavailable,
    Signed,
    Subject,
    refund_named,
)
from services.billing.gateways.webhooks import subject_of_intent
from shared.clock import real_now
from shared.ids import Code
from shared.money import EXPONENTS, Money

if TYPE_CHECKING:
    from stripe.params import (
        RefundCreateParams,
        SetupIntentCreateParams,
    )

# The last version in which an intent can say that it takes cards and nothing that redirects.
API_VERSION = "2026-08-26.dahlia"
PATIENCE_SECONDS = 20.0
PAGE = 100
DEBIT = "sepa_debit"
CAPABILITY = "sepa_debit_payments"
UNUSED = "requires_payment_method"
NOT_REFUNDED = ("failed", "canceled")
# Stripe remembers a key for a day at least (docs.stripe.com/api/idempotent_requests).
REMEMBERED = timedelta(days=3)

# Declines that no later try with the same card will turn into money (docs.stripe.com/declines/codes).
FINAL = frozenset(
    [
        "incorrect_number",
        "invalid_account",
        "lost_card",
        "stolen_card",
        "pickup_card",
        "restricted_card",
        "expired_card",
        "fraudulent",
        "highest_risk_level",
        "transaction_not_allowed",
        "revocation_of_authorization",
        "revocation_of_all_authorizations",
        "resource_missing",
        # Of bank accounts (docs.stripe.com/error-codes): closed, not to be debited, or the mandate is no longer good.
        "account_closed",
        "no_account",
        "account_number_invalid",
        "account_information_mismatch",
        "bank_account_restricted",
        "bank_account_unusable",
        "debit_not_authorized",
        "incorrect_account_details",
        "payment_method_bank_account_blocked",
        "payment_intent_mandate_invalid",
        "setup_intent_mandate_invalid",
        "billing_invalid_mandate",
        "sepa_unsupported_account",
    ]
)

# Where Stripe counts other minor units than ISO 4217 does (docs.stripe.com/currencies, special cases).
STRIPE_EXPONENTS = {**EXPONENTS, "ISK": 2, "UGX": 2, "MGA": 0}

# How Stripe's words for a dispute read here; every other one is a dispute that is still open.
STANDINGS: dict[str, Literal["inquiry", "won", "lost", "dropped"]] = {
    "warning_needs_response": "inquiry",
    "warning_under_review": "inquiry",
    "warning_closed": "dropped",
    "prevented": "dropped",
    "won": "won",
    "lost": "lost",
}

THREE_DECIMALS = 3
NOTHING = Fraction(0)
Fee = dict[str, int]
MONTHS = 12

stripe.enable_telemetry = False


class StripeGateway:
    """One platform key; charges are made on the community's own account when it has connected one."""

    def __init__(self, key: str, url: str | None, platform_fee: Fraction = NOTHING) -> None:
        self._platform_fee = platform_fee
        self._http = AIOHTTPClient(timeout=aiohttp.ClientTimeout(PATIENCE_SECONDS))
        self.client = StripeClient(
            key,
            base_addresses={"api": url.rstrip("/"), "connect": url.rstrip("/")} if url else {},
            stripe_version=API_VERSION,
            http_client=self._http,
            max_network_retries=1,
        )

    async def create_customer(self, person_id: UUID, account: Code | None) -> Code:
        marks = {"person_id": str(person_id)}
        try:
            with translated():
                customer = await self.client.v1.customers.create_async(
                    {"metadata": marks}, options(account, f"customer:{person_id}")
                )
        except AskedBefore:
            customer = await self.made_before(self.client.v1.customers.list_async, account, marks)
        return Code(customer.id)

    async def keep(
        self,
        payment_method: Code,
        customer: Code,
        account: Code | None,
        wish: UUID,
        *,
        alone: bool = False,
    ) -> date | None:
        keep = self._set_up if alone else self._attach
        try:
            with translated():
                kept = await keep(payment_method, customer, account, wish)
        except AskedBefore:
            with translated():
                kept = await self._method(payment_method, account)
            if kept.customer != customer:
                raise
        card = getattr(kept, "card", None)
        return good_until(int(card.exp_month), int(card.exp_year)) if card else None

    async def _attach(
        self, payment_method: Code, customer: Code, account: Code | None, wish: UUID
    ) -> PaymentMethod:
        return await self.client.v1.payment_methods.attach_async(
            payment_method, {"customer": customer}, options(account, f"attach:{wish}")
        )

    async def _method(self, payment_method: Code, account: Code | None) -> PaymentMethod:
        return await self.client.v1.payment_methods.retrieve_async(
            payment_method, {}, options(account)
        )

    async def _set_up(
        self, payment_method: Code, customer: Code, account: Code | None, wish: UUID
    ) -> PaymentMethod:
        """What came by the form is the customer's already, and its bank was asked there."""
        found = await self._method(payment_method, account)
        if found.customer == customer:
            return found
        params = _for_later(customer) | {"payment_method": payment_method, "confirm": True}
        setup = await self.client.v1.setup_intents.create_async(
            cast("SetupIntentCreateParams", params), options(account, f"setup:{wish}")
        )
        if setup.status == "requires_action":
            raise Declined(Code("authentication_required"), final=False)
        if setup.status != "succeeded":
            raise _declined(setup.last_setup_error or setup)
        return found

    async def open_form(self, customer: Code, account: Code | None, wish: UUID) -> Code:
        setups = self.client.v1.setup_intents
        try:
            with translated():
                setup = await setups.create_async(
                    cast("SetupIntentCreateParams", _for_later(customer)),
                    options(account, f"form:{wish}"),
                )
        except AskedBefore:
            setup = await self.made_before(
                setups.list_async, account, {}, lambda one: one.status == UNUSED, customer=customer
            )
        return Code(setup.client_secret or "")

    async def keep_debit(
        self,
        payment_method: Code,
        customer: Code,
        account: Code | None,
        wish: UUID,
        acceptance: Acceptance,
    ) -> Signed:
        params = _signing(payment_method, customer, acceptance)
        setups = self.client.v1.setup_intents
        try:
            with translated():
                setup = await setups.create_async(
                    cast("SetupIntentCreateParams", params), options(account, f"debit:{wish}")
                )
        except AskedBefore:
            of_it: Any = {"customer": customer, "payment_method": payment_method}
            of_it["expand"] = ["data.mandate"]
            setup = await self.made_before(setups.list_async, account, {}, **of_it)
        mandate = setup.mandate
        if setup.status != "succeeded" or not isinstance(mandate, Mandate):
            raise _declined(setup.last_setup_error or setup)
        debit = mandate.payment_method_details.sepa_debit
        return Signed(Code(mandate.id), Code(debit.reference if debit else mandate.id))

    async def takes_debits(self, account: Code | None) -> bool:
        accounts = self.client.v1.accounts
        with translated():
            found = await (
                accounts.retrieve_async(account) if account else accounts.retrieve_current_async()
            )
        return (found.to_dict().get("capabilities") or {}).get(CAPABILITY) == "active"

    async def fingerprint(self, payment_method: Code, account: Code | None) -> Code | None:
        with IfThere(), translated():
            found = await self._method(payment_method, account)
            told = (found.to_dict().get(found.type) or {}).get("fingerprint")
            return Code(told) if told else None
        return None

    async def delete_customer(self, customer: Code, account: Code | None) -> None:
        with IfThere(), translated():
            await self.client.v1.customers.delete_async(customer, {}, options(account))

    async def create_intent(self, order: IntentOrder) -> Code:
        # No parameter that would confirm: creating must be without effect, however often it is repeated.
        params = {
            "amount": minor_units(order.amount),
            "currency": order.amount.currency.lower(),
            "payment_method": order.payment_method,
            "payment_method_types": [DEBIT if order.debit else "card"],
            "metadata": {
                "community_id": str(order.community_id),
                "payment_id": str(order.payment_id),
            },
        } | ({"customer": order.customer} if order.customer else {})
        fee = self.fee_of(order)
        later = {"setup_future_usage": "off_session"} if order.keep else {}
        asked = options(order.account, keyed(":".join(["intent", *later]), order, fee))
        try:
            return Code((await self._post_intent("", params | later | fee, asked))["id"])
        except AskedBefore:
            return await self._announced_before(order)

    async def _announced_before(self, order: IntentOrder) -> Code:
        """Of the attempts before nothing stands: their intents were cancelled before this one was asked for."""
        marks = {"payment_id": str(order.payment_id)}
        found = await self.made_before(
            self.client.v1.payment_intents.list_async,
            order.account,
            marks,
            lambda one: one.status != "canceled" and one.amount == minor_units(order.amount),
        )
        return Code(found.id)

    async def made_before(
        self,
        listing: Callable[[Any, RequestOptions], Awaitable[Any]],
        account: Code | None,
        marks: Mapping[str, str],
        is_it: Callable[[Any], bool] = lambda _: True,
        **of_it: Any,
    ) -> Any:
        """The newest that bears our marks, made as long ago as a key is remembered; AskedBefore when there is none."""
        since = int((real_now() - REMEMBERED).timestamp())
        with translated():
            asked = {"created": {"gte": since}, "limit": PAGE, **of_it}
            listed = await listing(asked, options(account))
            async for one in listed.auto_paging_iter():
                written = one.to_dict().get("metadata") or {}
                if marks.items() <= written.items() and is_it(one):
                    return one
        raise AskedBefore

    def fee_of(self, order: IntentOrder) -> Fee:
        """What the platform keeps of a charge on a community's own account, as Stripe is told of it."""
        fee = chargeable(order.amount.share(self._platform_fee))
        return {"application_fee_amount": minor_units(fee)} if order.account and fee else {}

    async def confirm_intent(
        self, intent: Code, payment_method: Code, account: Code | None, *, away: bool = False
    ) -> Outcome:
        del payment_method  # It is on the intent.
        params = {"off_session": True} if away else {}
        try:
            asked = options(account, ":".join(["confirm", *params, intent]))
            return _outcome(await self._post_intent(f"/{intent}/confirm", params, asked))
        except Declined as declined:
            # It may be refused because it was confirmed or cancelled before: only a second look says.
            now = await self.fetch_intent(intent, account)
            is_told = now.status != "untouched" or isinstance(declined, AskedBefore)
            return now if is_told else _failed(declined)

    async def fetch_intent(self, intent: Code, account: Code | None) -> Outcome:
        return _outcome((await self._retrieve(intent, account)).to_dict())

    async def cancel_intent(self, intent: Code, account: Code | None) -> Outcome:
        try:
            with translated():
                cancelled = await self.client.v1.payment_intents.cancel_async(
                    intent, {}, options(account, f"cancel:{intent}")
                )
        except Declined:
            return await self.fetch_intent(intent, account)
        return _outcome(cancelled.to_dict())

    async def payer_step(self, intent: Code, account: Code | None) -> PayerStep:
        return PayerStep(Code((await self._retrieve(intent, account)).client_secret or ""))

    async def refund(
        self,
        intent: Code,
        account: Code | None,
        refund_id: UUID,
        amount: Money,
        *,
        with_fee: bool = False,
    ) -> Code:
        params = {
            "payment_intent": intent,
            "amount": minor_units(amount),
            "metadata": {"refund_id": str(refund_id)},
        } | ({"refund_application_fee": True} if with_fee else {})
        try:
            with translated():
                refund = await self.client.v1.refunds.create_async(
                    cast("RefundCreateParams", params), options(account, f"refund:{refund_id}")
                )
        except AskedBefore as before:
            if found := await self.find_refund(intent, account, refund_id):
                return found
            # Nothing went back by it, and nothing does before the key is forgotten: it is looked for until then.
            raise ProcessorUnavailable(f"Stripe: {before}", retry_after=5) from before
        if refund.status in NOT_REFUNDED:
            reason = getattr(refund, "failure_reason", None) or refund.status
            raise Declined(Code(reason), final=True)
        return Code(refund.id)

    async def find_refund(self, intent: Code, account: Code | None, refund_id: UUID) -> Code | None:
        for refund in await self._refunds(intent, account):
            if _ours(refund) == refund_id and refund.status not in NOT_REFUNDED:
                return Code(refund.id)
        return None

    async def refunds(self, intent: Code, account: Code | None) -> tuple[RefundThere, ...]:
        return tuple(
            RefundThere(Code(one.id), money_of(one.amount, one.currency), _ours(one))
            for one in await self._refunds(intent, account)
            if one.status == "succeeded"
        )

    async def refunded(self, about: Code, account: Code | None) -> Subject | None:
        with IfThere():
            return subject_of_intent((await self._retrieve(about, account)).to_dict())
        return None

    async def _refunds(self, intent: Code, account: Code | None) -> list[Refund]:
        with translated():
            refunds = await self.client.v1.refunds.list_async(
                {"payment_intent": intent, "limit": PAGE}, options(account)
            )
            return [refund async for refund in refunds.auto_paging_iter()]

    async def fetch_dispute(self, dispute: Code, account: Code | None) -> Disputed | None:
        with IfThere(), translated():
            found = await self.client.v1.disputes.retrieve_async(
                dispute, {"expand": ["payment_intent"]}, options(account)
            )
            return _disputed(found)
        return None

    async def close(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def _post_intent(
        self, path: str, params: Mapping[str, Any], asked: RequestOptions
    ) -> Mapping[str, Any]:
        """What every charge asks, by the SDK but without its objects of the answer: they nearly double the cost."""
        with translated():
            answer = await self.client.raw_request_async(
                "post", f"/v1/payment_intents{path}", **params, **asked
            )
        intent: Mapping[str, Any] = answer.data
        return intent

    async def _retrieve(self, intent: Code, account: Code | None) -> PaymentIntent:
        with translated():
            return await self.client.v1.payment_intents.retrieve_async(intent, {}, options(account))


def _signing(payment_method: Code, customer: Code, acceptance: Acceptance) -> dict[str, Any]:
    online = {"ip_address": acceptance.address, "user_agent": acceptance.agent}
    accepted_at = int(acceptance.at.timestamp())
    accepted = {"type": "online", "accepted_at": accepted_at, "online": online}
    return {
        "customer": customer,
        "payment_method": payment_method,
        "payment_method_types": [DEBIT],
        "usage": "off_session",
        "confirm": True,
        "mandate_data": {"customer_acceptance": accepted},
        "expand": ["mandate"],
    }


def _for_later(customer: Code) -> dict[str, Any]:
    return {"customer": customer, "payment_method_types": ["card"], "usage": "off_session"}


def minor_units(money: Money) -> int:
    """The amount as Stripe counts it; Declined when Stripe has no coin that small."""
    ours = EXPONENTS.get(money.currency, 2)
    shift = STRIPE_EXPONENTS.get(money.currency, 2) - ours
    whole, rest = divmod(money.minor * 10 ** max(shift, 0), 10 ** max(-shift, 0))
    if rest or (ours == THREE_DECIMALS and whole % 10):  # Of three decimals, the last must be 0.
        raise Declined(Code("amount_not_chargeable"), final=True)
    return int(whole)


def chargeable(money: Money) -> Money:
    """The amount without what Stripe has no coin for."""
    ours = EXPONENTS.get(money.currency, 2)
    coin = 10 ** max(ours - STRIPE_EXPONENTS.get(money.currency, 2), ours == THREE_DECIMALS)
    return Money(money.minor // coin * coin, money.currency)


def money_of(minor: int, currency: str) -> Money:
    """What Stripe counted as we count it; a part of a coin that we do not have is left out."""
    code = currency.upper()
    shift = STRIPE_EXPONENTS.get(code, 2) - EXPONENTS.get(code, 2)
    return Money(minor * 10 ** max(-shift, 0) // 10 ** max(shift, 0), code)


def good_until(month: int, year: int) -> date:
    """The first day on which a card is no longer good."""
    years, before = divmod(month, MONTHS)
    return date(year + years, before + 1, 1)


def _ours(refund: Refund) -> UUID | None:
    return refund_named(getattr(refund.metadata, "refund_id", None))


def _disputed(dispute: Dispute) -> Disputed | None:
    subject = subject_of_intent(dispute.to_dict().get("payment_intent"))
    if subject is None:
        return None
    due_by = dispute.evidence_details.due_by
    return Disputed(
        *subject,
        money_of(dispute.amount, dispute.currency),
        dispute.reason,
        STANDINGS.get(dispute.status, "open"),
        datetime.fromtimestamp(due_by, UTC) if due_by else None,
    )


def options(account: Code | None, key: str | None = None) -> RequestOptions:
    """On whose account, and by which key a repeat is known."""
    chosen: RequestOptions = {}
    if account:
        chosen["stripe_account"] = account
    if key:
        chosen["idempotency_key"] = key
    return chosen


def keyed(step: str, order: IntentOrder, fee: Fee) -> str:
    """By which key a repeat is known; one key means one request, also where the fee has changed meanwhile."""
    return ":".join([step, str(order.payment_id), str(order.attempt), *map(str, fee.values())])


def fee_in(intent: Mapping[str, Any]) -> Money | None:
    """What the platform has of an intent, as Stripe tells it."""
    fee = intent.get("application_fee_amount")
    return money_of(fee, intent["currency"]) if fee else None


def _outcome(intent: Mapping[str, Any]) -> Outcome:
    match intent["status"]:
        case "succeeded":
            return Outcome("succeeded", platform_fee=fee_in(intent))
        case "processing" | "requires_action" as status:
            return Outcome(status)
        case "canceled":
            return Outcome("cancelled")
        case "requires_payment_method" if error := intent.get("last_payment_error"):
            return _failed(_declined(SimpleNamespace(**error)))
        case _:
            return Outcome("untouched")


def _failed(declined: Declined) -> Outcome:
    # Off-session, the issuer's wish to see the payer comes as a decline; to the payer it is the same.
    if declined.code == "authentication_required":
        return Outcome("requires_action")
    return Outcome("failed", declined.code, declined.final)


def _declined(error: object) -> Declined:
    # What an answer leaves out is no attribute of the SDK's object.
    code = getattr(error, "decline_code", None) or getattr(error, "code", None) or "declined"
    return Declined(Code(code), final=code in FINAL)


@contextmanager
def translated() -> Iterator[None]:
    """What Stripe refuses is Declined, AskedBefore among it; what it cannot do now is ProcessorUnavailable."""
    try:
        yield
    except CardError as error:
        raise _declined(error.error or error) from error
    except IdempotencyError as error:
        # The same is being done at this moment, or something else was done by that key.
        if error.http_status == HTTPStatus.CONFLICT:
            raise ProcessorUnavailable(f"Stripe: {error}", retry_after=5) from error
        raise AskedBefore from error
    except InvalidRequestError as error:
        missing = error.http_status == HTTPStatus.NOT_FOUND
        code = error.code or ("resource_missing" if missing else "invalid_request")
        raise Declined(Code(code), final=True) from error
    except (
        RateLimitError,
        APIConnectionError,
        APIError,
        AuthenticationError,
        stripe.PermissionError,
        aiohttp.ClientError,  # While an answer is read, the SDK leaves both as they are.
        TimeoutError,
    ) as error:
        # A revoked key is no fault of this charge: it waits until somebody has set another.
        raise ProcessorUnavailable(f"Stripe: {error}", retry_after=5) from error
