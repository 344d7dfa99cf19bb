"""A person may enter a tier while at least one reason lives, and a reason never lives twice."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple, assert_never
from uuid import UUID

from services.membership.access import commands, events
from services.membership.content.events import ContentId
from services.membership.tier.events import TierId
from shared.decider import Decider, NotFound, Rejected
from shared.ids import PersonId, derive

# Never bought, so they end when the person leaves; what was bought lasts until its own end.
GIVEN: frozenset[events.ReasonKind] = frozenset(("joined", "gift", "staff", "recognition"))


# Paid for by the person themselves, it runs on while they are barred where the seller's policy lets it.
PAID: frozenset[events.ReasonKind] = frozenset(("subscription", "purchase"))


# The reason lives on, though it no longer opens this.
MOVED: frozenset[events.Cause] = frozenset(("changed", "paused", "suspended", "merged"))

AHEAD, SHORTLY = timedelta(days=7), timedelta(days=1)


class Reason(NamedTuple):
    kind: events.ReasonKind
    reason_id: UUID


class Grant(NamedTuple):
    tier_id: TierId
    reason: Reason


class Bought(NamedTuple):
    content_id: ContentId
    reason: Reason


class Held(NamedTuple):
    """What a reason opens again when the bar is lifted."""

    reason: Reason
    tiers: tuple[TierId, ...] = ()
    contents: tuple[ContentId, ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """`ends` are planned; of what is `over`, the grace ends then."""

    live: tuple[Grant, ...] = ()
    closed: frozenset[Reason] = frozenset()
    barred: events.Barred | None = None
    barring: events.BarForetold | None = None
    contents: tuple[Bought, ...] = ()
    ends: tuple[tuple[Reason, datetime], ...] = ()
    over: frozenset[Reason] = frozenset()
    foretold: frozenset[tuple[Reason | None, datetime]] = frozenset()
    into: PersonId | None = None
    held: tuple[Held, ...] = ()

    @property
    def shut(self) -> events.Barred | None:
        """Why nothing begins any more, whatever lasts still."""
        return self.barred or (self.barring.cause if self.barring else None)

    @property
    def closes_at(self) -> datetime | None:
        return self.barring.until if self.barring else None

    def grants_for(self, reason: Reason) -> list[Grant]:
        return [grant for grant in self.live if grant.reason == reason]

    def bought_for(self, reason: Reason) -> list[Bought]:
        return [bought for bought in self.contents if bought.reason == reason]

    def held_for(self, reason: Reason) -> Held | None:
        return next((held for held in self.held if held.reason == reason), None)


def stream_of(person_id: PersonId) -> UUID:
    return derive(person_id, "access")


def decide(command: commands.AccessCommand, access: Access) -> list[events.AccessEvent]:
    match command:
        case commands.HandOver():
            return _hand_over(command, access)
        case commands.StartReason() | commands.MoveReason() | commands.EndReason() if access.into:
            return _pass_on(command, access, access.into)
        case commands.GiveAccess() | commands.WithdrawGift() if access.into:
            raise Rejected("was_taken_in", "This person is another by now: give and take there.")
        case commands.StartReason():
            return _start(command, access)
        case commands.MoveReason():
            return _move(command, access)
        case commands.EndReason():
            return _end(command, access)
        case commands.LookAhead(person_id, kind, reason_id, until):
            is_near = _ends_then(access, Reason(kind, reason_id), until)
            return [events.EndNear(person_id, kind, reason_id, until)] if is_near else []
        case commands.TellOfEnd():
            return _tell(command, access)
        case commands.GiveAccess():
            return _give(command, access)
        case commands.WithdrawGift():
            return _withdraw(command, access)
        case commands.EndGiven(person_id):
            return _end_given(access, person_id)
        case commands.BarAccess(person_id, cause, until):
            return _bar(access, person_id, cause, until)
        case commands.CompleteBar(person_id, until):
            return _bar(access, person_id, "banned") if access.closes_at == until else []
        case commands.LiftBar(person_id) if access.shut == "banned":
            given = _end_given(access, person_id)
            return [*given, events.BarLifted(person_id), *_reopen(access, person_id)]
        case commands.LiftBar():
            return []
        case _:
            assert_never(command)


def _start(start: commands.StartReason, access: Access) -> list[events.AccessEvent]:
    reason = Reason(start.kind, start.reason_id)
    if reason in access.closed:
        return []
    if access.shut is not None:
        # What lives still, in the grace of a ban, has begun: a trial that is paid for is no other reason.
        lives = access.grants_for(reason) or access.bought_for(reason)
        return (
            []
            if lives or access.held_for(reason)
            else [events.ReasonClosedEarly(start.person_id, *reason, access.shut)]
        )
    return [
        *_grant(access, start.person_id, start.tiers, reason, start.until, migrated=start.migrated),
        *_open(access, start.person_id, start.contents, reason),
    ]


def _move(move: commands.MoveReason, access: Access) -> list[events.AccessEvent]:
    """What opens comes first, so that there is no moment without access. What is over moves no more."""
    reason = Reason(move.kind, move.reason_id)
    held = access.held_for(reason)
    if (reason in access.closed and held is None) or reason in access.over:
        return []
    if access.barred is not None:
        return _move_held(move, access.barred, held or Held(reason))
    granted = [
        *_grant(access, move.person_id, move.tiers, reason),
        *_open(access, move.person_id, move.contents, reason),
    ]
    left = [grant for grant in access.grants_for(reason) if grant.tier_id not in move.tiers]
    gone = [one for one in access.bought_for(reason) if one.content_id not in move.contents]
    for event in granted:
        access = evolve(access, event)
    revoked = _revoke(access, move.person_id, left, move.cause)
    return [*granted, *revoked, *_close(access, move.person_id, gone, move.cause)]


def _move_held(
    move: commands.MoveReason, barred: events.Barred, held: Held
) -> list[events.AccessEvent]:
    moved = Held(held.reason, move.tiers, move.contents)
    if barred == "erased" or move.kind not in PAID or moved == held:
        return []
    return [events.HeldMoved(move.person_id, *moved.reason, moved.tiers, moved.contents)]


def _end(end: commands.EndReason, access: Access) -> list[events.AccessEvent]:
    reason = Reason(end.kind, end.reason_id)
    if reason in access.closed and access.held_for(reason) is None:
        return []
    ending, bought = access.grants_for(reason), access.bought_for(reason)
    if not ending and not bought:
        return [events.ReasonClosedEarly(end.person_id, *reason, end.cause)]
    if end.until is not None:
        lasts = dict(access.ends).get(reason)
        if lasts is not None and lasts <= end.until:
            return []
        return [events.ReasonInGrace(end.person_id, *reason, end.cause, end.until)]
    closing = _close(access, end.person_id, bought, end.cause)
    return _revoke(access, end.person_id, ending, end.cause) + closing


def told_at(since: datetime, until: datetime) -> datetime | None:
    """When somebody is told that what they have since then ends: in time, but not as soon as they have it."""
    lasts = until - since
    if lasts >= 2 * AHEAD:
        return until - AHEAD
    return until - SHORTLY if lasts >= 2 * SHORTLY else None


def _ends_then(access: Access, reason: Reason, until: datetime) -> bool:
    lives = bool(access.grants_for(reason))
    return lives and dict(access.ends).get(reason) == until


def _tell(tell: commands.TellOfEnd, access: Access) -> list[events.AccessEvent]:
    """Who is shut out is told of that alone; who may enter by another reason, and longer, of nothing."""
    reason = Reason(tell.kind, tell.reason_id) if tell.kind and tell.reason_id else None
    if (reason, tell.until) in access.foretold:
        return []
    if reason is None:
        closing = [grant.tier_id for grant in access.live] if access.closes_at == tell.until else []
    elif access.shut is None and _ends_then(access, reason, tell.until):
        closing = [
            grant.tier_id
            for grant in access.grants_for(reason)
            if not _kept_open(access, grant, tell.until)
        ]
    else:
        closing = []
    names = tuple(name for tier_id, name in tell.names if tier_id in closing)
    told = events.EndForetold(
        tell.person_id, tell.until, tell.why, names, tell.kind, tell.reason_id
    )
    return [told] if closing else []


def _kept_open(access: Access, closing: Grant, until: datetime) -> bool:
    ends = dict(access.ends)
    others = [one.reason for one in access.live if one.tier_id == closing.tier_id]
    return any(
        reason != closing.reason and (reason not in ends or ends[reason] > until)
        for reason in others
    )


def _give(give: commands.GiveAccess, access: Access) -> list[events.AccessEvent]:
    if access.shut is not None:
        raise Rejected("person_barred", "This person may not be let in.")
    if give.until is not None and give.until <= give.at:
        raise Rejected("ends_in_the_past", "A gift ends in the future.", pointer="/until")
    if give.is_retired and all(grant.tier_id != give.tier_id for grant in access.live):
        detail = "The tier is retired: who has it keeps it, and nobody new gets it."
        raise Rejected("tier_retired", detail, pointer="/tier_id")
    gift = Reason("gift", give.gift_id)
    return _grant(access, give.person_id, [give.tier_id], gift, give.until)


def _withdraw(withdraw: commands.WithdrawGift, access: Access) -> list[events.AccessEvent]:
    gift = Reason("gift", withdraw.gift_id)
    if gift in access.closed:
        return []
    ending = access.grants_for(gift)
    if not ending:
        raise NotFound("gift_not_found", "This person was given no such thing.")
    return _revoke(access, withdraw.person_id, ending, "withdrawn")


def _end_given(access: Access, person_id: PersonId) -> list[events.AccessEvent]:
    given = [grant for grant in access.live if grant.reason.kind in GIVEN]
    return _revoke(access, person_id, given, "left")


def _bar(
    access: Access, person_id: PersonId, cause: events.Barred, until: datetime | None = None
) -> list[events.AccessEvent]:
    if access.barred is not None:
        return []
    if until is not None:
        return [] if access.barring else [events.BarForetold(person_id, cause, until)]
    revoked = _revoke(access, person_id, access.live, cause)
    closed = _close(access, person_id, access.contents, cause)
    barred = events.AccessBarred(person_id, cause, holds=cause == "banned")
    return [*revoked, *closed, barred]


def _reopen(access: Access, person_id: PersonId) -> list[events.AccessEvent]:
    """What they pay for still. It was open to them before, so that nobody is welcomed."""
    opened: list[events.AccessEvent] = []
    for reason, tiers, contents in access.held:
        until = dict(access.ends).get(reason)
        again = [
            *_grant(access, person_id, tiers, reason, until, migrated=True),
            *_open(access, person_id, contents, reason),
        ]
        for event in again:
            access = evolve(access, event)
        opened += again
    return opened


def _hand_over(hand: commands.HandOver, access: Access) -> list[events.AccessEvent]:
    """Nothing of who was shut out meanwhile, which has ended."""
    if access.into is not None or access.shut is not None:
        return []
    live = [grant.reason for grant in access.live] + [one.reason for one in access.contents]
    return [
        *_revoke(access, hand.person_id, access.live, "merged"),
        *_close(access, hand.person_id, access.contents, "merged"),
        events.AccessHandedOver(hand.person_id, hand.into),
        *(_passed(hand, access, reason) for reason in dict.fromkeys(live)),
    ]


def _passed(hand: commands.HandOver, access: Access, reason: Reason) -> events.ReasonPassedOn:
    """Who had it all the time is not welcomed."""
    return events.ReasonPassedOn(
        hand.person_id,
        hand.into,
        *reason,
        tiers=tuple(grant.tier_id for grant in access.grants_for(reason)),
        contents=tuple(bought.content_id for bought in access.bought_for(reason)),
        until=dict(access.ends).get(reason),
        migrated=True,
    )


def _pass_on(
    said: commands.StartReason | commands.MoveReason | commands.EndReason,
    access: Access,
    into: PersonId,
) -> list[events.AccessEvent]:
    """What ended before the two were one has ended for both."""
    reason = Reason(said.kind, said.reason_id)
    if reason in access.closed:
        return []
    passed = events.ReasonPassedOn(said.person_id, into, *reason)
    match said:
        case commands.StartReason(_, tiers, until=until, contents=contents, migrated=migrated):
            passed = replace(passed, tiers=tiers, contents=contents, until=until, migrated=migrated)
        case commands.MoveReason(_, tiers, cause=cause, contents=contents):
            passed = replace(passed, tiers=tiers, contents=contents, moved=cause)
        case commands.EndReason(cause=cause, until=until):
            passed = replace(passed, ended=cause, until=until)
        case _:
            assert_never(said)
    return [passed]


def _grant(
    access: Access,
    person_id: PersonId,
    tiers: Sequence[TierId],
    reason: Reason,
    until: datetime | None = None,
    *,
    migrated: bool = False,
) -> list[events.AccessEvent]:
    entered = {grant.tier_id for grant in access.live}
    return [
        events.AccessGranted(
            person_id,
            tier_id,
            *reason,
            first=tier_id not in entered,
            until=until,
            migrated=migrated,
        )
        for tier_id in dict.fromkeys(tiers)
        if Grant(tier_id, reason) not in access.live
    ]


def _open(
    access: Access, person_id: PersonId, contents: Sequence[ContentId], reason: Reason
) -> list[events.AccessEvent]:
    opened = {bought.content_id for bought in access.contents}
    return [
        events.ContentGranted(person_id, content_id, *reason, first=content_id not in opened)
        for content_id in dict.fromkeys(contents)
        if Bought(content_id, reason) not in access.contents
    ]


def _revoke(
    access: Access, person_id: PersonId, ending: Sequence[Grant], cause: events.Cause
) -> list[events.AccessEvent]:
    revoked: list[events.AccessEvent] = []
    left = list(access.live)
    for grant in ending:
        left.remove(grant)
        last = all(other.tier_id != grant.tier_id for other in left)
        revoked.append(
            events.AccessRevoked(person_id, grant.tier_id, *grant.reason, cause=cause, last=last)
        )
    return revoked


def _close(
    access: Access, person_id: PersonId, ending: Sequence[Bought], cause: events.Cause
) -> list[events.AccessEvent]:
    closed: list[events.AccessEvent] = []
    left = list(access.contents)
    for bought in ending:
        left.remove(bought)
        last = all(other.content_id != bought.content_id for other in left)
        closed.append(
            events.ContentRevoked(
                person_id, bought.content_id, *bought.reason, cause=cause, last=last
            )
        )
    return closed


def evolve(access: Access, event: events.AccessEvent) -> Access:
    match event:
        case events.AccessGranted(_, tier_id, kind, reason_id, until=until):
            began = Reason(kind, reason_id)
            ends = (*access.ends, (began, until)) if until else access.ends
            live = (*access.live, Grant(tier_id, began))
            return replace(access, live=live, ends=ends, closed=access.closed - {began})
        case events.ReasonInGrace(_, kind, reason_id, until=until):
            over = Reason(kind, reason_id)
            ends = (*access.ends, (over, until))
            return replace(access, ends=ends, over=access.over | {over})
        case events.EndNear():
            return access
        case events.EndForetold(_, until, kind=kind, reason_id=reason_id):
            of = Reason(kind, reason_id) if kind and reason_id else None
            return replace(access, foretold=access.foretold | {(of, until)})
        case events.AccessHandedOver(into=into):
            return replace(access, into=into)
        case events.ReasonPassedOn():
            return access
        case events.AccessRevoked(_, tier_id, kind, reason_id, cause):
            reason = Reason(kind, reason_id)
            ended = Grant(tier_id, reason)
            live = tuple(grant for grant in access.live if grant != ended)
            if cause in MOVED:
                return replace(access, live=live)
            if cause == "banned":
                access = _hold(access, reason, tiers=(tier_id,))
            return replace(access, live=live, closed=access.closed | {reason})
        case events.ContentGranted(_, content_id, kind, reason_id):
            bought = Bought(content_id, Reason(kind, reason_id))
            closed = access.closed - {bought.reason}
            return replace(access, contents=(*access.contents, bought), closed=closed)
        case events.ContentRevoked(_, content_id, kind, reason_id, cause):
            gone = Bought(content_id, Reason(kind, reason_id))
            contents = tuple(bought for bought in access.contents if bought != gone)
            if cause in MOVED:
                return replace(access, contents=contents)
            if cause == "banned":
                access = _hold(access, gone.reason, contents=(content_id,))
            return replace(access, contents=contents, closed=access.closed | {gone.reason})
        case events.ReasonClosedEarly(_, kind, reason_id):
            reason = Reason(kind, reason_id)
            held = tuple(one for one in access.held if one.reason != reason)
            return replace(access, closed=access.closed | {reason}, held=held)
        case events.HeldMoved(_, kind, reason_id, tiers, contents):
            moved = Held(Reason(kind, reason_id), tiers, contents)
            held = tuple(one for one in access.held if one.reason != moved.reason)
            return replace(access, held=(*held, moved))
        case events.BarForetold():
            return replace(access, barring=event)
        case events.AccessBarred(_, cause, holds):
            held = access.held if holds else ()
            return replace(access, barred=cause, barring=None, held=held)
        case events.BarLifted():
            return replace(access, barred=None, barring=None, held=())
        case _:
            assert_never(event)


def _hold(
    access: Access,
    reason: Reason,
    tiers: tuple[TierId, ...] = (),
    contents: tuple[ContentId, ...] = (),
) -> Access:
    if reason.kind not in PAID:
        return access
    before = access.held_for(reason) or Held(reason)
    held = Held(reason, before.tiers + tiers, before.contents + contents)
    others = tuple(one for one in access.held if one.reason != reason)
    return replace(access, held=(*others, held))


ACCESS: Decider[commands.AccessCommand, Access, events.AccessEvent] = Decider(
    "access",
    initial=Access(),
    decide=decide,
    evolve=evolve,
    commands=commands.AccessCommand,
    events=events.AccessEvent,
)
