"""How a payment stands at the processor and in our book, and what differs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from shared.ids import Code
from shared.money import Money

Cause = Literal[
    "succeeded_there",
    "missing_there",
    "amount_differs",
    "refunded_there",
    "refund_missing_there",
    "charged_twice",
    "unknown_here",
]


@dataclass(frozen=True, slots=True)
class Charged:
    """One of our intents at the processor: what was `collected` by it, nothing unless it succeeded, and went back."""

    payment_id: UUID
    intent: Code
    collected: Money
    refunded: Money

    @property
    def kept(self) -> Money:
        return self.collected - self.refunded


@dataclass(frozen=True, slots=True)
class RefundThere:
    """One that has gone through at the processor; `refund_id` is ours, where we asked for it."""

    refund: Code
    amount: Money
    refund_id: UUID | None


@dataclass(frozen=True, slots=True)
class Booked:
    """One payment in our book: what was asked by its latest intent, whether it `is_paid`, and what went back."""

    payment_id: UUID
    intent: Code | None
    is_paid: bool
    amount: Money
    refunded: Money

    @property
    def kept(self) -> Money:
        return (self.amount - self.refunded) * self.is_paid


@dataclass(frozen=True, slots=True)
class Drift:
    """What is kept of one payment, `there` by the processor and `here` in our book, where they differ."""

    payment_id: UUID
    cause: Cause
    intent: Code | None
    there: Money
    here: Money


@dataclass(frozen=True, slots=True)
class Page:
    """So many payments were compared, of which those that the processor has are `seen`; `after` is the last, where
    there are more.

    `there` and `here` are what is kept of them on each side, a sum for each currency. `strangers` are intents of the
    account that bear no mark of ours.
    """

    compared: int
    strangers: int
    seen: tuple[UUID, ...]
    there: tuple[Money, ...]
    here: tuple[Money, ...]
    after: Code | None


@dataclass(frozen=True, slots=True)
class PageOfCharges:
    """Ours of what an account was charged, how many were not, and the last of all where there are more."""

    ours: tuple[Charged, ...]
    strangers: int
    after: Code | None


Actor = Literal["tessera", "staff"]

# Who puts it right, and how.
REPAIRS: dict[Cause, tuple[Actor, str]] = {
    "succeeded_there": (
        "tessera",
        "The processor has the money: the payment is fetched again. Where that does not help, look at it there.",
    ),
    "missing_there": (
        "staff",
        "We say that it was paid, and the processor has no such money: look whether it was charged on another account.",
    ),
    "amount_differs": (
        "staff",
        "Another amount was collected than was asked: look at it at the processor, and refund what is too much.",
    ),
    "refunded_there": (
        "tessera",
        "It was refunded at the processor, which is asked and recorded. Where that does not help, look at it there.",
    ),
    "refund_missing_there": (
        "staff",
        "We say that it went back, and the processor does not: its refund failed later on. Refund it there again.",
    ),
    "charged_twice": (
        "tessera",
        "The processor has collected it once more: what a charge of ours did goes back. Any other, refund there.",
    ),
    "unknown_here": (
        "staff",
        "It bears our mark, and we have no such payment: look at who made it there.",
    ),
}


def compared_there(
    listed: PageOfCharges, booked: Mapping[UUID, Booked], seen: frozenset[UUID]
) -> tuple[Page, tuple[Drift, ...]]:
    """What the processor lists, beside our book and what it listed before; an intent without money is nobody's yet."""
    asked_by = {payment_id: one.intent for payment_id, one in booked.items()}
    there = [one for one in listed.ours if one.collected]
    # Of two that collected the same, the one that our book does not know is too much.
    there.sort(key=lambda one: asked_by.get(one.payment_id) != one.intent)
    again = _repeated(there, seen)
    first = [one for one in there if one not in again]
    here = [booked[one.payment_id] for one in first if one.payment_id in booked]
    found = [
        *(drift_of(one, booked.get(one.payment_id)) for one in first),
        *(_twice(one) for one in again if one.kept),
    ]
    page = Page(
        compared=len(there),
        strangers=listed.strangers,
        seen=tuple(one.payment_id for one in first),
        there=_kept(there),
        here=_kept(here),
        after=listed.after,
    )
    return page, _known(found)


def without(listed: PageOfCharges, seen: frozenset[UUID]) -> PageOfCharges:
    """What is not compared yet: a payment may have been refunded more than once, and on the day it was made."""
    ours = tuple(one for one in listed.ours if one.payment_id not in seen)
    return replace(listed, ours=ours)


def compared_here(
    booked: Collection[Booked], fetched: Mapping[Code, Charged], after: Code | None
) -> tuple[Page, tuple[Drift, ...]]:
    """What our book has and the processor did not list, beside what it says when it is asked for each."""
    page = Page(len(booked), 0, (), _kept(fetched.values()), _kept(booked), after)
    return page, _known(drift_of(_of(one.intent, fetched), one) for one in booked)


def settled_among(
    drifts: Iterable[Drift], booked: Mapping[UUID, Booked], fetched: Mapping[Code, Charged]
) -> tuple[UUID, ...]:
    """Those that differ no more."""
    return tuple(
        one.payment_id
        for one in drifts
        if _is_settled(one, _of(one.intent, fetched), booked.get(one.payment_id))
    )


def drift_of(there: Charged | None, here: Booked | None) -> Drift | None:
    """What differs in one payment, None where both say the same. An intent without money is nothing there."""
    collected = there if there and there.collected else None
    if collected is None:
        return _missing(here) if here and here.is_paid else None
    if here is None:
        nothing = collected.kept * 0
        return Drift(
            collected.payment_id, "unknown_here", collected.intent, collected.kept, nothing
        )
    if here.is_paid and here.intent != collected.intent:  # It was paid by hand, or by another.
        return _twice(collected) if collected.kept else None
    cause = _cause(collected, here)
    if cause is None:
        return None
    return Drift(here.payment_id, cause, collected.intent, collected.kept, here.kept)


def _missing(here: Booked) -> Drift:
    return Drift(here.payment_id, "missing_there", here.intent, here.kept * 0, here.kept)


def _cause(there: Charged, here: Booked) -> Cause | None:
    if there.collected != here.amount:
        return "amount_differs"
    if not here.is_paid:
        return "succeeded_there"
    if there.refunded == here.refunded:
        return None
    return "refunded_there" if here.refunded < there.refunded else "refund_missing_there"


def _is_settled(drift: Drift, there: Charged | None, here: Booked | None) -> bool:
    if drift.cause == "charged_twice":
        return there is not None and not there.kept
    return drift_of(there, here) is None


def _repeated(there: Iterable[Charged], seen: frozenset[UUID]) -> list[Charged]:
    """Those whose payment was collected by another intent that is listed before."""
    known, again = set(seen), []
    for one in there:
        if one.payment_id in known:
            again.append(one)
        known.add(one.payment_id)
    return again


def _twice(there: Charged) -> Drift:
    return Drift(there.payment_id, "charged_twice", there.intent, there.kept, there.kept * 0)


def _of(intent: Code | None, fetched: Mapping[Code, Charged]) -> Charged | None:
    return fetched.get(intent) if intent else None


def _known(drifts: Iterable[Drift | None]) -> tuple[Drift, ...]:
    return tuple(one for one in drifts if one)


def _kept(payments: Iterable[Charged | Booked]) -> tuple[Money, ...]:
    """A sum for each currency."""
    sums: dict[str, Money] = {}
    for one in payments:
        sums[one.kept.currency] = one.kept + sums.get(one.kept.currency, one.kept * 0)
    return tuple(sums[currency] for currency in sorted(sums))
