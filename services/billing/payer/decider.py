"""A payer pays by the last card the processor kept and has one trial; once forgotten, nothing of theirs stays."""

from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from services.billing.payer import commands, events
from services.billing.payer.events import CheckoutAttempt, Customer, Instrument
from shared.decider import Decider, Rejected
from shared.ids import Code, PersonId

Wish = tuple[Code, CheckoutAttempt | None, UUID | None]
"""What is to be kept, and what for: a checkout, one subscription, or all there are."""


@dataclass(frozen=True, slots=True)
class Payer:
    """`saving` and `deleting` are what the processor was asked for and has not answered.

    `customers` are all that processors know them as, the latest last. `given` is the last card, when it was given by
    itself: a checkout that began before it knows another. `cards` are those that pay for something, and that nobody was
    warned of. `trial` is the checkout that the one trial went with.
    """

    customers: tuple[Customer, ...] = ()
    given: Instrument | None = None
    subscriptions: tuple[UUID, ...] = ()
    saving: frozenset[Wish] = frozenset()
    deleting: frozenset[Code] = frozenset()
    forgotten: bool = False
    cards: frozenset[Code] = frozenset()
    trial: UUID | None = None
    shut_out: PersonId | None = None

    def customer_on(self, account: Code | None) -> Code | None:
        """A customer belongs to one account of a processor and means nothing to another."""
        known = (one.customer for one in reversed(self.customers) if one.account == account)
        return next(known, None)


def decide(command: commands.PayerCommand, payer: Payer) -> list[events.PayerEvent]:
    match command:
        case commands.SavePaymentMethod():
            return _save(command, payer)
        case commands.RecordPaymentMethod() | commands.RecordRefusal():
            return _answered(command, payer)
        case commands.AdoptCustomer():
            return _adopt(command, payer)
        case commands.RecordKept():
            return _kept(command, payer)
        case commands.WarnOfExpiry(person_id, payment_method, good_until):
            pays = payment_method in payer.cards and bool(payer.subscriptions)
            return [events.CardExpiring(person_id, payment_method, good_until)] if pays else []
        case commands.LinkSubscription(subscription_id, by_hand, account):
            if payer.forgotten:
                return [events.SubscriptionOrphaned(subscription_id)]
            if subscription_id in payer.subscriptions:
                return []
            given = payer.given if payer.given and payer.given.account == account else None
            linked = events.SubscriptionLinked(subscription_id, None if by_hand else given)
            if payer.shut_out is None:
                return [linked]
            return [linked, events.PayerShutOut(payer.shut_out, (subscription_id,))]
        case commands.UnlinkSubscription(subscription_id):
            pays = subscription_id in payer.subscriptions
            return [events.SubscriptionUnlinked(subscription_id)] if pays else []
        case commands.ForgetPayer(person_id):
            return _forget(person_id, payer)
        case commands.ShutOutPayer(person_id):
            is_known = payer.shut_out is not None or payer.forgotten
            return [] if is_known else [events.PayerShutOut(person_id, payer.subscriptions)]
        case commands.LetPayerIn(person_id):
            return [events.PayerLetIn(person_id)] if payer.shut_out else []
        case commands.RecordDeletion(person_id, customer):
            if customer not in payer.deleting:
                return []
            last = payer.deleting == {customer} and not payer.saving
            deleted = events.CustomerDeleted(customer)
            return [deleted, events.PayerErased(person_id)] if last else [deleted]
        case commands.TakeTrial(checkout_id) if payer.trial not in (None, checkout_id):
            raise Rejected("trial_taken", "There has been a trial: open the checkout again.")
        case commands.TakeTrial(checkout_id) | commands.ConfirmTrial(checkout_id):
            return [events.TrialTaken(checkout_id)] if payer.trial is None else []
        case commands.ReturnTrial(checkout_id):
            return [events.TrialReturned(checkout_id)] if payer.trial == checkout_id else []
        case _:
            assert_never(command)


def _answered(
    told: commands.RecordPaymentMethod | commands.RecordRefusal, payer: Payer
) -> list[events.PayerEvent]:
    person_id, checkout = told.person_id, told.checkout
    mandate = told.mandate if isinstance(told, commands.RecordPaymentMethod) else None
    kept = Instrument(told.payment_method, told.customer, told.account, mandate=mandate)
    only_for = told.only_for
    if (told.payment_method, checkout, only_for) not in payer.saving:
        return []
    if payer.forgotten:
        return [
            events.CustomerLeftBehind(
                person_id, told.payment_method, told.customer, told.account, checkout
            )
        ]
    if isinstance(told, commands.RecordRefusal):
        return [events.PaymentMethodRefused(person_id, kept, told.code, checkout, only_for)]
    # A card given with a checkout pays for that one; only a card given by itself replaces.
    replaces = () if checkout else payer.subscriptions
    if only_for:
        replaces = tuple(linked for linked in replaces if linked == only_for)
    return [
        events.PaymentMethodSaved(person_id, kept, checkout, replaces, told.good_until, only_for)
    ]


def _kept(told: commands.RecordKept, payer: Payer) -> list[events.PayerEvent]:
    kept, customer = told.instrument, told.instrument.customer
    if customer is None or Customer(customer, kept.account) in payer.customers:
        return []
    if payer.forgotten:
        return [
            events.CustomerLeftBehind(
                told.person_id, kept.payment_method, customer, kept.account, told.checkout
            )
        ]
    return [events.PaymentMethodSaved(told.person_id, kept, told.checkout, ())]


def _save(asked: commands.SavePaymentMethod, payer: Payer) -> list[events.PayerEvent]:
    if (asked.payment_method, asked.checkout, asked.only_for) in payer.saving:
        return []
    if payer.forgotten:
        unkept = Instrument(asked.payment_method, None, asked.account)
        return [
            events.PaymentMethodRefused(
                asked.person_id, unkept, Code("payer_erased"), asked.checkout, asked.only_for
            )
        ]
    return [
        events.PaymentMethodOffered(
            asked.person_id,
            asked.payment_method,
            payer.customer_on(asked.account),
            asked.account,
            asked.checkout,
            asked.accepted,
            asked.only_for,
            asked.alone,
        )
    ]


def _adopt(asked: commands.AdoptCustomer, payer: Payer) -> list[events.PayerEvent]:
    person_id, kept = asked.person_id, asked.instrument
    if payer.forgotten and kept.customer:
        return [
            events.CustomerLeftBehind(
                person_id, kept.payment_method, kept.customer, kept.account, None
            )
        ]
    if payer.customer_on(kept.account) is None and not kept.is_missing:
        return [events.PaymentMethodSaved(person_id, kept, None, (), asked.good_until)]
    known = {one.customer for one in payer.customers}
    return [] if kept.customer in known else [events.CustomerAdopted(person_id, kept)]


def _forget(person_id: PersonId, payer: Payer) -> list[events.PayerEvent]:
    if payer.forgotten:
        return []
    last = payer.customers[-1] if payer.customers else None
    forgotten = events.PayerForgotten(
        person_id,
        last.customer if last else None,
        last.account if last else None,
        payer.subscriptions,
        payer.customers[:-1],
    )
    if last or payer.saving:
        return [forgotten]
    return [forgotten, events.PayerErased(person_id)]


def evolve(payer: Payer, event: events.PayerEvent) -> Payer:
    match event:
        case events.PaymentMethodOffered(_, payment_method, checkout=checkout, only_for=only_for):
            return replace(payer, saving=payer.saving | {(payment_method, checkout, only_for)})
        case events.PaymentMethodSaved(_, kept, checkout, only_for=only_for):
            settled = _settled(payer, kept, (checkout, only_for))
            if only_for:
                return replace(settled, cards=payer.cards | {kept.payment_method})
            given = None if checkout else kept
            others = payer.cards if checkout else frozenset()
            return replace(settled, given=given, cards=others | {kept.payment_method})
        case events.CustomerAdopted(_, kept):
            return replace(payer, customers=_beside(kept, payer.customers))
        case events.CardExpiring(_, payment_method):
            return replace(payer, cards=payer.cards - {payment_method})
        case events.PaymentMethodRefused(_, kept, checkout=checkout, only_for=only_for):
            return _settled(payer, kept, (checkout, only_for))
        case events.SubscriptionLinked(subscription_id):
            return replace(payer, subscriptions=(*payer.subscriptions, subscription_id))
        case events.SubscriptionUnlinked(subscription_id):
            rest = tuple(linked for linked in payer.subscriptions if linked != subscription_id)
            return replace(payer, subscriptions=rest)
        case events.PayerForgotten(customer=customer, others=others):
            deleting = frozenset(other.customer for other in others)
            deleting |= {customer} if customer else frozenset()
            return replace(payer, forgotten=True, subscriptions=(), deleting=deleting)
        case events.PayerShutOut(person_id):
            return replace(payer, shut_out=person_id)
        case events.PayerLetIn():
            return replace(payer, shut_out=None)
        case events.CustomerLeftBehind(_, payment_method, customer, checkout=checkout):
            left = {wish for wish in payer.saving if wish[:2] == (payment_method, checkout)}
            return replace(
                payer,
                saving=payer.saving - left,
                deleting=payer.deleting | {customer},
            )
        case events.CustomerDeleted(customer):
            return replace(payer, deleting=payer.deleting - {customer})
        case events.TrialTaken(checkout_id):
            return replace(payer, trial=checkout_id)
        case events.TrialReturned():
            return replace(payer, trial=None)
        case events.SubscriptionOrphaned() | events.PayerErased():
            return payer
        case _:
            assert_never(event)


def _beside(adopted: Instrument, customers: tuple[Customer, ...]) -> tuple[Customer, ...]:
    """First, for cards are kept for the latest."""
    if adopted.customer is None:
        return customers
    return (Customer(adopted.customer, adopted.account), *customers)


def _settled(
    payer: Payer, kept: Instrument, wanted_for: tuple[CheckoutAttempt | None, UUID | None]
) -> Payer:
    customers = payer.customers
    if kept.customer:
        latest = Customer(kept.customer, kept.account)
        customers = (*(one for one in customers if one != latest), latest)
    return replace(
        payer,
        customers=customers,
        saving=payer.saving - {(kept.payment_method, *wanted_for)},
    )


PAYER: Decider[commands.PayerCommand, Payer, events.PayerEvent] = Decider(
    "payer",
    initial=Payer(),
    decide=decide,
    evolve=evolve,
    commands=commands.PayerCommand,
    events=events.PayerEvent,
)
