"""A payer's card is kept at the processor, pays for what they began, and goes when they are erased."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from services.billing.acceptances import opened_acceptance
from services.billing.checkout.events import (
    CheckoutCompleted,
    CheckoutExpired,
    PaymentMethodAsked,
)
from services.billing.gateways.gateway import CardGateway, Declined
from services.billing.gateways.processors import processor_at
from services.billing.payer import commands, events
from services.billing.payer.decider import PAYER
from services.billing.payer.events import CheckoutAttempt, Customer, Mandate, payer_of
from services.billing.payment.events import PaymentSucceeded
from services.billing.subscription.events import (
    SubscriptionActivated,
    SubscriptionEnded,
    TrialStarted,
)
from services.billing.takeover.events import TakeoverBegun
from shared.contracts.membership_member import BanLifted, MemberBanned, PersonErased
from shared.event_store import Fact
from shared.ids import Code, PersonId
from shared.personal_value import Sealed
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction

TIME_TO_REPLACE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class KeepPaymentMethod:
    person_id: PersonId
    payment_method: Code
    customer: Code | None
    account: Code | None
    checkout: CheckoutAttempt | None
    accepted: Sealed | None = None
    only_for: UUID | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class DeleteCustomer:
    person_id: PersonId
    customer: Code
    account: Code | None


def when_payment_method_asked_save_payment_method(fact: Fact) -> list[Ask]:
    asked: PaymentMethodAsked = fact.body
    attempt = CheckoutAttempt(fact.stream_id, asked.attempt)
    save = commands.SavePaymentMethod(
        asked.person_id,
        asked.payment_method,
        asked.account,
        attempt,
        asked.accepted,
        alone=asked.alone,
    )
    return [Ask(PAYER, payer_of(asked.person_id), save)]


def when_payment_method_offered_keep_it(fact: Fact) -> list[Call]:
    offered: events.PaymentMethodOffered = fact.body
    return [
        Call(
            KeepPaymentMethod(
                offered.person_id,
                offered.payment_method,
                offered.customer,
                offered.account,
                offered.checkout,
                offered.accepted,
                offered.only_for,
                offered.alone,
            )
        )
    ]


def when_payment_method_saved_warn_of_expiry(fact: Fact) -> list[At]:
    saved: events.PaymentMethodSaved = fact.body
    if saved.good_until is None:
        return []
    over = datetime.combine(saved.good_until, time(), UTC)
    warn = commands.WarnOfExpiry(saved.person_id, saved.instrument.payment_method, saved.good_until)
    return [At(over - TIME_TO_REPLACE, Ask(PAYER, fact.stream_id, warn))]


def when_payment_succeeded_record_kept(fact: Fact) -> list[Ask]:
    paid: PaymentSucceeded = fact.body
    charge, kept = paid.charge, paid.kept
    if kept is None or charge.origin != "checkout":
        return []
    attempt = CheckoutAttempt(charge.origin_id, paid.attempt)
    record = commands.RecordKept(charge.person_id, kept, attempt)
    return [Ask(PAYER, payer_of(charge.person_id), record)]


def when_subscription_began_link_subscription(fact: Fact) -> list[Ask]:
    began: TrialStarted | SubscriptionActivated = fact.body
    pays_by = began.instrument
    link = commands.LinkSubscription(fact.stream_id, pays_by.is_by_hand, pays_by.account)
    return [Ask(PAYER, payer_of(began.terms.person_id), link)]


def when_takeover_begun_adopt_customer(fact: Fact) -> list[Ask]:
    begun: TakeoverBegun = fact.body
    person_id = begun.terms.person_id
    adopt = commands.AdoptCustomer(person_id, begun.instrument, begun.good_until)
    return [Ask(PAYER, payer_of(person_id), adopt)]


def when_subscription_ended_unlink_subscription(fact: Fact) -> list[Ask]:
    ended: SubscriptionEnded = fact.body
    unlink = commands.UnlinkSubscription(fact.stream_id)
    return [Ask(PAYER, payer_of(ended.terms.person_id), unlink)]


def when_checkout_completed_confirm_trial(fact: Fact) -> list[Ask]:
    basket = fact.body.basket
    confirm = commands.ConfirmTrial(fact.stream_id)
    return [Ask(PAYER, payer_of(basket.person_id), confirm)] if basket.on_trial else []


def when_checkout_expired_return_trial(fact: Fact) -> list[Ask]:
    expired: CheckoutExpired = fact.body
    return [Ask(PAYER, payer_of(expired.person_id), commands.ReturnTrial(fact.stream_id))]


def when_person_erased_forget_payer(fact: Fact) -> list[Ask]:
    person_id = PersonId(fact.body.person_id)
    return [Ask(PAYER, payer_of(person_id), commands.ForgetPayer(person_id))]


def when_member_banned_shut_out_payer(fact: Fact) -> list[Ask]:
    banned: MemberBanned = fact.body
    person_id = PersonId(banned.person_id)
    return [Ask(PAYER, payer_of(person_id), commands.ShutOutPayer(person_id))]


def when_ban_lifted_let_payer_in(fact: Fact) -> list[Ask]:
    person_id = PersonId(fact.body.person_id)
    return [Ask(PAYER, payer_of(person_id), commands.LetPayerIn(person_id))]


def when_payer_forgotten_delete_customer(fact: Fact) -> list[Call]:
    gone: events.PayerForgotten = fact.body
    last = [Customer(gone.customer, gone.account)] if gone.customer else []
    return [
        Call(DeleteCustomer(gone.person_id, one.customer, one.account))
        for one in (*last, *gone.others)
    ]


def when_customer_left_behind_delete_customer(fact: Fact) -> list[Call]:
    left: events.CustomerLeftBehind = fact.body
    return [Call(DeleteCustomer(left.person_id, left.customer, left.account))]


async def keep_payment_method(action: KeepPaymentMethod, context: ActionContext) -> Ask:
    processor: CardGateway = context.gateways["processor"]
    person_id, account = action.person_id, action.account
    customer = action.customer or await processor.create_customer(person_id, account)
    told = person_id, action.payment_method, customer, account
    answer: commands.RecordPaymentMethod | commands.RecordRefusal
    try:
        if action.accepted:
            signed = await _sign(action.accepted, action.payment_method, customer, account, context)
            answer = commands.RecordPaymentMethod(
                *told, action.checkout, mandate=signed, only_for=action.only_for
            )
        else:
            good_until = await processor.keep(
                action.payment_method, customer, account, context.key, alone=action.alone
            )
            answer = commands.RecordPaymentMethod(
                *told, action.checkout, good_until, only_for=action.only_for
            )
    except Declined as no:
        answer = commands.RecordRefusal(*told, no.code, action.checkout, action.only_for)
    return Ask(PAYER, payer_of(person_id), answer)


async def _sign(
    accepted: Sealed,
    payment_method: Code,
    customer: Code,
    account: Code | None,
    context: ActionContext,
) -> Mandate:
    """Who was erased meanwhile has signed nothing."""
    (text,) = await context.service.vault.open([accepted])
    if text is None:
        raise Declined(Code("payer_erased"), final=True)
    processor: CardGateway = context.gateways["processor"]
    signed = await processor.keep_debit(
        payment_method, customer, account, context.key, opened_acceptance(text)
    )
    return Mandate(*signed)


async def delete_customer(action: DeleteCustomer, context: ActionContext) -> Ask:
    processor = processor_at(context.gateways, action.account)
    await processor.delete_customer(action.customer, action.account)
    deleted = commands.RecordDeletion(action.person_id, action.customer)
    return Ask(PAYER, payer_of(action.person_id), deleted)


REACTIONS = (
    Reaction(
        "billing.payer.when_payment_method_asked_save_payment_method",
        PaymentMethodAsked,
        when_payment_method_asked_save_payment_method,
    ),
    Reaction(
        "billing.payer.when_payment_method_offered_keep_it",
        events.PaymentMethodOffered,
        when_payment_method_offered_keep_it,
    ),
    Reaction(
        "billing.payer.when_payment_method_saved_warn_of_expiry",
        events.PaymentMethodSaved,
        when_payment_method_saved_warn_of_expiry,
    ),
    Reaction(
        "billing.payer.when_payment_succeeded_record_kept",
        PaymentSucceeded,
        when_payment_succeeded_record_kept,
    ),
    Reaction(
        "billing.payer.when_trial_started_link_subscription",
        TrialStarted,
        when_subscription_began_link_subscription,
    ),
    Reaction(
        "billing.payer.when_subscription_activated_link_subscription",
        SubscriptionActivated,
        when_subscription_began_link_subscription,
    ),
    Reaction(
        "billing.payer.when_takeover_begun_adopt_customer",
        TakeoverBegun,
        when_takeover_begun_adopt_customer,
    ),
    Reaction(
        "billing.payer.when_subscription_ended_unlink_subscription",
        SubscriptionEnded,
        when_subscription_ended_unlink_subscription,
    ),
    Reaction(
        "billing.payer.when_checkout_completed_confirm_trial",
        CheckoutCompleted,
        when_checkout_completed_confirm_trial,
    ),
    Reaction(
        "billing.payer.when_checkout_expired_return_trial",
        CheckoutExpired,
        when_checkout_expired_return_trial,
    ),
    Reaction(
        "billing.payer.when_person_erased_forget_payer",
        PersonErased,
        when_person_erased_forget_payer,
    ),
    Reaction("billing.payer.when_ban_lifted_let_payer_in", BanLifted, when_ban_lifted_let_payer_in),
    Reaction(
        "billing.payer.when_member_banned_shut_out_payer",
        MemberBanned,
        when_member_banned_shut_out_payer,
    ),
    Reaction(
        "billing.payer.when_payer_forgotten_delete_customer",
        events.PayerForgotten,
        when_payer_forgotten_delete_customer,
    ),
    Reaction(
        "billing.payer.when_customer_left_behind_delete_customer",
        events.CustomerLeftBehind,
        when_customer_left_behind_delete_customer,
    ),
)

ACTIONS = (
    Action(KeepPaymentMethod, keep_payment_method),
    Action(DeleteCustomer, delete_customer),
)
