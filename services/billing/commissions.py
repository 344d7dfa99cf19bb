"""What each payment of a buyer earns whom, from all that is known of the buyer, in whatever order it came; pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from uuid import UUID

from dateutil.relativedelta import relativedelta

from services.billing.commission.events import (
    BuyerSent,
    Change,
    Commission,
    CommissionEarned,
    CommissionHeld,
    CommissionReduced,
    CommissionReleased,
    DisputeCounted,
    PurchaseCounted,
    ReturnCounted,
)
from services.billing.commission_rules.events import Rule
from services.billing.payment.events import ChargedFor, MoneyLine
from shared.ids import Code
from shared.money import Money


@dataclass(frozen=True, slots=True)
class Buyer:
    """All that is known of what one buyer's payments earn others."""

    sent: frozenset[BuyerSent]
    purchases: Mapping[UUID, PurchaseCounted]
    returns: Mapping[UUID, ReturnCounted]
    disputes: Mapping[tuple[UUID, Code], DisputeCounted]
    commissions: Mapping[UUID, Commission]


def changes(buyer: Buyer) -> Iterator[Change]:
    """What is to be said so that what was said comes to what each payment earns."""
    wanted = {one.commission_id: one for one in _earned(buyer)}
    for id_ in dict.fromkeys([*buyer.commissions, *wanted]):
        said, want = buyer.commissions.get(id_), wanted.get(id_)
        now = said or (want and replace(want, amount=want.amount * 0))
        assert now  # noqa: S101  An id is of what was said, or of what is wanted.
        amount = want.amount if want else now.amount * 0
        if now.amount != amount:
            change = CommissionEarned if now.amount < amount else CommissionReduced
            now = replace(now, amount=amount)
            yield change(now)
        is_held = _is_disputed(buyer, now.payment_id)
        if now.is_held != is_held:
            yield (CommissionHeld if is_held else CommissionReleased)(replace(now, is_held=is_held))


def _earned(buyer: Buyer) -> Iterator[Commission]:
    for purchase in buyer.purchases.values():
        lead, terms = _lead(buyer, purchase), purchase.terms
        if lead is None or lead.owner in (None, purchase.person_id):
            continue
        rule = terms.of(lead.kind) if terms and lead.kind else None
        if rule and _lasts(rule, lead, purchase, buyer):
            yield from _commission(rule, lead, purchase, buyer)


def _commission(
    rule: Rule, lead: BuyerSent, purchase: PurchaseCounted, buyer: Buyer
) -> Iterator[Commission]:
    kept, charged = _kept(rule, purchase, buyer), _sum(purchase.lines, rule)
    if not (kept and lead.owner and lead.link_id and lead.kind and purchase.terms):
        return
    currency = purchase.lines[0].amount.currency
    amount = _share(rule, Money(kept, currency), Money(charged, currency))
    if amount:
        due_at = purchase.at + timedelta(days=rule.hold_days)
        yield Commission(
            lead.owner,
            purchase.payment_id,
            lead.link_id,
            lead.kind,
            amount,
            purchase.terms.version,
            purchase.at,
            due_at,
        )


def _lead(buyer: Buyer, purchase: PurchaseCounted) -> BuyerSent | None:
    """The last link before the payment has the credit, as analytics says it too."""
    before = [lead for lead in buyer.sent if lead.at <= purchase.at]
    return max(before, key=lambda lead: (lead.at, str(lead.link_id)), default=None)


def _lasts(rule: Rule, lead: BuyerSent, purchase: PurchaseCounted, buyer: Buyer) -> bool:
    if rule.lasts == "attribution":
        return purchase.at < lead.until
    if rule.lasts == "months":
        # Who bought while the link counted goes on earning its owner something, when the link no longer counts.
        came = any(
            other.at < lead.until and _lead(buyer, other) == lead
            for other in buyer.purchases.values()
        )
        return came and purchase.at < lead.at + relativedelta(months=rule.months or 0)
    counted = [
        (other.at, str(other.payment_id))
        for other in buyer.purchases.values()
        if _sum(other.lines, rule)
    ]
    is_first = (purchase.at, str(purchase.payment_id)) == min(counted, default=None)
    return is_first and purchase.at < lead.until


def _share(rule: Rule, kept: Money, charged: Money) -> Money:
    if rule.basis_points is not None:
        return kept.share(Fraction(rule.basis_points, 10_000))
    fixed = sum(amount.minor for amount in rule.fixed if amount.currency == kept.currency)
    # What is more than was paid earns no more than was paid, and what goes back takes its part of it along.
    most = Money(min(fixed, charged.minor), kept.currency)
    return most.share(Fraction(kept.minor, charged.minor))


def _kept(rule: Rule, purchase: PurchaseCounted, buyer: Buyer) -> int:
    """What has not gone back of what counts, and never more than is left of the payment as a whole."""
    left: Counter[ChargedFor] = Counter()
    for line in purchase.lines:
        left[line.charged_for] += line.amount.minor
    for line in _gone(purchase, buyer):
        left[line.charged_for] -= line.amount.minor
    counted = sum(minor for kind, minor in left.items() if _counts(kind, rule))
    return max(0, min(counted, sum(left.values())))


def _gone(purchase: PurchaseCounted, buyer: Buyer) -> Iterator[MoneyLine]:
    for back in buyer.returns.values():
        if back.payment_id == purchase.payment_id:
            yield from back.lines
    for dispute in buyer.disputes.values():
        if dispute.payment_id == purchase.payment_id:
            yield from dispute.lost


def _sum(lines: Sequence[MoneyLine], rule: Rule) -> int:
    return sum(line.amount.minor for line in lines if _counts(line.charged_for, rule))


def _counts(kind: ChargedFor, rule: Rule) -> bool:
    return kind != "donation" or rule.donations


def _is_disputed(buyer: Buyer, payment_id: UUID) -> bool:
    return any(one.payment_id == payment_id and one.is_open for one in buyer.disputes.values())
