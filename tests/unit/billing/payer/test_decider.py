from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from services.billing.payer import commands, events
from services.billing.payer.decider import PAYER
from services.billing.payer.events import NO_CARD, CheckoutAttempt, Customer, Instrument
from services.billing.payer.publications import tell_of_expiry
from services.billing.payer.reactions import when_payment_method_saved_warn_of_expiry
from shared.ids import Code
from shared.reaction import Ask, At
from shared.testing import given
from tests.unit.billing.cast import ada, fact, stream_id, visa

card, customer, account = Code("pm_visa"), Code("cus_ada"), Code("acct_ours")
first_try = CheckoutAttempt(UUID(int=10), 1)
gold, silver = UUID(int=20), UUID(int=21)
kept_for_none = Instrument(card, customer, None)

offered = events.PaymentMethodOffered(ada, card, None, None, None)
offered_for_checkout = events.PaymentMethodOffered(ada, card, None, None, first_try)
saved = events.PaymentMethodSaved(ada, visa, None, ())
linked = events.SubscriptionLinked(gold)
forgotten = events.PayerForgotten(ada, None, None, ())
forgotten_customer = events.PayerForgotten(ada, customer, None, ())
deleted = events.CustomerDeleted(customer)
erased = events.PayerErased(ada)
left_behind = events.CustomerLeftBehind(ada, card, customer, None, None)

save = commands.SavePaymentMethod(ada, card, None)
record = commands.RecordPaymentMethod(ada, card, customer, None, None)
refuse = commands.RecordRefusal(ada, card, customer, None, Code("card_declined"), None)
forget = commands.ForgetPayer(ada)
record_deletion = commands.RecordDeletion(ada, customer)


def test_what_a_banned_person_pays_for_or_begins_to_is_the_sellers_policy() -> None:
    ban, other = commands.ShutOutPayer(ada), UUID(int=77)
    shut_out = events.PayerShutOut(ada, (gold,))
    given(PAYER, linked).when(ban).then(shut_out)
    given(PAYER, linked, shut_out).when(ban).then_nothing()
    given(PAYER).when(ban).then(events.PayerShutOut(ada, ()))
    given(PAYER, forgotten).when(ban).then_nothing()
    begun = events.SubscriptionLinked(other), events.PayerShutOut(ada, (other,))
    given(PAYER, linked, shut_out).when(commands.LinkSubscription(other)).then(*begun)


def test_who_is_banned_no_more_pays_for_what_they_begin_like_anybody() -> None:
    other, let_in = UUID(int=77), events.PayerLetIn(ada)
    shut_out = events.PayerShutOut(ada, (gold,))
    given(PAYER, linked, shut_out).when(commands.LetPayerIn(ada)).then(let_in)
    begins = given(PAYER, linked, shut_out, let_in).when(commands.LinkSubscription(other))
    begins.then(events.SubscriptionLinked(other))
    given(PAYER, linked, shut_out, let_in).when(commands.LetPayerIn(ada)).then_nothing()
    given(PAYER, linked).when(commands.LetPayerIn(ada)).then_nothing()


def test_a_card_is_offered_to_the_processor() -> None:
    given(PAYER).when(save).then(offered)


def test_a_card_that_is_being_offered_is_not_offered_twice() -> None:
    given(PAYER, offered).when(save).then_nothing()


def test_the_processor_keeps_it_for_the_customer_it_made() -> None:
    given(PAYER, offered).when(record).then(saved)


def test_a_second_card_goes_to_the_same_customer() -> None:
    amex = commands.SavePaymentMethod(ada, Code("pm_amex"), None)
    expected = events.PaymentMethodOffered(ada, Code("pm_amex"), customer, None, None)
    given(PAYER, offered, saved).when(amex).then(expected)


def test_another_account_of_the_processor_makes_another_customer() -> None:
    elsewhere = commands.SavePaymentMethod(ada, card, account)
    expected = events.PaymentMethodOffered(ada, card, None, account, None)
    given(PAYER, offered, saved).when(elsewhere).then(expected)


def test_an_answer_nobody_waits_for_changes_nothing() -> None:
    given(PAYER).when(record).then_nothing()
    given(PAYER, offered, saved).when(record).then_nothing()
    given(PAYER, offered, saved).when(refuse).then_nothing()


def test_a_refused_card_leaves_the_customer_but_is_not_kept() -> None:
    refused = events.PaymentMethodRefused(ada, kept_for_none, Code("card_declined"), None)
    given(PAYER, offered).when(refuse).then(refused)
    again = events.PaymentMethodOffered(ada, card, customer, None, None)
    given(PAYER, offered, refused).when(save).then(again)


def test_a_card_given_by_itself_pays_for_what_the_payer_subscribes_to() -> None:
    replaced = events.PaymentMethodSaved(ada, kept_for_none, None, (gold,))
    given(PAYER, linked, offered).when(record).then(replaced)


def test_a_card_given_with_a_checkout_pays_for_that_checkout_alone() -> None:
    with_checkout = commands.RecordPaymentMethod(ada, card, customer, None, first_try)
    expected = events.PaymentMethodSaved(ada, kept_for_none, first_try, ())
    given(PAYER, linked, offered_for_checkout).when(with_checkout).then(expected)


def test_a_card_given_for_one_subscription_pays_for_no_other() -> None:
    for_gold = replace(offered, only_for=gold)
    given(PAYER).when(replace(save, only_for=gold)).then(for_gold)
    given(PAYER, for_gold).when(replace(save, only_for=gold)).then_nothing()
    both = (linked, events.SubscriptionLinked(silver))
    kept = events.PaymentMethodSaved(ada, kept_for_none, None, (gold,), only_for=gold)
    answer = replace(record, only_for=gold)
    given(PAYER, *both, for_gold).when(answer).then(kept)
    given(PAYER, *both, for_gold, kept).when(answer).then_nothing()
    # One that ended, or has not begun, takes no other with it; nor does one that begins later get it.
    none = replace(kept, subscriptions=())
    given(PAYER, both[1], for_gold).when(answer).then(none)
    given(PAYER, for_gold, none).when(commands.LinkSubscription(silver)).then(both[1])
    no = replace(refuse, only_for=gold)
    refused = events.PaymentMethodRefused(ada, kept_for_none, no.code, None, gold)
    given(PAYER, for_gold).when(no).then(refused)
    given(PAYER, for_gold, refused).when(no).then_nothing()


def test_a_subscription_is_linked_once() -> None:
    given(PAYER).when(commands.LinkSubscription(gold)).then(linked)
    given(PAYER, linked).when(commands.LinkSubscription(gold)).then_nothing()


def test_a_card_given_while_a_checkout_completes_pays_for_what_it_began() -> None:
    by_the_new_card = events.SubscriptionLinked(gold, kept_for_none)
    given(PAYER, offered, saved).when(commands.LinkSubscription(gold)).then(by_the_new_card)
    with_checkout = events.PaymentMethodSaved(ada, visa, first_try, ())
    for_checkout = (offered, saved, offered_for_checkout, with_checkout)
    given(PAYER, *for_checkout).when(commands.LinkSubscription(gold)).then(linked)


def test_a_subscription_is_unlinked_once() -> None:
    unlinked = events.SubscriptionUnlinked(gold)
    both = (linked, events.SubscriptionLinked(silver))
    given(PAYER, *both).when(commands.UnlinkSubscription(gold)).then(unlinked)
    given(PAYER, *both, unlinked).when(commands.UnlinkSubscription(gold)).then_nothing()


def test_a_payer_the_processor_never_saw_is_erased_at_once() -> None:
    given(PAYER).when(forget).then(forgotten, erased)


def test_a_customer_is_deleted_before_the_payer_counts_as_erased() -> None:
    given(PAYER, offered, saved).when(forget).then(forgotten_customer)
    given(PAYER, offered, saved, forgotten_customer).when(record_deletion).then(deleted, erased)


def test_forgetting_ends_what_the_payer_subscribes_to() -> None:
    ends = events.PayerForgotten(ada, None, None, (gold,))
    given(PAYER, linked).when(forget).then(ends, erased)


def test_a_payer_is_forgotten_once() -> None:
    given(PAYER, forgotten, erased).when(forget).then_nothing()


def test_a_customer_is_deleted_once() -> None:
    history = (offered, saved, forgotten_customer, deleted, erased)
    given(PAYER, *history).when(record_deletion).then_nothing()


def test_a_card_still_on_its_way_is_waited_for() -> None:
    given(PAYER, offered).when(forget).then(forgotten)
    given(PAYER, offered, forgotten).when(record).then(left_behind)
    given(PAYER, offered, forgotten).when(refuse).then(left_behind)
    given(PAYER, offered, forgotten, left_behind).when(record_deletion).then(deleted, erased)


def test_a_deletion_that_is_not_the_last_does_not_erase() -> None:
    waiting = (offered, saved, offered, forgotten_customer)
    given(PAYER, *waiting).when(record_deletion).then(deleted)


def test_a_forgotten_payer_keeps_no_card() -> None:
    unkept = Instrument(card, None, None)
    refused = events.PaymentMethodRefused(ada, unkept, Code("payer_erased"), None)
    given(PAYER, forgotten, erased).when(save).then(refused)
    given(PAYER, forgotten, erased, refused).when(save).then(refused)


def test_a_subscription_that_begins_for_a_forgotten_payer_is_an_orphan() -> None:
    orphaned = events.SubscriptionOrphaned(gold)
    given(PAYER, forgotten, erased).when(commands.LinkSubscription(gold)).then(orphaned)


spring = date(2027, 3, 1)
dated = events.PaymentMethodSaved(ada, visa, None, (), spring)
linked_to_gold = events.SubscriptionLinked(gold, visa)
warn = commands.WarnOfExpiry(ada, card, spring)
expiring = events.CardExpiring(ada, card, spring)


def test_the_processor_says_until_when_a_card_is_good() -> None:
    told = commands.RecordPaymentMethod(ada, card, customer, None, None, spring)
    given(PAYER, offered).when(told).then(dated)


def test_who_pays_with_a_card_is_told_a_month_before_it_expires() -> None:
    due = datetime(2027, 1, 30, tzinfo=UTC)
    expected = [At(due, Ask(PAYER, stream_id, warn))]
    assert when_payment_method_saved_warn_of_expiry(fact(dated)) == expected
    assert when_payment_method_saved_warn_of_expiry(fact(saved)) == []
    given(PAYER, dated, linked_to_gold).when(warn).then(expiring)
    given(PAYER, dated, linked_to_gold, expiring).when(warn).then_nothing()
    letter = tell_of_expiry(fact(expiring))
    assert (letter.template, letter.person_id) == ("card_expires", ada)


def test_nobody_is_told_of_a_card_that_pays_for_nothing_or_was_replaced() -> None:
    given(PAYER, dated).when(warn).then_nothing()
    amex_kept = Instrument(Code("pm_amex"), customer, None)
    replaced = events.PaymentMethodSaved(ada, amex_kept, None, (gold,))
    given(PAYER, dated, linked_to_gold, replaced).when(warn).then_nothing()
    unlinked = events.SubscriptionUnlinked(gold)
    given(PAYER, dated, linked_to_gold, unlinked).when(warn).then_nothing()


def test_a_card_of_one_checkout_leaves_those_of_others_in_use() -> None:
    amex_kept = Instrument(Code("pm_amex"), customer, None)
    beside = events.PaymentMethodSaved(ada, amex_kept, first_try, ())
    given(PAYER, dated, linked_to_gold, beside).when(warn).then(expiring)


FIRST, SECOND = UUID(int=30), UUID(int=31)
taken = events.TrialTaken(FIRST)
returned = events.TrialReturned(FIRST)


def test_a_trial_goes_with_the_checkout_that_is_paid_first() -> None:
    given(PAYER).when(commands.TakeTrial(FIRST)).then(taken)


def test_paying_the_same_checkout_again_takes_no_second_trial() -> None:
    given(PAYER, taken).when(commands.TakeTrial(FIRST)).then_nothing()


def test_there_is_one_trial_for_a_person() -> None:
    given(PAYER, taken).when(commands.TakeTrial(SECOND)).then_rejected("trial_taken")


def test_a_trial_whose_checkout_came_to_nothing_may_be_had_later() -> None:
    given(PAYER, taken).when(commands.ReturnTrial(FIRST)).then(returned)
    given(PAYER, taken, returned).when(commands.TakeTrial(SECOND)).then(events.TrialTaken(SECOND))


def test_another_checkout_that_expires_returns_nothing() -> None:
    given(PAYER, taken).when(commands.ReturnTrial(SECOND)).then_nothing()
    given(PAYER).when(commands.ReturnTrial(FIRST)).then_nothing()


def test_a_checkout_that_completes_after_it_expired_has_had_its_trial() -> None:
    given(PAYER, taken, returned).when(commands.ConfirmTrial(FIRST)).then(taken)
    given(PAYER, taken).when(commands.ConfirmTrial(FIRST)).then_nothing()
    given(PAYER, taken).when(commands.ConfirmTrial(SECOND)).then_nothing()


theirs = Instrument(Code("pm_old"), Code("cus_old"), account)
adopt = commands.AdoptCustomer(ada, theirs, None)
open_form = commands.AdoptCustomer(ada, replace(theirs, payment_method=NO_CARD), None)


def test_a_form_is_opened_for_a_customer_who_has_no_card_yet() -> None:
    known = events.CustomerAdopted(ada, open_form.instrument)
    given(PAYER).when(open_form).then(known)
    given(PAYER, known).when(open_form).then_nothing()
    with_that = replace(offered, customer=theirs.customer, account=account)
    given(PAYER, known).when(replace(save, account=account)).then(with_that)


def test_what_is_given_alone_is_kept_alone() -> None:
    given(PAYER).when(replace(save, alone=True)).then(replace(offered, alone=True))


def test_a_customer_of_the_sellers_own_billing_is_charged_without_giving_a_card_again() -> None:
    adopted = events.PaymentMethodSaved(ada, theirs, None, ())
    given(PAYER).when(adopt).then(adopted)
    given(PAYER, adopted).when(adopt).then_nothing()


def test_a_customer_beside_the_one_that_cards_are_kept_for_goes_with_them() -> None:
    ours = events.PaymentMethodSaved(ada, Instrument(card, customer, account), None, ())
    beside = events.CustomerAdopted(ada, theirs)
    given(PAYER, offered, ours).when(adopt).then(beside)
    given(PAYER, offered, ours, beside).when(adopt).then_nothing()
    both = events.PayerForgotten(ada, customer, account, (), (Customer(Code("cus_old"), account),))
    given(PAYER, offered, ours, beside).when(forget).then(both)
    first = commands.RecordDeletion(ada, Code("cus_old"))
    given(PAYER, offered, ours, beside, both).when(first).then(
        events.CustomerDeleted(Code("cus_old"))
    )
    left = events.CustomerLeftBehind(ada, Code("pm_old"), Code("cus_old"), account, None)
    given(PAYER, forgotten, erased).when(adopt).then(left)


def test_a_card_of_another_account_is_kept_as_the_first_one_there() -> None:
    given(PAYER, offered, saved).when(adopt).then(events.PaymentMethodSaved(ada, theirs, None, ()))


paypal = Code("paypal:SELLER")
wallet = Instrument(Code("token"), Code("cus_wallet"), paypal)
keep_wallet = commands.RecordKept(ada, wallet, first_try)
wallet_saved = events.PaymentMethodSaved(ada, wallet, first_try, ())


def test_what_a_payment_left_at_the_processor_is_remembered_once() -> None:
    given(PAYER).when(keep_wallet).then(wallet_saved)
    given(PAYER, wallet_saved).when(keep_wallet).then_nothing()
    nobody = replace(keep_wallet, instrument=replace(wallet, customer=None))
    given(PAYER).when(nobody).then_nothing()


def test_a_customer_of_one_processor_means_nothing_to_another() -> None:
    given(PAYER, wallet_saved).when(save).then(
        events.PaymentMethodOffered(ada, card, None, None, None)
    )
    given(PAYER, offered, saved, wallet_saved).when(save).then(
        events.PaymentMethodOffered(ada, card, customer, None, None)
    )


def test_a_card_pays_only_for_what_was_begun_on_its_account() -> None:
    link = commands.LinkSubscription(gold, account=paypal)
    given(PAYER, offered, saved).when(link).then(events.SubscriptionLinked(gold, None))
    here = commands.LinkSubscription(gold)
    given(PAYER, offered, saved).when(here).then(events.SubscriptionLinked(gold, visa))


def test_every_processor_forgets_before_the_payer_is_erased() -> None:
    known = (offered, saved, wallet_saved)
    others = (Customer(customer, None),)
    gone = events.PayerForgotten(ada, Code("cus_wallet"), paypal, (), others)
    given(PAYER, *known).when(forget).then(gone)
    first = commands.RecordDeletion(ada, Code("cus_wallet"))
    without = events.CustomerDeleted(Code("cus_wallet"))
    given(PAYER, *known, gone).when(first).then(without)
    last = commands.RecordDeletion(ada, customer)
    given(PAYER, *known, gone, without).when(last).then(deleted, erased)


def test_what_is_kept_for_somebody_forgotten_meanwhile_goes_too() -> None:
    left = events.CustomerLeftBehind(ada, Code("token"), Code("cus_wallet"), paypal, first_try)
    given(PAYER, forgotten, erased).when(keep_wallet).then(left)
