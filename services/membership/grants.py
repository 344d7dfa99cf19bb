"""Which benefits a person has, waits for or has had: one record for each, however many tiers and reasons give it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.membership.access.events import Cause, ReasonKind
from services.membership.access.projections import Bought, Reason
from services.membership.chat.events import ChatSeatStuck, Who
from services.membership.chat.projections import SENTENCES as OF_CHAT
from services.membership.content.events import Item
from services.membership.group_seat.events import Problem
from services.membership.group_seat.projections import REMOVAL
from services.membership.group_seat.projections import SENTENCES as OF_GROUPS
from services.membership.tier.events import TierId
from shared.contracts.events_gathering import GatheringPublished

Kind = Literal[
    "chat_role",
    "group",
    "content",
    "early_access",
    "presale",
    "member_price",
    "gathering_access",
    "perk",
]
State = Literal["given", "waiting", "ending", "ended"]
Stopped = Literal["set_up_anew", "over", "cancelled"]
Key = tuple[Kind, str]
"""A benefit: of one kind, and which one of it."""

LINK = "Link a Discord account, or ask for an invite."
NUMBER = "Give your number: the way in comes to it."
WITHDRAWN = "It has been withdrawn: publish it again, or say what became of it."

ORDER: tuple[State, ...] = ("waiting", "ending", "given", "ended")


@dataclass(frozen=True, slots=True)
class Offered:
    """A tier gives a benefit from `since` on; before `until`, where it stops or is planned to, for what is `stopped`.

    `subject` is which one of its kind: a role's, group's, item's or gathering's id, or what the perk is called.
    """

    tier_id: TierId
    kind: Kind
    subject: str
    name: str | None
    since: datetime
    until: datetime | None = None
    stopped: Stopped | None = None


@dataclass(frozen=True, slots=True)
class By:
    """A reason for access through which it is had: to a tier, or to the item of content itself; `until` is planned."""

    tier_id: TierId | None
    kind: ReasonKind
    reason_id: UUID
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Stuck:
    """Who must act, and how."""

    who: Who
    detail: str


@dataclass(frozen=True, slots=True)
class Handed:
    """How far it got where it is somebody else's to give: a chat's role, a group.

    `to_have` is what stands in the way of having it, `to_end` in that of losing it, while it `lingers` after its end.
    """

    has: bool
    to_have: Stuck | None = None
    lingers: bool = False
    to_end: Stuck | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """`since` it is due without a break; `until` is its planned end, `ended_at` and `cause` the real one.

    What is `waiting` or `ending` with nobody who must act is on its way, or its time is still to come.
    """

    kind: Kind
    subject: str
    name: str | None
    state: State
    stuck: Stuck | None
    since: datetime
    until: datetime | None
    ended_at: datetime | None
    cause: Cause | Stopped | None
    by: tuple[By, ...]


@dataclass(frozen=True, slots=True)
class Shelved:
    """An item of content as it stands: what it is called, and from when it is open; None while it is withdrawn."""

    name: str
    visible_from: datetime | None


@dataclass(frozen=True, slots=True)
class _Spell:
    by: By
    since: datetime
    until: datetime | None
    ended_at: datetime | None
    cause: Cause | Stopped | None


def of_content(content_id: UUID, item: Item, visible_from: datetime) -> Iterator[Offered]:
    """What published content gives to tiers: its opening, or that it opens earlier than to the others."""
    hours = {early.tier_id: early.hours for early in item.early}
    subject, name = str(content_id), item.words[0].title
    for tier_id in item.tiers:
        since = visible_from - timedelta(hours=hours.get(tier_id, 0))
        yield Offered(tier_id, "content", subject, name, since)
    for tier_id in hours.keys() - set(item.tiers):
        since = visible_from - timedelta(hours=hours[tier_id])
        yield Offered(tier_id, "early_access", subject, name, since, visible_from, "over")


def of_gathering(told: GatheringPublished, at: datetime) -> Iterator[Offered]:
    """What a gathering to come gives to tiers."""
    subject, cheaper = str(told.gathering_id), told.member_price
    if told.presale:
        opens_at, over = told.presale.opens_at, told.presale.everybody_at
        for tier_id in map(TierId, told.presale.tiers):
            yield Offered(tier_id, "presale", subject, told.name, opens_at, over, "over")
    for tier_id in map(TierId, cheaper.tiers if cheaper else ()):
        yield Offered(tier_id, "member_price", subject, told.name, at, told.ends_at, "over")
    for tier_id in map(TierId, told.only_for):
        yield Offered(tier_id, "gathering_access", subject, told.name, at, told.ends_at, "over")


def on_chat(role: str, stuck: Iterable[ChatSeatStuck], *, is_linked: bool, has: bool) -> Handed:
    """A role on the chat server: what is stuck of it, or of being on the server at all."""
    about = [
        one for one in stuck if one.step.role in (role, None) or one.problem == "not_on_server"
    ]
    exact = [one for one in about if one.step.role == role] or about
    found = Stuck(exact[0].who, OF_CHAT[exact[0].problem]) if exact else None
    to_have = found if is_linked or found else Stuck("member", LINK)
    return Handed(has, to_have, lingers=has, to_end=found)


def in_group(problem: Problem | None, *, has: bool, has_number: bool, is_to_leave: bool) -> Handed:
    """A group on WhatsApp, which no program lets anybody into or takes anybody out of."""
    stuck = Stuck("member", OF_GROUPS[problem]) if problem else None
    to_have = stuck if has_number else Stuck("member", NUMBER)
    return Handed(has, to_have, lingers=is_to_leave, to_end=Stuck("owner", REMOVAL))


def grants_of(
    offered: Iterable[Offered],
    reasons: Iterable[Reason],
    bought: Iterable[Bought],
    shelf: Mapping[UUID, Shelved],
    handed: Mapping[Key, Handed],
    now: datetime,
) -> list[Grant]:
    """What needs somebody first, then what is had, then what is over; the newest first."""
    spells, names = defaultdict[Key, list[_Spell]](list), dict[Key, str | None]()
    by_tier = defaultdict[TierId, list[Reason]](list)
    for reason in reasons:
        by_tier[reason.tier_id].append(reason)
    for one in offered:
        key = one.kind, one.subject
        for reason in by_tier[one.tier_id]:
            if (spell := _overlap(one, reason, now)) is not None:
                spells[key].append(spell)
                names[key] = one.name
    handed = {**handed}
    for item in bought:
        key, shelved = ("content", str(item.content_id)), shelf.get(item.content_id)
        spells[key].append(_of_bought(item, shelved))
        names[key] = shelved.name if shelved else None
        if shelved and shelved.visible_from is None:
            handed[key] = Handed(has=False, to_have=Stuck("owner", WITHDRAWN))
    found = [_grant(key, names[key], had, handed.get(key), now) for key, had in spells.items()]
    found.sort(key=lambda grant: (grant.ended_at or grant.since, grant.subject), reverse=True)
    return sorted(found, key=lambda grant: ORDER.index(grant.state))


def _overlap(one: Offered, reason: Reason, now: datetime) -> _Spell | None:
    """While a tier gave it and a reason opened the tier, if that ever was."""
    since = max(one.since, reason.since)
    ends = [end for end in (reason.ended_at, one.until) if end is not None]
    end = min(ends, default=None)
    if end is not None and end <= since:
        return None
    until = min((plan for plan in (reason.until, one.until) if plan is not None), default=None)
    by = By(reason.tier_id, reason.kind, reason.reason_id, reason.since, reason.until)
    if end is None or end > now:
        return _Spell(by, since, until, None, None)
    return _Spell(by, since, until, end, reason.cause if end == reason.ended_at else one.stopped)


def _of_bought(item: Bought, shelved: Shelved | None) -> _Spell:
    """What is bought before it is published is waited for."""
    by = By(None, item.kind, item.reason_id, item.since, item.until)
    cause = item.cause if item.ended_at else None
    opens = shelved.visible_from if shelved else None
    since = item.since if item.ended_at or opens is None else max(item.since, opens)
    return _Spell(by, since, item.until, item.ended_at, cause)


def _grant(
    key: Key, name: str | None, spells: Sequence[_Spell], handed: Handed | None, now: datetime
) -> Grant:
    living = [spell for spell in spells if spell.ended_at is None]
    if living:
        since = _unbroken(min(spell.since for spell in living), spells)
        ends = [spell.until for spell in living]
        until = None if None in ends else max(end for end in ends if end)
        state, stuck = _live(since, handed, now)
        return Grant(*key, name, state, stuck, since, until, None, None, _by(living))
    last = max(spells, key=lambda spell: spell.ended_at or now)
    with_it = [spell for spell in spells if spell.ended_at == last.ended_at]
    since = _unbroken(min(spell.since for spell in with_it), spells)
    state, stuck = ("ending", handed.to_end) if handed and handed.lingers else ("ended", None)
    return Grant(
        *key, name, state, stuck, since, last.until, last.ended_at, last.cause, _by(with_it)
    )


def _live(since: datetime, handed: Handed | None, now: datetime) -> tuple[State, Stuck | None]:
    if since > now:
        return "waiting", None
    if handed is None or handed.has:
        return "given", None
    return "waiting", handed.to_have


def _by(spells: Iterable[_Spell]) -> tuple[By, ...]:
    return tuple(dict.fromkeys(spell.by for spell in sorted(spells, key=lambda one: one.since)))


def _unbroken(since: datetime, spells: Sequence[_Spell]) -> datetime:
    """Back to where it began, through what ended no earlier than the next had begun."""
    while earlier := [
        spell.since
        for spell in spells
        if spell.since < since and (spell.ended_at is None or spell.ended_at >= since)
    ]:
        since = min(earlier)
    return since
