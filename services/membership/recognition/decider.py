"""A level is reached at once, and lost when the points were too few for as long as the rules protect it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from services.membership import ladder
from services.membership.recognition import commands, events
from services.membership.recognition.events import Badge
from services.membership.recognition_rules.events import Rules
from shared.decider import Decider
from shared.ids import Code, PersonId, derive


@dataclass(frozen=True, slots=True)
class Recognition:
    """`reached` are the levels they have held, since they came; `rules` is the version that decided last."""

    badge: Badge | None = None
    ends_at: datetime | None = None
    declined: bool = False
    spell: int = 0
    reached: frozenset[Code] = frozenset()
    rules: int = 0


def stream_of(person_id: UUID) -> UUID:
    return derive(person_id, "recognition")


def badge_at(rules: Rules, rank: int) -> Badge | None:
    if rank == 0:
        return None
    level = rules.levels[rank - 1]
    return Badge(level.key, level.label, rank, ladder.tiers_up_to(rules, rank))


def is_overtaken(due: datetime, now: datetime, *, by_rules: bool) -> bool:
    """Whether a later look is due as well: of many that come late at once the last alone counts."""
    return not by_rules and now >= due + ladder.DAY


def decide(command: commands.RecognitionCommand, now: Recognition) -> list[events.RecognitionEvent]:
    match command:
        case commands.LookAtScore():
            return _look(command, now)
        case commands.EndRecognition(person_id, cause):
            return _end(person_id, cause, now)
        case commands.ChooseRecognition(person_id, wanted) if wanted:
            return [events.RecognitionWelcomed(person_id)] if now.declined else []
        case commands.ChooseRecognition(person_id):
            if now.declined:
                return []
            return [*_end(person_id, "own_wish", now), events.RecognitionDeclined(person_id)]
        case _:
            assert_never(command)


def _look(look: commands.LookAtScore, now: Recognition) -> list[events.RecognitionEvent]:
    """Nothing by rules that are older than those that decided last."""
    if look.member in ("left", "banned", "erased"):
        return _end(look.person_id, look.member, now)
    if look.member != "joined" or now.declined or look.version < now.rules:
        return []
    reached = badge_at(look.rules, ladder.rank_of(look.rules, look.score))
    if now.badge is None:
        return [_rise(look, reached, now)] if reached else []
    held = _as_ruled(now.badge, look.rules)
    if held is None:
        return [_fall(look, now, now.badge, reached, "rules")]
    if reached and reached.rank > held.rank:
        return [_rise(look, reached, now)]
    is_changed = held != now.badge
    revised = events.LevelRevised(look.person_id, now.spell, held, look.version)
    return [*([revised] if is_changed else []), *_stay_or_fall(look, now, held, reached)]


def _as_ruled(badge: Badge, rules: Rules) -> Badge | None:
    """The same level as the rules have it now; None when they know it no more."""
    ranks = {level.key: rank for rank, level in enumerate(rules.levels, 1)}
    return badge_at(rules, ranks.get(badge.level, 0))


def _stay_or_fall(
    look: commands.LookAtScore, now: Recognition, held: Badge, reached: Badge | None
) -> list[events.RecognitionEvent]:
    person_id, score, version = look.person_id, look.score, look.version
    if reached == held:
        return [events.LevelKept(person_id, score, version)] if now.ends_at else []
    ends_at = now.ends_at or look.at + timedelta(days=look.rules.protected_days)
    if ends_at <= look.at:
        return [_fall(look, now, held, reached, "score")]
    endangered = events.LevelEndangered(person_id, held.label, ends_at, score, version)
    return [] if now.ends_at else [endangered]


def _rise(look: commands.LookAtScore, reached: Badge, now: Recognition) -> events.LevelReached:
    """What they held before, or above which they stood, they have not earned now."""
    is_new = all(level.key not in now.reached for level in look.rules.levels[reached.rank - 1 :])
    return events.LevelReached(
        look.person_id,
        spell=now.spell if now.badge else now.spell + 1,
        badge=reached,
        before=now.badge.rank if now.badge else 0,
        score=look.score,
        rules=look.version,
        earned=is_new and not look.by_rules,
    )


def _fall(
    look: commands.LookAtScore,
    now: Recognition,
    lost: Badge,
    left: Badge | None,
    cause: events.LostBecause,
) -> events.LevelLost:
    return events.LevelLost(look.person_id, now.spell, lost, left, cause, look.score, look.version)


def _end(
    person_id: PersonId, cause: events.LostBecause, now: Recognition
) -> list[events.RecognitionEvent]:
    if now.badge is None:
        return []
    return [events.LevelLost(person_id, now.spell, now.badge, None, cause, None, now.rules)]


def evolve(now: Recognition, event: events.RecognitionEvent) -> Recognition:
    match event:
        case events.LevelReached(_, spell, badge, rules=rules):
            reached = now.reached | {badge.level}
            return Recognition(badge, spell=spell, reached=reached, rules=rules)
        case events.LevelRevised(_, _, badge, rules):
            return replace(now, badge=badge, rules=rules)
        case events.LevelEndangered(_, _, ends_at, _, rules):
            return replace(now, ends_at=ends_at, rules=rules)
        case events.LevelKept(rules=rules):
            return replace(now, ends_at=None, rules=rules)
        case events.LevelLost(left=left, cause=cause, rules=rules):
            # Who comes back begins anew.
            reached = now.reached if cause in ("score", "rules") else frozenset()
            return replace(now, badge=left, ends_at=None, reached=reached, rules=rules)
        case events.RecognitionDeclined():
            return replace(now, declined=True)
        case events.RecognitionWelcomed():
            return replace(now, declined=False)
        case _:
            assert_never(event)


RECOGNITION: Decider[commands.RecognitionCommand, Recognition, events.RecognitionEvent] = Decider(
    "recognition",
    initial=Recognition(),
    decide=decide,
    evolve=evolve,
    commands=commands.RecognitionCommand,
    events=events.RecognitionEvent,
)


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many would stand at which rank, 0 being none, and how many the first look would move."""

    members: int
    at_rank: Counter[int]
    rises: int
    falls: int
    endangered: int


def foretell(looks: Iterable[tuple[commands.LookAtScore, Recognition]]) -> Forecast:
    """What a look would decide on each of those who want to be recognised; whoever falls later stands where they do."""
    at_rank: Counter[int] = Counter()
    happened: Counter[type] = Counter()
    for look, now in looks:
        if now.declined:
            continue
        decided = decide(look, now)
        after = RECOGNITION.fold(decided, now)
        at_rank[after.badge.rank if after.badge else 0] += 1
        happened.update(type(event) for event in decided)
    return Forecast(
        members=at_rank.total(),
        at_rank=at_rank,
        rises=happened[events.LevelReached],
        falls=happened[events.LevelLost],
        endangered=happened[events.LevelEndangered],
    )
