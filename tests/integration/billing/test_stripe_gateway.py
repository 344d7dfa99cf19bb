"""The gateway against a Stripe that we did not write."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest

from services.billing.gateways.gateway import (
    Acceptance,
    Declined,
    IntentOrder,
    Outcome,
    ProcessorUnavailable,
)
from services.billing.gateways.stripe_gateway import StripeGateway
from shared.ids import Code, derive, random_id
from shared.money import Money
from shared.testing import eventually
from tests.integration.billing import cards
from tests.unit.billing.cast import noon

KEY = "sk_test_gateway"
CARD = Code("pm_on_the_intent")
ten_euros = Money(1000, "EUR")
person_id = UUID(int=1)


@pytest.fixture
async def stripe(stripe_url: str) -> AsyncIterator[StripeGateway]:
    gateway = StripeGateway(KEY, stripe_url)
    yield gateway
    await gateway.close()


def order(payment_method: Code, customer: Code | None = None) -> IntentOrder:
    return IntentOrder(UUID(int=2), random_id(), 1, ten_euros, payment_method, customer, None)


async def test_a_card_is_charged_in_two_steps_and_only_the_second_moves_money(
    stripe: StripeGateway, stripe_url: str
) -> None:
    intent = await stripe.create_intent(order(await cards.payment_method(stripe_url)))
    assert await stripe.fetch_intent(intent, None) == Outcome("untouched")
    assert await stripe.confirm_intent(intent, CARD, None) == Outcome("succeeded")
    assert await stripe.fetch_intent(intent, None) == Outcome("succeeded")


async def test_confirming_again_charges_nothing_and_says_what_is(
    stripe: StripeGateway, stripe_url: str
) -> None:
    intent = await stripe.create_intent(order(await cards.payment_method(stripe_url)))
    await stripe.confirm_intent(intent, CARD, None)
    assert await stripe.confirm_intent(intent, CARD, None) == Outcome("succeeded")


async def test_a_kept_card_is_charged_for_its_customer(
    stripe: StripeGateway, stripe_url: str
) -> None:
    card = await cards.payment_method(stripe_url)
    customer = await stripe.create_customer(person_id, None)
    await stripe.keep(card, customer, None, random_id())
    intent = await stripe.create_intent(order(card, customer))
    assert await stripe.confirm_intent(intent, CARD, None) == Outcome("succeeded")


async def test_a_card_that_may_not_be_kept_is_declined(
    stripe: StripeGateway, stripe_url: str
) -> None:
    card = await cards.payment_method(stripe_url, cards.REFUSED_WHEN_KEPT)
    customer = await stripe.create_customer(person_id, None)
    with pytest.raises(Declined, match="card_declined"):
        await stripe.keep(card, customer, None, random_id())


async def test_a_card_that_does_not_exist_is_declined_for_good(stripe: StripeGateway) -> None:
    with pytest.raises(Declined) as refusal:
        await stripe.create_intent(order(Code("pm_of_nobody")))
    assert refusal.value.final


async def test_a_declined_charge_fails_with_its_code(
    stripe: StripeGateway, stripe_url: str
) -> None:
    card = await cards.payment_method(stripe_url, cards.REFUSED_WHEN_CHARGED)
    intent = await stripe.create_intent(order(card))
    declined = Outcome("failed", Code("card_declined"))
    assert await stripe.confirm_intent(intent, CARD, None) == declined
    assert await stripe.confirm_intent(intent, CARD, None) == declined
    assert await stripe.fetch_intent(intent, None) == declined


@pytest.mark.parametrize("success", [True, False])
async def test_a_charge_may_wait_for_the_payer(
    stripe: StripeGateway, stripe_url: str, *, success: bool
) -> None:
    card = await cards.payment_method(stripe_url, cards.AUTHENTICATED)
    intent = await stripe.create_intent(order(card))
    assert await stripe.confirm_intent(intent, CARD, None) == Outcome("requires_action")
    assert await stripe.confirm_intent(intent, CARD, None) == Outcome("requires_action")
    secret = (await stripe.payer_step(intent, None)).client_secret
    assert secret is not None
    await cards.authenticate(stripe_url, intent, secret, success=success)
    after = await stripe.fetch_intent(intent, None)
    assert after.status == ("succeeded" if success else "failed")


async def test_a_bank_debit_is_processing_before_it_succeeds(
    stripe: StripeGateway, stripe_url: str
) -> None:
    account = await cards.bank_account(stripe_url)
    customer = await stripe.create_customer(person_id, None)
    accepted = Acceptance(noon, "192.0.2.7", "Firefox")
    signed = await stripe.keep_debit(account, customer, None, random_id(), accepted)
    assert signed.mandate.startswith("mandate_")
    asked = replace(order(account, customer), debit=True)
    intent = await stripe.create_intent(asked)

    async def now() -> Outcome:
        return await stripe.fetch_intent(intent, None)

    assert await stripe.confirm_intent(intent, CARD, None) == Outcome("processing")
    await eventually(now, Outcome("succeeded").__eq__)


async def test_nobody_is_debited_who_has_not_signed(stripe: StripeGateway, stripe_url: str) -> None:
    account = await cards.bank_account(stripe_url)
    intent = await stripe.create_intent(replace(order(account), debit=True))
    refused = await stripe.confirm_intent(intent, CARD, None)
    assert refused == Outcome("failed", Code("payment_intent_mandate_invalid"), final=True)
    with pytest.raises(Declined):
        await stripe.create_intent(order(account))


async def test_an_account_says_whether_it_may_debit(stripe: StripeGateway) -> None:
    assert await stripe.takes_debits(None)
    assert await stripe.takes_debits(Code("acct_ours"))
    assert not await stripe.takes_debits(Code("acct_nodebits"))


async def test_a_fingerprint_is_of_the_card_whoever_gives_it(
    stripe: StripeGateway, stripe_url: str
) -> None:
    first, second = [await cards.payment_method(stripe_url) for _ in range(2)]
    found = await stripe.fingerprint(first, None)
    assert found
    assert found == await stripe.fingerprint(second, None)
    account = await cards.bank_account(stripe_url)
    assert await stripe.fingerprint(account, None) not in (None, found)
    assert await stripe.fingerprint(Code("pm_gone"), None) is None


async def test_a_cancelled_intent_is_never_charged(stripe: StripeGateway, stripe_url: str) -> None:
    intent = await stripe.create_intent(order(await cards.payment_method(stripe_url)))
    assert await stripe.cancel_intent(intent, None) == Outcome("cancelled")
    assert await stripe.cancel_intent(intent, None) == Outcome("cancelled")
    assert await stripe.confirm_intent(intent, CARD, None) == Outcome("cancelled")


async def test_what_was_charged_cannot_be_cancelled(stripe: StripeGateway, stripe_url: str) -> None:
    intent = await stripe.create_intent(order(await cards.payment_method(stripe_url)))
    await stripe.confirm_intent(intent, CARD, None)
    assert await stripe.cancel_intent(intent, None) == Outcome("succeeded")


async def test_a_refund_is_found_again_by_our_own_id(
    stripe: StripeGateway, stripe_url: str
) -> None:
    intent = await stripe.create_intent(order(await cards.payment_method(stripe_url)))
    await stripe.confirm_intent(intent, CARD, None)
    refund_id = random_id()
    assert await stripe.find_refund(intent, None, refund_id) is None
    refund = await stripe.refund(intent, None, refund_id, Money(400, "EUR"))
    assert await stripe.find_refund(intent, None, refund_id) == refund
    assert await stripe.find_refund(intent, None, derive(refund_id, "another")) is None


async def test_a_refund_of_what_was_never_paid_is_declined(
    stripe: StripeGateway, stripe_url: str
) -> None:
    card = await cards.payment_method(stripe_url, cards.REFUSED_WHEN_CHARGED)
    intent = await stripe.create_intent(order(card))
    await stripe.confirm_intent(intent, CARD, None)
    with pytest.raises(Declined):
        await stripe.refund(intent, None, random_id(), ten_euros)


async def test_a_customer_is_deleted_once_and_stays_deleted(stripe: StripeGateway) -> None:
    customer = await stripe.create_customer(person_id, None)
    await stripe.delete_customer(customer, None)
    await stripe.delete_customer(customer, None)


async def test_a_processor_that_does_not_answer_is_unavailable() -> None:
    nowhere = StripeGateway(KEY, "http://127.0.0.1:9")
    try:
        with pytest.raises(ProcessorUnavailable):
            await asyncio.wait_for(nowhere.fetch_intent(Code("pi_1"), None), timeout=20)
    finally:
        await nowhere.close()
