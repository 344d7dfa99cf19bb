"""A checkout charges what it showed when it was opened, one attempt at a time, and completes once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, assert_never
from urllib.parse import urlsplit

from services.billing.agreements import Agreed
from services.billing.checkout import commands, events
from services.billing.checkout.events import Basket, Line, OfferLine, QuoteLine, charges_of
from services.billing.debit.events import DEBITED, AccessWhile
from services.billing.discount.events import Deal, Discount, Reduction
from services.billing.lasting import payments_in
from services.billing.least import is_too_little, least_of
from services.billing.payer.events import BY_HAND, NO_CARD, Approval, Instrument
from services.billing.payment.events import DEAREST
from shared.decider import Decider, NotFound, Rejected
from shared.ids import Code
from shared.money import Money

LIFETIME = timedelta(minutes=30)
MOST_LINES = 20
AGREED_AT = "/accepted_documents"

Phase = Literal["open", "awaiting_payment", "processing", "completed", "expired"]


@dataclass(frozen=True, slots=True)
class Checkout:
    """`instrument` is the last that was charged: money may come of it even while another is tried.

    `for_trial` is the card that is being asked about, one of those `asked` so far. Once a debit is on its way, what
    recurs may have begun: it is `trusted`.
    """

    opened: events.CheckoutOpened
    phase: Phase = "open"
    attempt: int = 0
    payment_method: Code | None = None
    instrument: Instrument | None = None
    waits_for_card: bool = False
    needs_action: bool = False
    gave_code_back: bool = False
    for_trial: Instrument | None = None
    asked: tuple[Instrument, ...] = ()
    access: AccessWhile | None = None
    trusted: bool = False
    agreed: tuple[Agreed, ...] = ()
    begun_by: Code | None = None

    @property
    def is_awaited(self) -> bool:
        """The person is to send or bring the money, and may still choose otherwise."""
        by_hand = self.instrument is not None and self.instrument.is_by_hand
        return by_hand and self.phase == "processing"


def decide(
    command: commands.CheckoutCommand, checkout: Checkout | None
) -> list[events.CheckoutEvent]:
    match command:
        case commands.OpenCheckout():
            return _open(command) if checkout is None else []
        case commands.AcceptDocuments() | commands.PayCheckout() | commands.CancelCheckout() if (
            checkout is None or checkout.opened.basket.person_id != command.person_id
        ):
            raise NotFound("checkout_not_found", "There is no such checkout.")
        case _ if checkout is None:
            return []
        case commands.AcceptDocuments():
            return _accept(command, checkout)
        case commands.PayCheckout():
            return _pay(command, checkout)
        case commands.CancelCheckout():
            return _cancel(checkout)
        case commands.ExpireCheckout():
            if checkout.phase not in ("open", "awaiting_payment"):
                return []  # Money on its way may take days.
            return _expire(checkout, "timeout")
        case commands.RecordWithdrawal():
            return _give_code_back(checkout) if checkout.phase == "expired" else []
        case commands.RecordReversal(reversal, kinds, dispute):
            told = events.CheckoutReversed(checkout.opened.basket, reversal, kinds, dispute)
            return [told] if checkout.phase == "completed" else []
        case commands.CompleteCheckout() if checkout.phase == "completed":
            return []
        case commands.CompleteCheckout():
            # Late money buys what it was for: who sells it decides whether it is still to be had.
            paid_by = command.kept or _once(checkout.instrument)
            return _complete(checkout, paid_by)
        case _ if command.attempt != checkout.attempt:
            return []
        case commands.UseKeptCard(_, instrument):
            waits = checkout.phase == "awaiting_payment" and checkout.waits_for_card
            return _use(checkout, instrument) if waits else []
        case commands.AllowTrial():
            return _allow_trial(checkout)
        case commands.AwaitAction(attempt):
            waits = checkout.phase == "awaiting_payment" and not checkout.needs_action
            return [events.CheckoutActionRequired(attempt)] if waits else []
        case commands.AwaitMoney(attempt):
            waits = checkout.phase == "awaiting_payment"
            return _on_its_way(checkout, attempt) if waits else []
        case commands.StopAwaiting():
            return _expire(checkout, "timeout") if checkout.is_awaited else []
        case commands.DeclineAttempt():
            return _decline(command, checkout)
        case _:
            assert_never(command)


def _open(asked: commands.OpenCheckout) -> list[events.CheckoutEvent]:
    if not 1 <= len(asked.lines) <= MOST_LINES:
        raise Rejected(
            "lines_out_of_range", "A checkout has lines.", pointer="/lines", most=MOST_LINES
        )
    if not _at_home(asked.return_url, asked.origin):
        raise Rejected("foreign_return_url", "The way back leads elsewhere.", pointer="/return_url")
    if asked.seats_only and not all(_is_for_others(line) for line in asked.lines):
        raise Rejected("seats_only", "An organisation pays for seats.", pointer="/lines")
    if len({line.thing for line in asked.lines}) < len(asked.lines):
        raise Rejected("line_twice", "Each thing has one line.", pointer="/lines")
    if len({line.price.currency for line in asked.lines}) > 1:
        raise Rejected("currencies_differ", "One checkout, one currency.", pointer="/lines")
    offers = [line for line in asked.lines if isinstance(line, OfferLine)]
    if len(asked.lines) > 1 and any(line.gift for line in offers):
        raise Rejected("gift_not_alone", "A gift is bought by itself.", pointer="/lines")
    for number, line in enumerate(asked.lines):
        if isinstance(line, OfferLine):
            _check_choice(line, f"/lines/{number}")
    ends = [line.expires_at for line in asked.lines if isinstance(line, QuoteLine)]
    if any(end <= asked.at for end in ends):
        raise Rejected("quote_expired", "The seats are held no longer.", pointer="/lines")
    if any(isinstance(line, QuoteLine) and line.hold_id in asked.paid_for for line in asked.lines):
        raise Rejected("seats_paid_for", "These seats are paid for already.", pointer="/lines")
    basket = _basket(asked)
    _check_total(basket.due, [line.full for line in offers])
    expires_at = min([asked.at + LIFETIME, *ends])
    via = events.CameBy(asked.via, asked.at) if asked.via else None
    return _opened(asked, events.CheckoutOpened(basket, asked.return_url, expires_at, via))


def _check_total(due: Money, fulls: Sequence[Money]) -> None:
    if any(amount.minor > DEAREST for amount in (due, *fulls)):
        raise Rejected(
            "total_out_of_range", "No processor charges that.", pointer="/lines", most=DEAREST
        )
    if is_too_little(due):
        detail, least = "No processor charges so little.", least_of(due.currency)
        raise Rejected("total_out_of_range", detail, pointer="/lines", least=least)


def _opened(
    asked: commands.OpenCheckout, opened: events.CheckoutOpened
) -> list[events.CheckoutEvent]:
    basket = opened.basket
    told = _told(asked, Checkout(opened))
    if basket.due or basket.recurs:
        return [opened, *told]
    asked.agreements.demand(asked.agreed, asked.at, AGREED_AT)
    agreed = CHECKOUT.fold(told, Checkout(opened)) or Checkout(opened)
    return [opened, *told, *_complete(agreed, None)]


def _is_for_others(line: Line) -> bool:
    return isinstance(line, OfferLine) and line.seats


def _check_choice(line: OfferLine, at: str) -> None:
    if not line.fewest <= line.quantity <= line.most:
        raise Rejected(
            "quantity_out_of_range",
            "Not so few, or not so many.",
            pointer=f"{at}/quantity",
            fewest=line.fewest,
            most=line.most,
        )
    if line.gift and not _can_be_given(line):
        raise Rejected("not_to_be_given", "This is no gift.", pointer=f"{at}/gift")
    if line.price.minor < 0:
        raise Rejected("amount_negative", "Nobody is paid to buy.", pointer=f"{at}/amount")
    if line.minimum is not None and line.price < line.minimum:
        raise Rejected(
            "amount_below_minimum",
            "It costs at least so much.",
            pointer=f"{at}/amount",
            least=line.minimum.minor,
        )


def _can_be_given(line: OfferLine) -> bool:
    """What opens something for a time that begins when it is accepted, or for good; seats are given one by one."""
    opens = line.tier_id is not None or line.content_id is not None
    return opens and not line.seats and not line.donation and line.year is None


def _at_home(return_url: Code, origin: Code) -> bool:
    # Nothing but a place: what follows a question mark may say something about a person.
    there, home = urlsplit(return_url), urlsplit(origin)
    bare = return_url.isprintable() and not (there.query or there.fragment)
    return bare and (there.scheme, there.netloc) == (home.scheme, home.netloc)


def _basket(asked: commands.OpenCheckout) -> Basket:
    # Whoever had their trial could have another in the name of one organisation after the other.
    no_trial = asked.trial or asked.without_trial or asked.seats_only
    lines = _untried(asked.lines) if no_trial else asked.lines
    lines = _reduced(lines, asked.discount) if asked.discount else lines
    charges = charges_of(lines)
    nothing = Money(0, lines[0].price.currency)
    return Basket(
        person_id=asked.person_id,
        lines=lines,
        due=sum((charge.amount for charge in charges), nothing),
        charges=charges,
        account=asked.account,
        time_zone=asked.time_zone,
        discount_id=asked.discount.discount_id if asked.discount else None,
    )


def _untried(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """One trial for a person: who has had it pays from the first day."""
    return tuple(
        replace(line, trial_days=0) if isinstance(line, OfferLine) else line for line in lines
    )


def takes(lines: tuple[Line, ...], discount: Discount) -> bool:
    """Whether something is taken off them by it."""
    try:
        return bool(_reduced(lines, discount))
    except Rejected:
        return False


def _reduced(lines: tuple[Line, ...], discount: Discount) -> tuple[Line, ...]:
    """The basket with the code: seats, donations, gifts and what the buyer names the price of cost what they cost."""
    deal, currency = discount.deal, lines[0].price.currency
    good = {
        line.offer_id: line.full
        for line in lines
        if isinstance(line, OfferLine) and line.is_reducible and deal.covers(line.offer_id)
    }
    if not any(good.values()):
        raise Rejected("code_does_not_apply", "It is for something else.", pointer="/code")
    if not deal.percent and not deal.amount_in(currency):
        raise Rejected("code_in_other_currency", "It is in other money.", pointer="/code")
    reductions = dict(zip(good, discount.reductions(list(good.values())), strict=True))
    return tuple(
        replace(line, reduction=_lasting(reductions.get(line.offer_id), deal, line))
        if isinstance(line, OfferLine)
        else line
        for line in lines
    )


def _lasting(reduction: Reduction | None, deal: Deal, line: OfferLine) -> Reduction | None:
    if reduction is None or deal.months is None:
        return reduction
    return replace(reduction, periods=payments_in(deal.months, (line.interval, line.every)))


def _accept(asked: commands.AcceptDocuments, checkout: Checkout) -> list[events.CheckoutEvent]:
    if checkout.phase == "completed":
        return []
    if checkout.phase == "expired":
        raise Rejected("checkout_expired", "It was left unpaid for too long.")
    return _told(asked, checkout)


def _told(
    asked: commands.OpenCheckout | commands.AcceptDocuments | commands.PayCheckout,
    checkout: Checkout,
) -> list[events.CheckoutEvent]:
    news = asked.agreements.accepting(asked.agreed, checkout.agreed, asked.at, AGREED_AT)
    told: list[events.CheckoutEvent] = (
        [events.DocumentsAccepted(asked.person_id, news)] if news else []
    )
    if asked.begin_by is None or checkout.begun_by is not None:
        return told
    return [*told, events.BeginningAsked(asked.person_id, asked.begin_by)]


def _pay(asked: commands.PayCheckout, checkout: Checkout) -> list[events.CheckoutEvent]:
    is_awaited, by_hand = checkout.is_awaited, asked.payment_method == BY_HAND
    if checkout.phase == "completed":
        raise Rejected("checkout_completed", "There is nothing left to pay.")
    if checkout.phase == "processing" and (by_hand or not is_awaited):
        return []
    is_late = asked.at >= checkout.opened.expires_at and not is_awaited
    if checkout.phase == "expired" or is_late:
        raise Rejected("checkout_expired", "It was left unpaid for too long.")
    if checkout.phase == "awaiting_payment":
        if asked.payment_method == checkout.payment_method:
            return []
        if not checkout.needs_action:
            raise Rejected("payment_underway", "Another payment method is being charged.")
    told = _told(asked, checkout)
    asked.agreements.demand((*checkout.agreed, *asked.agreed), asked.at, AGREED_AT)
    return [*told, *_try(asked, CHECKOUT.fold(told, checkout) or checkout)]


def _try(asked: commands.PayCheckout, checkout: Checkout) -> list[events.CheckoutEvent]:
    basket, attempt = checkout.opened.basket, checkout.attempt + 1
    if asked.debit:
        return [_debit(asked, asked.debit, attempt, basket)]
    if asked.payment_method == BY_HAND:
        return _await(asked, attempt, checkout)
    if asked.payment_method == NO_CARD:
        return _begin_without_card(checkout)
    if asked.agree_at or asked.hosted:
        return [_seek_agreement(asked, attempt, checkout.opened)]
    if basket.recurs:
        return [
            events.PaymentMethodAsked(
                basket.person_id,
                attempt,
                asked.payment_method,
                basket.account,
                alone=not basket.due,
            )
        ]
    passing = Instrument(asked.payment_method, None, basket.account)
    return [events.ChargeAsked(basket.person_id, attempt, passing, basket.due, basket.charges)]


def _await(
    asked: commands.PayCheckout, attempt: int, checkout: Checkout
) -> list[events.CheckoutEvent]:
    basket = checkout.opened.basket
    if not asked.by_hand:
        raise Rejected("not_by_hand", "Nobody takes it by hand here.")
    if any(isinstance(line, QuoteLine) for line in basket.lines):
        detail = "Seats are not held until money is brought."
        raise Rejected("seats_not_by_hand", detail)
    instrument = Instrument(BY_HAND, None, basket.account)
    if not basket.due:
        return _complete(checkout, instrument)
    return [events.ChargeAsked(basket.person_id, attempt, instrument, basket.due, basket.charges)]


def _begin_without_card(checkout: Checkout) -> list[events.CheckoutEvent]:
    basket = checkout.opened.basket
    if basket.needs_card:
        raise Rejected("card_needed", "It is not begun without something to pay by.")
    return _complete(checkout, Instrument(NO_CARD, None, basket.account))


def _debit(
    asked: commands.PayCheckout, debit: commands.Debit, attempt: int, basket: Basket
) -> events.CheckoutEvent:
    if debit.access is None:
        raise Rejected("not_by_debit", "Nobody takes debits here.", pointer="/kind")
    if basket.due.currency != DEBITED:
        raise Rejected("debit_in_other_currency", "Only euros are debited.", pointer="/kind")
    if any(isinstance(line, QuoteLine) for line in basket.lines):
        detail = "Seats are not held until a debit arrives."
        raise Rejected("seats_not_by_debit", detail, pointer="/kind")
    return events.PaymentMethodAsked(
        basket.person_id,
        attempt,
        asked.payment_method,
        basket.account,
        debit.accepted,
        debit.access,
    )


def _on_its_way(checkout: Checkout, attempt: int) -> list[events.CheckoutEvent]:
    basket, instrument = checkout.opened.basket, checkout.instrument
    processing = events.CheckoutProcessing(attempt)
    trusts = checkout.access == "at_once" and basket.recurs and not basket.on_trial
    if not trusts or instrument is None or instrument.mandate is None:
        return [processing]
    return [processing, events.AccessTrusted(basket, instrument)]


def _seek_agreement(
    asked: commands.PayCheckout, attempt: int, opened: events.CheckoutOpened
) -> events.CheckoutEvent:
    basket = opened.basket
    if asked.hosted and basket.on_trial:
        # There a card is known only once it has paid, which is too late to say that it has had its trial.
        raise Rejected("trial_not_hosted", "A trial is begun by a card that is given here.")
    if not basket.due:
        raise Rejected("nothing_due_now", "What is kept there is kept with a payment.")
    approval = Approval(opened.return_url, keep=basket.recurs)
    account = asked.agree_at or basket.account
    instrument = Instrument(asked.payment_method, None, account, approval)
    return events.ChargeAsked(basket.person_id, attempt, instrument, basket.due, basket.charges)


def _once(instrument: Instrument | None) -> Instrument | None:
    """What was agreed to is over; what comes later would have to be agreed to again."""
    return replace(instrument, approval=None) if instrument else None


def _cancel(checkout: Checkout) -> list[events.CheckoutEvent]:
    match checkout.phase:
        case "open" | "awaiting_payment":
            return _expire(checkout, "cancelled")
        case "processing" if checkout.is_awaited:
            return _expire(checkout, "cancelled")
        case "processing":
            raise Rejected("payment_underway", "The money is on its way.")
        case "completed":
            raise Rejected("checkout_completed", "It is paid.")
        case "expired":
            return []
        case _:
            assert_never(checkout.phase)


def _expire(
    checkout: Checkout, reason: Literal["timeout", "cancelled", "returned"]
) -> list[events.CheckoutEvent]:
    expired: list[events.CheckoutEvent] = [
        events.CheckoutExpired(checkout.opened.basket.person_id, reason),
        *_released(checkout, None),
    ]
    # Of what was charged, money may still come: its code is given back when that is settled.
    return expired if checkout.instrument else [*expired, *_give_code_back(checkout)]


def _give_code_back(checkout: Checkout) -> list[events.CheckoutEvent]:
    discount_id = checkout.opened.basket.discount_id
    if discount_id is None or checkout.gave_code_back:
        return []
    return [events.CodeGivenBack(discount_id)]


def _use(checkout: Checkout, kept: Instrument) -> list[events.CheckoutEvent]:
    tried = checkout.opened.basket.tried
    if tried:
        return [events.CardTrialAsked(checkout.attempt, kept, tried)]
    return _charge_or_complete(checkout, kept)


def _allow_trial(checkout: Checkout) -> list[events.CheckoutEvent]:
    if checkout.for_trial is None:
        return []
    if checkout.phase != "awaiting_payment":  # It came too late to begin anything.
        return [events.CardTrialsReleased((checkout.for_trial,))]
    return _charge_or_complete(checkout, checkout.for_trial)


def _charge_or_complete(checkout: Checkout, kept: Instrument) -> list[events.CheckoutEvent]:
    basket = checkout.opened.basket
    if not basket.due:
        return _complete(checkout, kept)
    charge = events.ChargeAsked(
        basket.person_id, checkout.attempt, kept, basket.due, basket.charges
    )
    return [charge]


def _complete(checkout: Checkout, paid_by: Instrument | None) -> list[events.CheckoutEvent]:
    basket = checkout.opened.basket
    completed: list[events.CheckoutEvent] = [
        events.CheckoutCompleted(
            basket, paid_by, checkout.agreed, checkout.begun_by, checkout.opened.via
        )
    ]
    if paid_by in checkout.asked:
        completed.append(events.CardTrialKept(paid_by, basket.tried))
    return [*completed, *_released(checkout, paid_by)]


def _released(checkout: Checkout, paid_by: Instrument | None) -> list[events.CheckoutEvent]:
    """Of a card that is being asked about, the answer is awaited."""
    cards = tuple(one for one in checkout.asked if one not in (paid_by, checkout.for_trial))
    return [events.CardTrialsReleased(cards)] if cards else []


def _decline(told: commands.DeclineAttempt, checkout: Checkout) -> list[events.CheckoutEvent]:
    if checkout.phase == "expired":
        return _give_code_back(checkout)
    if checkout.phase not in ("awaiting_payment", "processing"):
        return []
    declined = events.CheckoutDeclined(told.attempt, told.code)
    if checkout.trusted:  # What has begun and ended does not begin again.
        return [declined, events.TrustLost(checkout.opened.basket), *_expire(checkout, "returned")]
    if told.at < checkout.opened.expires_at:
        return [declined]
    return [declined, *_expire(checkout, "timeout")]


def evolve(checkout: Checkout | None, event: events.CheckoutEvent) -> Checkout | None:
    match event:
        case events.CheckoutOpened():
            return Checkout(event)
        case _ if checkout is None:
            return None
        case events.DocumentsAccepted(_, documents):
            return _agreeing(checkout, documents)
        case events.BeginningAsked(_, text):
            return replace(checkout, begun_by=text)
        case events.PaymentMethodAsked(_, attempt, method, access=access):
            trying = _trying(checkout, attempt, method)
            return replace(trying, waits_for_card=True, access=access)
        case events.CardTrialAsked(instrument=card):
            asked = tuple(one for one in checkout.asked if one != card)
            return replace(checkout, waits_for_card=False, for_trial=card, asked=(*asked, card))
        case events.ChargeAsked(_, attempt, instrument):
            trying = _trying(checkout, attempt, instrument.payment_method)
            return replace(trying, instrument=instrument)
        case events.CheckoutActionRequired():
            return replace(checkout, needs_action=True)
        case events.CheckoutProcessing():
            return replace(checkout, phase="processing")
        case events.AccessTrusted():
            return replace(checkout, trusted=True)
        case events.TrustLost():
            return replace(checkout, trusted=False)
        case events.CheckoutDeclined():
            return replace(checkout, phase="open", needs_action=False, for_trial=None)
        case events.CheckoutCompleted():
            return replace(checkout, phase="completed")
        case events.CheckoutExpired():
            return replace(checkout, phase="expired")
        case events.CodeGivenBack():
            return replace(checkout, gave_code_back=True)
        case events.CardTrialKept(card):
            return checkout if card != checkout.for_trial else replace(checkout, for_trial=None)
        case events.CardTrialsReleased(cards):
            return (
                checkout if checkout.for_trial not in cards else replace(checkout, for_trial=None)
            )
        case events.CheckoutReversed():
            return checkout
        case _:
            assert_never(event)


def _agreeing(checkout: Checkout, documents: tuple[Agreed, ...]) -> Checkout:
    """Of each kind what was accepted last."""
    kinds = {one.kind for one in documents}
    others = tuple(one for one in checkout.agreed if one.kind not in kinds)
    return replace(checkout, agreed=(*others, *documents))


def _trying(checkout: Checkout, attempt: int, payment_method: Code) -> Checkout:
    return replace(
        checkout,
        phase="awaiting_payment",
        attempt=attempt,
        payment_method=payment_method,
        waits_for_card=False,
        needs_action=False,
        for_trial=None,
    )


CHECKOUT: Decider[commands.CheckoutCommand, Checkout | None, events.CheckoutEvent] = Decider(
    "checkout",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.CheckoutCommand,
    events=events.CheckoutEvent,
)
