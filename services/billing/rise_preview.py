"""Whose price a rise is about, and what that brings: the rules that show it and the rules that start it are these."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Literal, NamedTuple
from uuid import UUID

from services.billing.lasting import TIMES_A_YEAR
from services.billing.price_rise.events import Whom
from services.billing.rises import Holding, first_due, raised, spared
from services.billing.subscription.events import Rise, Spared, Terms
from shared.ids import derive
from shared.money import Money

LeftOut = Spared | Literal["pinned", "began_before", "other_version"]


class Held(NamedTuple):
    """A subscription, as somebody sees it who wonders whether its price rises."""

    subscription_id: UUID
    began_at: datetime
    holding: Holding


class Raised(NamedTuple):
    """What a subscription is and what it becomes, as things stand at `first_due`."""

    subscription_id: UUID
    before: Terms
    after: Terms
    first_due: datetime


class Sums(NamedTuple):
    """What those of one currency pay for a period of the offer, and what that is a month; trials as if paid."""

    subscriptions: int
    period_before: Money
    period_after: Money
    mrr_before: Money
    mrr_after: Money


class Choice(NamedTuple):
    """Whose price rises, and how many are left out for which reason."""

    raised: tuple[Raised, ...]
    left_out: Mapping[LeftOut, int]


def choose(rise: Rise, whom: Whom, held: Iterable[Held]) -> Choice:
    """Everybody who subscribes to the offer is either raised or left out, for the first reason that holds."""
    chosen, left_out = [], Counter[LeftOut]()
    for one in sorted(held):
        reason = _left_out(one, rise, whom)
        if reason:
            left_out[reason] += 1
            continue
        terms = one.holding.terms
        due = first_due(one.holding, rise.effective_from)
        chosen.append(Raised(one.subscription_id, terms, raised(terms, rise), due))
    return Choice(tuple(chosen), left_out)


def _left_out(held: Held, rise: Rise, whom: Whom) -> LeftOut | None:
    if held.subscription_id in whom.pinned:
        return "pinned"
    if whom.began_from and held.began_at < whom.began_from:
        return "began_before"
    version = held.holding.terms.price_version
    newest = rise.price_version - 1 if whom.to_version is None else whom.to_version
    if version < rise.price_version and not whom.from_version <= version <= newest:
        return "other_version"
    return spared(held.holding, rise)


def fingerprint(rise: Rise, chosen: Iterable[Raised]) -> UUID:
    """The same for the same rise of the same subscriptions, at the same prices and in the same number."""
    told = [str(rise.price_version), rise.effective_from.astimezone(UTC).isoformat()]
    told += [str(rise.needs_consent), rise.otherwise, *map(str, rise.prices)]
    of_each = [f"{r.subscription_id} {r.before.amount} {r.after.amount}" for r in chosen]
    return derive(rise.offer_id, "price_rise", *told, *of_each)


def sums(chosen: Iterable[Raised]) -> list[Sums]:
    """One for each currency. A month's worth is a twelfth of a year's, which is whole, rounded once."""
    by_currency: dict[str, list[Raised]] = {}
    for one in chosen:
        by_currency.setdefault(one.before.price.currency, []).append(one)
    return [_sums(of_one, Money(0, currency)) for currency, of_one in sorted(by_currency.items())]


def _sums(chosen: list[Raised], nothing: Money) -> Sums:
    befores, afters = [one.before for one in chosen], [one.after for one in chosen]
    before = sum((terms.amount for terms in befores), nothing)
    after = sum((terms.amount for terms in afters), nothing)
    return Sums(len(chosen), before, after, _a_month(befores, nothing), _a_month(afters, nothing))


def _a_month(all_terms: list[Terms], nothing: Money) -> Money:
    years = (
        terms.recurring.share(Fraction(TIMES_A_YEAR[terms.interval], terms.every))
        for terms in all_terms
    )
    return sum(years, nothing).share(Fraction(1, 12))
