"""Who subscribes to what, until when, and whether it is paid."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.billing.discount.events import Reduction
from services.billing.offer.events import FixedYear
from services.billing.payer.events import Instrument
from services.billing.rises import Holding, Rising
from services.billing.statements import Statements
from services.billing.statuses import Status, status_of
from services.billing.subscription import commands, events
from services.billing.subscription.decider import SUBSCRIPTION, Ended, Running
from services.billing.subscription.events import (
    Change,
    ChangeMode,
    EndReason,
    Period,
    PriceRiseAnnounced,
    Rise,
    Source,
    Terms,
    change_payment_of,
)
from services.billing.withdrawals import Spell
from shared.decider import NotFound, members
from shared.event_store import Fact
from shared.ids import PLATFORM, Code, PersonId
from shared.money import Money
from shared.projection import Projection
from shared.reaction import Ask
from shared.service import Service

_OF_CHANGES = (
    events.ChangeScheduled,
    events.ChangeBilled,
    events.ChangeDropped,
    events.SubscriptionChanged,
    events.SubscriptionPaused,
    events.SubscriptionResumed,
    events.SubscriptionSuspended,
    events.SubscriptionReinstated,
    events.SubscriptionUnpaid,
)
_OF_MONEY = (
    events.PaymentReversed,
    events.SubscriptionWonBack,
    events.CreditTaken,
    events.PriceRiseAnnounced,
    events.PriceRiseAccepted,
    events.PriceRiseApplied,
    events.PriceRiseDropped,
    events.SubscriptionReduced,
)


@dataclass(frozen=True, slots=True)
class Pending:
    """What it is to become: when its period is over, or as soon as the payment of `due` has succeeded."""

    change_id: UUID
    to: Terms
    mode: ChangeMode
    due: Money
    applies_at: datetime | None
    payment_id: UUID | None


_PENDING = TypeAdapter(Pending)
_ANNOUNCED = TypeAdapter(PriceRiseAnnounced)
_YEAR: TypeAdapter[FixedYear | None] = TypeAdapter(FixedYear | None)
_REDUCTION: TypeAdapter[Reduction | None] = TypeAdapter(Reduction | None)


@dataclass(frozen=True, slots=True)
class Subscribed:
    """`runs_until` is the end of the trial or of what is paid; `payment_id` is what is being collected.

    It is `suspended` while what it grants is withheld, in whatever `status` it is.

    So many `periods` are paid; `balance` is what changes left for the next bill.
    """

    subscription_id: UUID
    version: int
    terms: Terms
    state: str
    status: Status
    began_at: datetime
    runs_until: datetime
    cancels_at: datetime | None
    ended_for: EndReason | None
    payment_id: UUID | None
    periods: int
    pending: Pending | None
    balance: Money
    paused_until: datetime | None
    anchor: datetime
    anchor_day: int | None
    by_hand: bool
    rising: Rising

    @property
    def wanted(self) -> Terms:
        """What the next period is for before its price rises."""
        return self.pending.to if self.pending and self.pending.applies_at else self.terms

    @property
    def upcoming(self) -> Terms:
        """What the next period is for."""
        return self.rising.applied_to(self.wanted, self.runs_until)

    @property
    def holding(self) -> Holding:
        """What a price rise is decided on: the same as the subscription itself decides it on, as of this read."""
        return Holding(
            self.terms,
            self.wanted,
            self.anchor,
            self.runs_until,
            self.rising,
            by_hand=self.by_hand,
            cancelling=self.cancels_at is not None,
            paused=self.paused_until is not None,
            changing=self.pending is not None,
            renewing=self.payment_id is not None,
            on=self.anchor_day,
        )


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    statements = Statements()
    for fact in facts:
        if isinstance(fact.body, _OF_CHANGES):
            await _apply_change(statements, fact)
        elif isinstance(fact.body, _OF_MONEY):
            await _apply_money(statements, fact)
        else:
            await _apply(statements, fact)
    await statements.run(connection)


async def _apply_change(statements: Statements, fact: Fact) -> None:
    match fact.body:
        case events.ChangeScheduled(_, change_id, to, ends_at):
            nothing = to.price * 0
            pending = Pending(change_id, to, "next_period", nothing, ends_at, None)
            await _change(statements, fact, pending=_PENDING.dump_json(pending).decode())
        case events.ChangeBilled(_, change, payment_id):
            pending = Pending(
                change.change_id, change.to, change.mode, change.due, None, payment_id
            )
            await _change(statements, fact, pending=_PENDING.dump_json(pending).decode())
        case events.ChangeDropped():
            await _change(statements, fact, pending=None)
        case events.SubscriptionChanged(_, change):
            await _become(statements, fact, change)
        case events.SubscriptionPaused(until=until):
            await _change(statements, fact, state="paused", paused_until=until)
        case events.SubscriptionResumed(_, period, is_trial, on):
            runs = {"state": "trialing" if is_trial else "active", "runs_until": period.end}
            counted = {"anchor": period.end, "anchor_day": on}
            await _change(statements, fact, **runs, **counted, paused_until=None, withheld=False)
        case events.SubscriptionSuspended():
            await _change(statements, fact, withheld=True)
        case events.SubscriptionUnpaid():
            await _change(statements, fact, state="unpaid")
        case events.SubscriptionReinstated(last=True):
            await _change(statements, fact, withheld=False)
        case _:
            await _change(statements, fact)


async def _apply_money(statements: Statements, fact: Fact) -> None:
    match fact.body:
        case events.PriceRiseAnnounced() as told:
            rise = _ANNOUNCED.dump_json(told).decode()
            await _change(statements, fact, rise=rise, agreed=False)
        case events.PriceRiseAccepted():
            await _change(statements, fact, agreed=True)
        case events.PriceRiseApplied(_, terms):
            price = {"price_minor": terms.price.minor, "price_version": terms.price_version}
            await _change(statements, fact, **price, rise=None)
        case events.SubscriptionReduced(reduction=reduction):
            await _change(statements, fact, reduction=_REDUCTION.dump_json(reduction).decode())
        case events.PaymentReversed(credit=credit):
            await _change(statements, fact)
            await _count(statements, fact, 0, credit)
        case events.CreditTaken():
            await _change(statements, fact)
            await _count(statements, fact, 0, -fact.body.amount)
        case events.SubscriptionWonBack(credit=credit) if credit:
            await _change(statements, fact)
            for _, part in credit:
                await _count(statements, fact, 0, part)
        case events.PriceRiseDropped(told=Rise()):
            await _change(statements, fact, rise=None)
        case _:
            await _change(statements, fact)


async def _apply(statements: Statements, fact: Fact) -> None:
    match fact.body:
        case events.TrialStarted(terms, instrument, trial_ends_at=until):
            await _begin(statements, fact, terms, instrument, "trialing", (until, until))
        case events.SubscriptionActivated(terms, instrument, period=period, carried=carried):
            began = period.start, period.end
            await _begin(statements, fact, terms, instrument, "active", began)
            await _count(statements, fact, 0, -carried if carried else None)
        case events.TrialPutOff(trial_ends_at=until):
            await _change(statements, fact, runs_until=until, anchor=until)
        case events.SubscriptionRenewed(period=period, carried=carried):
            await _change(statements, fact, state="active", runs_until=period.end, payment_id=None)
            await _count(statements, fact, 1, -carried if carried else None)
        case events.SubscriptionPastDue():
            await _change(statements, fact, state="past_due")
        case events.RenewalStarted(payment_id=payment_id):
            await _change(statements, fact, payment_id=payment_id)
        case events.InstrumentReplaced(instrument):
            await _change(statements, fact, by_hand=instrument.is_by_hand)
        case events.CancellationScheduled() | events.CancellationWithdrawn():
            await _change(statements, fact, cancels_at=getattr(fact.body, "ends_at", None))
        case events.SubscriptionEnded(reason=reason):
            ended = {"state": "ended", "ended_for": reason, "runs_until": fact.at}
            await _change(statements, fact, **ended, payment_id=None, paused_until=None)
        case _:
            await _change(statements, fact)


async def _begin(
    statements: Statements,
    fact: Fact,
    terms: Terms,
    instrument: Instrument,
    state: str,
    span: tuple[datetime, datetime],
) -> None:
    """`span` is from where its periods are counted to the end of what is paid, or of the trial."""
    await statements.execute(
        "INSERT INTO subscriptions_v6"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,"
        " $22, $23)"
        " ON CONFLICT (subscription_id) DO UPDATE SET version = excluded.version,"
        " state = excluded.state, runs_until = excluded.runs_until, periods = excluded.periods,"
        " payment_id = NULL",
        fact.stream_id, fact.community_id, fact.version, terms.person_id, terms.offer_id,
        terms.tier_id, terms.price.minor, terms.price.currency, terms.interval, terms.quantity,
        terms.time_zone, terms.every, terms.charged_for, terms.price_version,
        _REDUCTION.dump_json(terms.reduction).decode(), int(state == "active"), state, fact.at, span[1],
        terms.for_others, _YEAR.dump_json(terms.year).decode(), span[0], instrument.is_by_hand,
    )  # fmt: skip


async def _change(statements: Statements, fact: Fact, **changes: object) -> None:
    columns = {"version": fact.version, **changes}
    sets = ", ".join(f"{column} = ${number}" for number, column in enumerate(columns, 2))
    await statements.execute(
        f"UPDATE subscriptions_v6 SET {sets} WHERE subscription_id = $1",  # noqa: S608  The words are ours.
        fact.stream_id,
        *columns.values(),
    )


async def _become(statements: Statements, fact: Fact, change: Change) -> None:
    terms = change.to
    await _change(
        statements,
        fact,
        offer_id=terms.offer_id,
        tier_id=terms.tier_id,
        price_minor=terms.price.minor,
        per=terms.interval,
        quantity=terms.quantity,
        every=terms.every,
        for_others=terms.for_others,
        price_version=terms.price_version,
        year=_YEAR.dump_json(terms.year).decode(),
        runs_until=change.period.end,
        pending=None,
        **({"anchor": change.anchor, "anchor_day": change.on} if change.anchor else {}),
    )
    await _count(statements, fact, int(change.mode == "reset"), change.left)


async def _count(statements: Statements, fact: Fact, periods: int, left: Money | None) -> None:
    await statements.execute(
        "UPDATE subscriptions_v6 SET periods = periods + $2, balance_minor = balance_minor + $3"
        " WHERE subscription_id = $1",
        fact.stream_id, periods, left.minor if left else 0,
    )  # fmt: skip


SUBSCRIPTIONS = Projection(
    name="subscriptions",
    version=6,
    ddl="""
        CREATE TABLE subscriptions_v6 (
            subscription_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            version int NOT NULL,
            person_id uuid NOT NULL,
            offer_id uuid NOT NULL,
            tier_id uuid,
            price_minor bigint NOT NULL,
            currency text NOT NULL,
            per text NOT NULL,
            quantity int NOT NULL,
            time_zone text NOT NULL,
            every int NOT NULL,
            charged_for text NOT NULL,
            price_version int NOT NULL,
            reduction text NOT NULL,
            periods int NOT NULL,
            state text NOT NULL,
            began_at timestamptz NOT NULL,
            runs_until timestamptz NOT NULL,
            for_others boolean NOT NULL,
            year text NOT NULL,
            anchor timestamptz NOT NULL,
            by_hand boolean NOT NULL,
            cancels_at timestamptz,
            ended_for text,
            payment_id uuid,
            pending text,
            balance_minor bigint NOT NULL DEFAULT 0,
            paused_until timestamptz,
            withheld bool NOT NULL DEFAULT false,
            rise text,
            agreed boolean NOT NULL DEFAULT false,
            anchor_day int
        );
        CREATE INDEX subscriptions_v6_list ON subscriptions_v6 (community_id, subscription_id);
        CREATE INDEX subscriptions_v6_mine ON subscriptions_v6 (person_id, subscription_id);
        CREATE INDEX subscriptions_v6_offer ON subscriptions_v6 (offer_id, subscription_id);
    """,
    tables=("subscriptions_v6",),
    facts=members(events.SubscriptionEvent),
    apply=apply,
)


@dataclass(frozen=True, slots=True)
class Owed:
    """What is collected for a subscription, or could not be; `amount` is None when nothing is owed.

    What is tried without a card is owed from `due_at` on.
    """

    person_id: PersonId
    ended: bool
    payment_id: UUID | None
    amount: Money | None
    due_at: datetime | None = None


async def owed_now(service: Service, community_id: UUID, subscription_id: UUID) -> Owed:
    """Read strongly; NotFound when there is no such subscription."""
    state, _ = await service.handler.state(SUBSCRIPTION, subscription_id, community_id)
    match state:
        case None:
            raise NotFound("subscription_not_found", "There is no such subscription.")
        case Running(terms, renewal=renewal) if renewal and renewal.since:
            return Owed(terms.person_id, False, renewal.payment_id, renewal.due)  # noqa: FBT003
        case Running(terms, instrument=instrument, cancelling=False) if instrument.is_missing:
            return Owed(terms.person_id, False, None, state.due, state.ends_at)  # noqa: FBT003
        case Running() | Ended():
            return Owed(state.terms.person_id, isinstance(state, Ended), None, None)
        case _:
            message = f"This is no state of a subscription: {state!r}"
            raise TypeError(message)


async def leaver_now(
    service: Service, community_id: UUID, subscription_id: UUID
) -> tuple[PersonId | None, bool]:
    """Whose subscription it is, and whether it is cancelled or over, read strongly; nobody's where there is none."""
    state, _ = await service.handler.state(SUBSCRIPTION, subscription_id, community_id)
    match state:
        case Running(terms, cancelling=cancelling):
            return terms.person_id, cancelling
        case Ended(terms):
            return terms.person_id, True
        case _:
            return None, False


@dataclass(frozen=True, slots=True)
class Leaving:
    """What somebody leaves: `payer` is None once nobody does, because they stay or have come back."""

    payer: PersonId | None
    offer_id: UUID
    source: Source
    ended_for: EndReason | None


async def leaving_now(service: Service, community_id: UUID, subscription_id: UUID) -> Leaving:
    """Read strongly; NotFound when there is no such subscription."""
    state, _ = await service.handler.state(SUBSCRIPTION, subscription_id, community_id)
    match state:
        case None:
            raise NotFound("subscription_not_found", "There is no such subscription.")
        case Ended(terms, reason=reason, won_back=back):
            payer = None if back else terms.person_id
            return Leaving(payer, terms.offer_id, terms.charged_for, reason)
        case _:
            payer = state.terms.person_id if state.cancelling else None
            return Leaving(payer, state.terms.offer_id, state.terms.charged_for, None)


async def has_ended(service: Service, community_id: UUID, subscription_id: UUID) -> bool:
    """Read strongly; what is yet to begin has not."""
    state, _ = await service.handler.state(SUBSCRIPTION, subscription_id, community_id)
    return isinstance(state, Ended)


async def terms_of_ended(service: Service, community_id: UUID, subscription_id: UUID) -> Terms:
    """What somebody had, read strongly; NotFound when there is no such subscription."""
    state, _ = await service.handler.state(SUBSCRIPTION, subscription_id, community_id)
    if state is None:
        raise NotFound("subscription_not_found", "There is no such subscription.")
    terms: Terms = state.terms
    return terms


async def spell_of(service: Service, community_id: UUID, subscription_id: UUID) -> Spell | None:
    """The period that runs, or ran last, and what was paid; None before it has begun. Read strongly."""
    facts = await service.store.read_stream(subscription_id)
    told = [fact.body for fact in facts if fact.community_id == community_id]
    alive = [body for body in told if not isinstance(body, events.SubscriptionEnded)]
    running = SUBSCRIPTION.fold(alive)
    if not isinstance(running, Running):
        return None
    period = Period(running.begins_at, running.ends_at)
    paid = tuple(reversed(list(_payments(alive))))
    since = running.paused.since if running.paused else None
    return Spell(subscription_id, period, running.worth, paid, running.balance, since)


def _payments(told: Sequence[object]) -> Iterator[tuple[UUID, Money]]:
    """What was paid for periods and for changes, in that order."""
    started: UUID | None = None
    for body in told:
        match body:
            case events.RenewalStarted(payment_id=payment_id):
                started = payment_id
            case events.SubscriptionActivated() | events.SubscriptionRenewed():
                paid_by = getattr(body, "payment_id", None) or started
                if paid_by is not None:
                    yield paid_by, body.terms.amount if body.paid is None else body.paid
            case events.SubscriptionChanged(change=change) if change.due.minor > 0:
                yield change_payment_of(change.change_id), change.due


def winning_back(
    subscription_id: UUID, checkout_id: UUID, person_id: UUID, at: datetime, days: int
) -> Ask:
    """The step by which a request that opens a checkout asks a subscription back: both or neither."""
    back = commands.WinBack(PersonId(person_id), checkout_id, at, days)
    return Ask(SUBSCRIPTION, subscription_id, back)


def cancelling(subscription_id: UUID, person_id: PersonId) -> Ask:
    """Its payer has a link, not an account."""
    return Ask(SUBSCRIPTION, subscription_id, commands.ScheduleCancellation(person_id))


def staying(
    subscription_id: UUID,
    person_id: PersonId,
    reduction: tuple[UUID, int, int],
    until: datetime | None,
    at: datetime,
    longest_days: int,
) -> list[Ask]:
    """Withdraw the cancellation, if there is one, and pause it `until` then, or take so much off."""
    done: commands.SubscriptionCommand = (
        commands.PauseSubscription(person_id, until, at, longest_days)
        if until
        else commands.ReduceToStay(person_id, *reduction)
    )
    back = commands.WithdrawCancellation(person_id)
    return [Ask(SUBSCRIPTION, subscription_id, command) for command in (back, done)]


async def after_staying(service: Service, community_id: UUID, asks: Sequence[Ask]) -> Money:
    """What the next period would cost after these; refused where they would be."""
    state, _ = await service.handler.state(SUBSCRIPTION, asks[0].stream_id, community_id)
    for ask in asks:
        state = SUBSCRIPTION.fold(ask.decider.decide(ask.command, state), state)
    assert isinstance(state, Running)  # noqa: S101  Who stays has not ended.
    return state.due


def announcing(subscription_id: UUID, rise: Rise, at: datetime) -> Ask:
    """Tell who pays that the price rises, now."""
    return Ask(SUBSCRIPTION, subscription_id, commands.AnnouncePriceRise(rise, at))


def accepting(subscription_id: UUID, person_id: UUID) -> Ask:
    """Who pays agrees to what they were told of."""
    return Ask(SUBSCRIPTION, subscription_id, commands.AcceptPriceRise(PersonId(person_id)))


def recalling(subscription_id: UUID, at: datetime) -> Ask:
    """Remind who pays, if it is time."""
    return Ask(SUBSCRIPTION, subscription_id, commands.RecallPriceRise(at))


def taking_back(subscription_id: UUID, rise_id: UUID) -> Ask:
    """The price does not rise after all."""
    return Ask(SUBSCRIPTION, subscription_id, commands.WithdrawPriceRise(rise_id))


async def held_of(connection: Any, offer_id: UUID) -> list[Subscribed]:
    """Everybody who subscribes to an offer now."""
    rows = await connection.fetch(
        "SELECT * FROM subscriptions_v6 WHERE offer_id = $1 AND state <> 'ended' ORDER BY subscription_id",
        offer_id,
    )  # fmt: skip
    return [_subscribed(row) for row in rows]


async def subscriptions_after(
    connection: Any, after: UUID | None, limit: int, people: Collection[UUID] | None = None
) -> list[Subscribed]:
    """Those of the community, or of these people, in a stable order."""
    rows = await connection.fetch(
        "SELECT * FROM subscriptions_v6 WHERE subscription_id > $1"
        " AND ($3::uuid[] IS NULL OR person_id = ANY ($3)) ORDER BY subscription_id LIMIT $2",
        after or PLATFORM, limit, people,
    )  # fmt: skip
    return [_subscribed(row) for row in rows]


async def subscription_by_id(connection: Any, subscription_id: UUID) -> Subscribed | None:
    """Of the community the connection is scoped to."""
    sql = "SELECT * FROM subscriptions_v6 WHERE subscription_id = $1"
    row = await connection.fetchrow(sql, subscription_id)
    return _subscribed(row) if row else None


async def statuses_among(connection: Any, subscription_ids: Collection[UUID]) -> dict[UUID, Status]:
    """Those of them that have begun."""
    rows = await connection.fetch(
        "SELECT subscription_id, state FROM subscriptions_v6 WHERE subscription_id = ANY ($1)",
        subscription_ids,
    )
    return {row["subscription_id"]: status_of(row["state"]) for row in rows}


async def running_among(connection: Any, person_ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Which of these persons have which offers, as (person, offer)."""
    rows = await connection.fetch(
        "SELECT person_id, offer_id FROM subscriptions_v6"
        " WHERE person_id = ANY ($1) AND state <> 'ended'",
        list(person_ids),
    )
    return {(row["person_id"], row["offer_id"]) for row in rows}


async def subscribes_to(
    connection: Any, people: Collection[UUID], offer_id: UUID, tier_id: UUID | None
) -> bool:
    """Whether one of them has the offer, or its tier by another one, now."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM subscriptions_v6 WHERE person_id = ANY ($1)"
        " AND (offer_id = $2 OR tier_id = $3) AND state <> 'ended')",
        people, offer_id, tier_id,
    )  # fmt: skip
    return found


def _subscribed(row: Any) -> Subscribed:
    runs = row["state"] in ("trialing", "active", "past_due")
    terms = Terms(
        PersonId(row["person_id"]), row["offer_id"], row["tier_id"],
        Money(row["price_minor"], row["currency"]), row["per"], row["quantity"],
        Code(row["time_zone"]), row["every"], row["charged_for"], row["price_version"],
        _REDUCTION.validate_json(row["reduction"]), row["for_others"], _YEAR.validate_json(row["year"]),
    )  # fmt: skip
    told = _ANNOUNCED.validate_json(row["rise"]) if row["rise"] else None
    return Subscribed(
        row["subscription_id"], row["version"], terms,
        "suspended" if runs and row["withheld"] else row["state"], status_of(row["state"]),
        row["began_at"], row["runs_until"], row["cancels_at"], row["ended_for"], row["payment_id"], row["periods"],
        _PENDING.validate_json(row["pending"]) if row["pending"] else None,
        Money(row["balance_minor"], row["currency"]), row["paused_until"], row["anchor"],
        row["anchor_day"], row["by_hand"], Rising(told, row["agreed"]),
    )  # fmt: skip
