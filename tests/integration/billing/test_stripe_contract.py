"""What the gateways rely on at Stripe, asked of two doubles; where they disagree, DISAGREEMENTS says what theirs does.

All that ours is asked is asked of Stripe's own stripe-mock too, and all that ours answers is held to Stripe's own
description of it, on machines that have both (`python -m tools.validators`).
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from services.billing.gateways import stripe_billing, stripe_books
from services.billing.gateways.gateway import (
    Acceptance,
    AskedBefore,
    Declined,
    Outcome,
    ProcessorUnavailable,
)
from services.billing.gateways.stripe_billing import StripeBilling
from services.billing.gateways.stripe_books import StripeBooks
from services.billing.gateways.stripe_pages import StripePages
from shared.ids import Code, derive, random_id
from shared.money import Money
from tests.doubles.stripe import subscriptions
from tests.integration.billing import cards, own_billing, stripe_there
from tests.integration.billing.stripe_there import (
    CLUB,
    COMMUNITY,
    KEY,
    NO_CARD,
    There,
    order,
    ten_euros,
)

NO_KEYS = "knows no idempotency keys: what is asked twice is done twice"
NO_ACCOUNTS = "does not look at Stripe-Account: there is one book for all"
FEW_DECLINES = "knows few of the cards that are declined, and says card_declined of each"
NO_DISPUTES = "has no disputes"
NO_BILLING = (
    "has subscriptions of another age: no items with a price, and cancelled by deleting them"
)
DISAGREEMENTS = {
    "test_announcing_again_under_the_same_key_answers_the_same_intent": NO_KEYS,
    "test_a_key_is_good_for_one_charge_and_no_other": NO_KEYS,
    "test_whoever_is_asked_for_again_is_the_same_customer": NO_KEYS,
    "test_a_refund_that_is_asked_for_again_is_made_once": NO_KEYS,
    "test_one_account_does_not_see_what_is_on_another": NO_ACCOUNTS,
    "test_a_card_of_one_account_is_unknown_on_another": NO_ACCOUNTS,
    "test_an_account_that_has_not_let_us_act_is_waited_for": NO_ACCOUNTS,
    "test_a_key_that_was_revoked_is_waited_for": "takes any key",
    "test_a_decline_says_what_the_bank_said": FEW_DECLINES,
    "test_a_card_that_the_bank_refuses_is_not_kept": FEW_DECLINES,
    "test_what_is_too_little_to_charge_is_declined": "charges any amount",
    "test_a_kept_card_is_charged_for_nobody_else": "lets a kept card be charged for others",
    "test_a_card_that_nobody_keeps_is_good_for_one_charge": "charges a card that nobody keeps again",
    "test_no_more_goes_back_than_came": "refunds more than was paid",
    "test_what_was_never_paid_is_not_sent_back": "breaks down when what was not confirmed is to be refunded",
    "test_a_dispute_is_read_with_the_payment_it_is_about": NO_DISPUTES,
    "test_a_dispute_of_nobody_is_none": NO_DISPUTES,
    "test_what_a_bank_has_taken_is_not_sent_back_as_well": NO_DISPUTES,
    "test_the_creators_subscriptions_are_read_with_their_cards": NO_BILLING,
    "test_a_subscription_is_told_to_end_and_to_go_on": NO_BILLING,
    "test_a_subscription_that_was_told_to_end_ends_and_cannot_go_on": NO_BILLING,
}
"""By the test that shows it: what `localstripe` does that Stripe does not. Each of them has to fail there."""

person_id = random_id()
ALL_TIME = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["ours", "ours beside stripe-mock", "localstripe"])
async def there(
    request: pytest.FixtureRequest, localstripe_url: str, stripe_mock: str | None
) -> AsyncIterator[There]:
    if request.param == "localstripe":
        if why := DISAGREEMENTS.get(request.node.originalname):
            request.applymarker(pytest.mark.xfail(reason=why, strict=True))
        async with stripe_there.theirs(localstripe_url) as found:
            await _forgetting(localstripe_url)
            yield found
        return
    beside = stripe_mock if request.param == "ours beside stripe-mock" else None
    if request.param != "ours" and beside is None:
        pytest.skip("there is no stripe-mock: python -m tools.validators, which needs Go")
    async with stripe_there.ours(beside) as found:
        yield found


async def _forgetting(localstripe_url: str) -> None:
    """What other tests did on the same account is in nobody's books."""
    async with httpx.AsyncClient() as client:
        (await client.delete(f"{localstripe_url}/_config/data")).raise_for_status()


# Charges.


async def test_a_charge_is_announced_without_effect_and_made_once(there: There) -> None:
    intent = await there.announced()
    assert await there.gateway.fetch_intent(intent, CLUB) == Outcome("untouched")
    for _ in range(2):
        assert await there.gateway.confirm_intent(intent, NO_CARD, CLUB) == Outcome("succeeded")
    assert await there.gateway.fetch_intent(intent, CLUB) == Outcome("succeeded")


async def test_announcing_again_under_the_same_key_answers_the_same_intent(there: There) -> None:
    wanted = order(await there.card())
    assert await there.gateway.create_intent(wanted) == await there.gateway.create_intent(wanted)


async def test_a_key_is_good_for_one_charge_and_no_other(there: There) -> None:
    card, payment_id = await there.card(), random_id()
    await there.gateway.create_intent(order(card, payment_id=payment_id))
    with pytest.raises(AskedBefore):
        await there.gateway.create_intent(
            order(card, payment_id=payment_id, amount=Money(2000, "EUR"))
        )


async def test_a_key_of_one_account_means_nothing_on_another(there: There) -> None:
    payment_id = random_id()
    on_the_club = await there.announced(payment_id=payment_id)
    on_the_platform = await there.announced(payment_id=payment_id, account=None)
    assert on_the_club != on_the_platform


@pytest.mark.parametrize(
    ("number", "code", "final"),
    [
        ("4000000000000341", "generic_decline", False),
        ("4000000000009995", "insufficient_funds", False),
        ("4000000000009987", "lost_card", True),
        ("4000000000009979", "stolen_card", True),
        ("4000000000000069", "expired_card", True),
    ],
)
async def test_a_decline_says_what_the_bank_said(
    there: There, number: str, code: str, *, final: bool
) -> None:
    intent = await there.announced(number)
    refused = Outcome("failed", Code(code), final)
    assert await there.gateway.confirm_intent(intent, NO_CARD, CLUB) == refused
    assert await there.gateway.confirm_intent(intent, NO_CARD, CLUB) == refused
    assert await there.gateway.fetch_intent(intent, CLUB) == refused


async def test_a_card_that_nobody_has_is_declined_for_good(there: There) -> None:
    with pytest.raises(Declined, match="resource_missing") as refusal:
        await there.gateway.create_intent(order(Code("pm_of_nobody")))
    assert refusal.value.final


async def test_what_is_too_little_to_charge_is_declined(there: There) -> None:
    with pytest.raises(Declined, match="amount_too_small"):
        await there.announced(amount=Money(1, "EUR"))


@pytest.mark.parametrize("success", [True, False])
async def test_the_issuer_may_want_to_see_the_payer(there: There, *, success: bool) -> None:
    intent = await there.announced(cards.AUTHENTICATED, account=None)
    for _ in range(2):
        outcome = await there.gateway.confirm_intent(intent, NO_CARD, None)
        assert outcome == Outcome("requires_action")
    secret = (await there.gateway.payer_step(intent, None)).client_secret
    assert secret is not None
    await cards.authenticate(there.url, intent, secret, success=success)
    after = await there.gateway.fetch_intent(intent, None)
    assert after.status == ("succeeded" if success else "failed")


async def test_who_failed_to_authenticate_is_told_apart_from_a_decline(there: There) -> None:
    intent = await there.announced(cards.AUTHENTICATED, account=None)
    await there.gateway.confirm_intent(intent, NO_CARD, None)
    secret = (await there.gateway.payer_step(intent, None)).client_secret
    assert secret is not None
    await cards.authenticate(there.url, intent, secret, success=False)
    after = await there.gateway.fetch_intent(intent, None)
    assert after == Outcome("failed", Code("payment_intent_authentication_failure"))


async def test_what_was_cancelled_is_never_charged(there: There) -> None:
    intent = await there.announced()
    for _ in range(2):
        assert await there.gateway.cancel_intent(intent, CLUB) == Outcome("cancelled")
    assert await there.gateway.confirm_intent(intent, NO_CARD, CLUB) == Outcome("cancelled")


async def test_what_was_charged_cannot_be_cancelled(there: There) -> None:
    intent = await there.paid()
    assert await there.gateway.cancel_intent(intent, CLUB) == Outcome("succeeded")


# Accounts.


async def test_one_account_does_not_see_what_is_on_another(there: There) -> None:
    intent = await there.paid()
    with pytest.raises(Declined, match="resource_missing"):
        await there.gateway.fetch_intent(intent, None)


async def test_a_card_of_one_account_is_unknown_on_another(there: There) -> None:
    with pytest.raises(Declined, match="resource_missing"):
        await there.gateway.create_intent(order(await there.card(account=None)))


async def test_an_account_that_has_not_let_us_act_is_waited_for(there: There) -> None:
    with pytest.raises(ProcessorUnavailable):
        await there.gateway.fetch_intent(Code("pi_1"), Code("acct_of_a_stranger"))


async def test_a_key_that_was_revoked_is_waited_for(there: There) -> None:
    intent = await there.paid()
    there.ours.revoked.add(KEY)
    with pytest.raises(ProcessorUnavailable):
        await there.gateway.fetch_intent(intent, CLUB)


# Customers and what they keep.


async def test_a_kept_card_is_charged_for_its_customer(there: There) -> None:
    card = await there.card()
    customer = await there.gateway.create_customer(person_id, CLUB)
    assert await there.gateway.keep(card, customer, CLUB, random_id()) == date(2036, 1, 1)
    for _ in range(2):
        intent = await there.gateway.create_intent(order(card, customer=customer))
        assert await there.gateway.confirm_intent(intent, NO_CARD, CLUB) == Outcome("succeeded")


async def test_a_card_that_the_bank_refuses_is_not_kept(there: There) -> None:
    card = await there.card(cards.REFUSED_WHEN_KEPT)
    customer = await there.gateway.create_customer(person_id, CLUB)
    with pytest.raises(Declined, match="generic_decline"):
        await there.gateway.keep(card, customer, CLUB, random_id())


async def test_a_kept_card_is_charged_for_nobody_else(there: There) -> None:
    card = await there.card()
    customer = await there.gateway.create_customer(person_id, CLUB)
    await there.gateway.keep(card, customer, CLUB, random_id())
    other = await there.gateway.create_customer(random_id(), CLUB)
    with pytest.raises(Declined):
        await there.gateway.create_intent(order(card, customer=other))
    with pytest.raises(Declined):
        await there.gateway.create_intent(order(card))


async def test_a_card_that_nobody_keeps_is_good_for_one_charge(there: There) -> None:
    card = await there.card()
    intent = await there.gateway.create_intent(order(card))
    await there.gateway.confirm_intent(intent, NO_CARD, CLUB)
    with pytest.raises(Declined):
        await there.gateway.create_intent(order(card))


async def test_whoever_is_asked_for_again_is_the_same_customer(there: There) -> None:
    first = await there.gateway.create_customer(person_id, CLUB)
    assert await there.gateway.create_customer(person_id, CLUB) == first


async def test_a_customer_is_deleted_with_their_cards_however_often(there: There) -> None:
    customer = await there.gateway.create_customer(random_id(), CLUB)
    card = await there.card()
    await there.gateway.keep(card, customer, CLUB, random_id())
    for _ in range(2):
        await there.gateway.delete_customer(customer, CLUB)
    with pytest.raises(Declined):
        await there.gateway.create_intent(order(card, customer=customer))


# Money that goes back.


async def test_a_refund_is_found_again_by_our_own_id(there: There) -> None:
    intent, refund_id = await there.paid(), random_id()
    assert await there.gateway.find_refund(intent, CLUB, refund_id) is None
    refund = await there.gateway.refund(intent, CLUB, refund_id, Money(400, "EUR"))
    assert await there.gateway.find_refund(intent, CLUB, refund_id) == refund
    assert await there.gateway.find_refund(intent, CLUB, derive(refund_id, "another")) is None


async def test_a_refund_that_is_asked_for_again_is_made_once(there: There) -> None:
    intent, refund_id = await there.paid(), random_id()
    refunds = {await there.gateway.refund(intent, CLUB, refund_id, ten_euros) for _ in range(2)}
    assert len(refunds) == 1


async def test_no_more_goes_back_than_came(there: There) -> None:
    intent = await there.paid()
    await there.gateway.refund(intent, CLUB, random_id(), Money(600, "EUR"))
    with pytest.raises(Declined):
        await there.gateway.refund(intent, CLUB, random_id(), Money(401, "EUR"))
    await there.gateway.refund(intent, CLUB, random_id(), Money(400, "EUR"))
    with pytest.raises(Declined, match="charge_already_refunded"):
        await there.gateway.refund(intent, CLUB, random_id(), Money(1, "EUR"))


async def test_what_was_never_paid_is_not_sent_back(there: There) -> None:
    intent = await there.announced()
    with pytest.raises(Declined):
        await there.gateway.refund(intent, CLUB, random_id(), ten_euros)


async def test_a_dispute_is_read_with_the_payment_it_is_about(there: There) -> None:
    intent = await there.paid()
    dispute = there.ours.dispute(intent, CLUB)
    found = await there.gateway.fetch_dispute(Code(dispute.id), CLUB)
    assert found is not None
    assert (found.intent, found.community_id, found.amount) == (intent, COMMUNITY, ten_euros)
    assert (found.standing, found.reason) == ("open", "fraudulent")
    for status in ("won", "lost"):
        there.ours.decide(dispute.id, status, CLUB)
        found = await there.gateway.fetch_dispute(Code(dispute.id), CLUB)
        assert found is not None
        assert found.standing == status


async def test_a_dispute_of_nobody_is_none(there: There) -> None:
    assert await there.gateway.fetch_dispute(Code("dp_1"), CLUB) is None


async def test_what_a_bank_has_taken_is_not_sent_back_as_well(there: There) -> None:
    intent = await there.paid()
    there.ours.dispute(intent, CLUB)
    with pytest.raises(Declined, match="charge_disputed"):
        await there.gateway.refund(intent, CLUB, random_id(), ten_euros)


# The account's books.


async def test_the_books_show_our_charges_page_by_page_and_count_strangers(
    there: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_books, "PAGE", 3)
    books = StripeBooks(there.gateway)
    ours = [await there.paid(amount=Money(1000 + n, "EUR")) for n in range(4)]
    await there.gateway.client.v1.payment_intents.create_async(
        {"amount": 500, "currency": "eur"}, {"stripe_account": CLUB}
    )
    await there.gateway.refund(ours[0], CLUB, random_id(), Money(400, "EUR"))
    first = await books.page(CLUB, COMMUNITY, *ALL_TIME, None)
    assert (len(first.ours), first.strangers) == (2, 1)
    second = await books.page(CLUB, COMMUNITY, *ALL_TIME, first.after)
    assert second.after is None
    oldest = second.ours[-1]
    assert (oldest.intent, oldest.collected, oldest.refunded.minor) == (ours[0], ten_euros, 400)
    later = ALL_TIME[1], ALL_TIME[1] + timedelta(days=1)
    assert (await books.page(CLUB, COMMUNITY, *later, None)).ours == ()


async def test_the_books_show_what_was_refunded(there: There) -> None:
    books = StripeBooks(there.gateway)
    intent = await there.paid()
    for _ in range(2):
        await there.gateway.refund(intent, CLUB, random_id(), Money(400, "EUR"))
    (found,) = (await books.refunded(CLUB, COMMUNITY, *ALL_TIME, None)).ours
    assert (found.intent, found.refunded) == (intent, Money(800, "EUR"))


async def test_the_books_show_one_charge_and_none_that_is_not_ours(there: There) -> None:
    books = StripeBooks(there.gateway)
    intent = await there.paid()
    found = await books.fetch(intent, CLUB, COMMUNITY)
    assert found is not None
    assert found.collected == ten_euros
    assert await books.fetch(intent, CLUB, random_id()) is None
    assert await books.fetch(Code("pi_of_nobody"), CLUB, COMMUNITY) is None


# The creator's own billing.


async def test_the_creators_subscriptions_are_read_with_their_cards(
    there: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_billing, "PAGE", 3)
    billing = StripeBilling(there.gateway)
    laid = [await _laid(there, f"sub_{n}") for n in range(stripe_billing.PAGE + 1)]
    first = await billing.page(CLUB, None)
    assert first.after is not None
    second = await billing.page(CLUB, first.after)
    assert [one.subscription for one in first.theirs + second.theirs] == laid[::-1]
    found = first.theirs[0]
    assert (found.amount, found.good_until, found.ends) == (ten_euros, date(2036, 1, 1), False)
    assert found.oddities == ()


async def test_a_subscription_is_told_to_end_and_to_go_on(there: There) -> None:
    billing, takeover_id = StripeBilling(there.gateway), random_id()
    subscription = await _laid(there, "sub_1")
    await billing.set_to_end(subscription, CLUB, takeover_id, COMMUNITY)
    found = await billing.fetch(subscription, CLUB)
    assert found is not None
    assert (found.ends, found.takeover_id) == (True, takeover_id)
    await billing.let_go_on(subscription, CLUB)
    found = await billing.fetch(subscription, CLUB)
    assert found is not None
    assert (found.ends, found.takeover_id) == (False, None)


async def test_a_subscription_that_was_told_to_end_ends_and_cannot_go_on(there: There) -> None:
    billing = StripeBilling(there.gateway)
    subscription = await _laid(there, "sub_1")
    await billing.set_to_end(subscription, CLUB, random_id(), COMMUNITY)
    there.ours.pass_by(timedelta(days=40))
    found = await billing.fetch(subscription, CLUB)
    assert found is not None
    assert found.status == "canceled"
    with pytest.raises(Declined):
        await billing.let_go_on(subscription, CLUB)
    assert (await billing.page(CLUB, None)).theirs == ()


async def test_a_subscription_of_nobody_is_none(there: There) -> None:
    assert await StripeBilling(there.gateway).fetch(Code("sub_of_nobody"), CLUB) is None


async def _laid(there: There, subscription: str) -> Code:
    """A subscription of somebody's, who keeps a card."""
    customer, card = await there.gateway.create_customer(random_id(), CLUB), await there.card()
    await there.gateway.keep(card, customer, CLUB, random_id())
    found = own_billing.shown(customer, card, ten_euros.minor, datetime.now(UTC))
    subscriptions.lay_down(there.ours.books[CLUB], found | {"id": subscription})
    return Code(subscription)


# Bank accounts, and Stripe's own page.


async def test_a_bank_account_is_kept_under_the_mandate_that_its_owner_agreed_to(
    there: There,
) -> None:
    customer, wish = await there.gateway.create_customer(random_id(), CLUB), random_id()
    account = await cards.bank_account(there.url, account=CLUB)
    agreed = Acceptance(datetime.now(UTC), "127.0.0.1", "Firefox")
    signed = await there.gateway.keep_debit(account, customer, CLUB, wish, agreed)
    assert signed.mandate.startswith("mandate_")
    assert signed.reference != signed.mandate
    charged = replace(order(account, customer=customer), debit=True)
    intent = await there.gateway.create_intent(charged)
    assert await there.gateway.confirm_intent(intent, NO_CARD, CLUB) == Outcome("processing")


async def test_a_card_is_no_bank_account(there: There) -> None:
    customer, wish = await there.gateway.create_customer(random_id(), CLUB), random_id()
    agreed = Acceptance(datetime.now(UTC), "127.0.0.1", "Firefox")
    with pytest.raises(Declined):
        await there.gateway.keep_debit(await there.card(), customer, CLUB, wish, agreed)


async def test_a_page_is_open_until_it_is_closed_and_closed_for_good(there: There) -> None:
    pages = StripePages(KEY, there.url)
    wanted = replace(order(NO_CARD), return_url=Code("https://club.example/thanks"), keep=True)
    try:
        page = await pages.create_intent(wanted)
        assert await pages.create_intent(wanted) == page
        assert await pages.fetch_intent(page, CLUB) == Outcome("requires_action")
        assert (await pages.payer_step(page, CLUB)).url
        closed = Outcome("cancelled", Code("page_expired"))
        for _ in range(2):
            assert await pages.cancel_intent(page, CLUB) == closed
        assert (await pages.payer_step(page, CLUB)).url is None
    finally:
        await pages.close()
