"""Billing: what is for sale, who pays for it, and what has been paid."""

from fractions import Fraction
from pathlib import Path
from typing import Any

from services.billing.by_hand.feature import FEATURE as BY_HAND
from services.billing.card_trial.feature import FEATURE as CARD_TRIAL
from services.billing.checkout.feature import FEATURE as CHECKOUT
from services.billing.commission.feature import FEATURE as COMMISSION
from services.billing.commission_payout.feature import FEATURE as COMMISSION_PAYOUT
from services.billing.commission_rules.feature import FEATURE as COMMISSION_RULES
from services.billing.debit.feature import FEATURE as DEBIT
from services.billing.discount.feature import FEATURE as DISCOUNT
from services.billing.document.feature import FEATURE as DOCUMENT
from services.billing.donation.feature import FEATURE as DONATION
from services.billing.exit_survey.feature import FEATURE as EXIT_SURVEY
from services.billing.founder.feature import FEATURE as FOUNDER
from services.billing.gateways import paypal_webhooks, webhooks
from services.billing.gateways.paypal_books import PaypalBooks
from services.billing.gateways.paypal_gateway import PaypalGateway
from services.billing.gateways.paypal_signature import PaypalSignature
from services.billing.gateways.stripe_accounts import StripeAccounts
from services.billing.gateways.stripe_billing import StripeBilling
from services.billing.gateways.stripe_books import StripeBooks
from services.billing.gateways.stripe_pages import StripePages
from services.billing.ledger.feature import FEATURE as LEDGER
from services.billing.merchant.feature import FEATURE as MERCHANT
from services.billing.migration.feature import FEATURE as MIGRATION
from services.billing.offer.feature import FEATURE as OFFER
from services.billing.order.feature import FEATURE as ORDER
from services.billing.organisation.feature import FEATURE as ORGANISATION
from services.billing.payer.events import PayerErased, payer_of
from services.billing.payer.feature import FEATURE as PAYER
from services.billing.payment.feature import FEATURE as PAYMENT
from services.billing.policy.feature import FEATURE as POLICY
from services.billing.prepaid.feature import FEATURE as PREPAID
from services.billing.price_rise.feature import FEATURE as PRICE_RISE
from services.billing.reconciliation.feature import FEATURE as RECONCILIATION
from services.billing.settings import Settings
from services.billing.stay.feature import FEATURE as STAY
from services.billing.subscription.feature import FEATURE as SUBSCRIPTION
from services.billing.takeout import CONTENTS
from services.billing.takeover.feature import FEATURE as TAKEOVER
from services.billing.tax.feature import FEATURE as TAX
from services.billing.withdrawal.feature import FEATURE as WITHDRAWAL
from shared import erasure
from shared.auth import HEARD_ROLES
from shared.contracts.billing_bundle_part import PartPacked
from shared.contracts.billing_destruction import KeptDataDestroyed, PersonDataDestroyed
from shared.contracts.billing_privacy import PersonForgotten
from shared.contracts.membership_bundle import BundleAsked
from shared.feature import Feature
from shared.merging.persons import MERGED, all_in
from shared.service import Blueprint
from shared.takeout.community import community
from shared.takeout.destruction import destruction
from shared.takeout.exports import exports
from shared.takeout.own_data import own_data
from shared.takeout.packing import bundle_part
from shared.takeout.retention import retention
from shared.takeout.search import Reach
from shared.takeout.store import stores
from shared.visibility.gate import VISIBILITY

REACH = Reach(all_of=all_in, streams=(payer_of,), vendors=(webhooks.SOURCE, paypal_webhooks.SOURCE))
MOUNTED = (
    MERCHANT,
    POLICY,
    BY_HAND,
    DEBIT,
    TAX,
    OFFER,
    DISCOUNT,
    PAYER,
    DOCUMENT,
    CHECKOUT,
    CARD_TRIAL,
    DONATION,
    PAYMENT,
    ORDER,
    SUBSCRIPTION,
    WITHDRAWAL,
    EXIT_SURVEY,
    STAY,
    PRICE_RISE,
    FOUNDER,
    PREPAID,
    MIGRATION,
    TAKEOVER,
    COMMISSION_RULES,
    COMMISSION,
    COMMISSION_PAYOUT,
    RECONCILIATION,
    Feature(name="webhooks", router=webhooks.router),
    Feature(name="paypal_webhooks", router=paypal_webhooks.router),
    Feature(name="staff", projections=(HEARD_ROLES,)),
    VISIBILITY,
    MERGED,
    ORGANISATION,
    LEDGER,
    bundle_part("billing", BundleAsked, REACH, PartPacked),
    exports("billing"),
    community("billing", CONTENTS),
    # The others are told once the processor has forgotten the person too.
    erasure.feature("billing", PayerErased, PersonForgotten),
    destruction("billing", PayerErased, PersonDataDestroyed, KeptDataDestroyed),
)
BASIS_POINTS = 10_000
AT_ONCE = 48
"""Stripe answers within a second or less, and takes a hundred requests a second of a platform."""

FEATURES = (
    *MOUNTED,
    own_data("billing", MOUNTED, REACH),
    retention("billing"),
)


def blueprint() -> Blueprint:
    return blueprint_of(Settings())


def blueprint_of(settings: Settings) -> Blueprint:
    platform_fee = Fraction(settings.platform_fee_bps, BASIS_POINTS)
    processor = StripePages(
        settings.stripe_key.get_secret_value(), settings.stripe_url, platform_fee
    )
    return Blueprint(
        name="billing",
        settings=settings,
        features=FEATURES,
        migrations=Path(__file__).parent / "migrations",
        gateways={
            "processor": processor,
            "elsewhere": StripeBilling(processor),
            "books": StripeBooks(processor),
            "accounts": StripeAccounts(processor, settings.stripe_client_id, settings.stripe_url),
            **_paypal(settings),
            **stores(settings, "billing"),
        },
        at_once=AT_ONCE,
    )


def _paypal(settings: Settings) -> dict[str, Any]:
    """Nothing where the platform has no app at PayPal."""
    client_id, secret, webhook_id = (
        settings.paypal_client_id, settings.paypal_secret, settings.paypal_webhook_id,
    )  # fmt: skip
    if not (client_id and secret and webhook_id):
        return {}
    url = settings.paypal_url
    gateway = PaypalGateway(client_id, secret.get_secret_value(), url)
    return {
        "paypal": gateway,
        "paypal_books": PaypalBooks(gateway),
        "paypal_signature": PaypalSignature(webhook_id, url, settings.paypal_roots),
    }
