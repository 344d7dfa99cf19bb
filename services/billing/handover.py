"""How far a takeover has come, and what follows from how theirs stands: what is sure, and nothing else; pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.billing.elsewhere import Theirs
from services.billing.takeover import events
from shared.ids import Code

Standing = Literal[
    "unknown", "planned", "begun", "confirmed", "reverting", "owned", "reverted", "failed"
]
Wish = Literal["end", "go_on"]

UNDER_WAY: frozenset[Standing] = frozenset({"begun", "confirmed", "reverting"})
OPEN: frozenset[Standing] = frozenset({"planned", "reverted"})

# What a processor does takes minutes, what people must mend a day.
SOON, LATER = timedelta(hours=1), timedelta(days=1)

NO_ACCOUNT = Code("")

Heading = tuple[int, Wish]
"""Which time it is taken over, and where theirs is to go: to its end, or on."""


@dataclass(frozen=True, slots=True)
class Takeover:
    """What there is there, and how far it has come; `ends_at` is the end of what was charged there."""

    standing: Standing = "unknown"
    theirs: Theirs | None = None
    account: Code = NO_ACCOUNT
    times: int = 0
    subscription_id: UUID | None = None
    ends_at: datetime | None = None
    held: events.TheirsHeldUp | None = None

    @property
    def heading(self) -> Heading:
        return self.times, "go_on" if self.standing in ("reverting", "reverted") else "end"


def wish_for(theirs: Theirs, takeover: Takeover) -> Wish | None:
    """What the processor is to be asked for, as of now; nothing where it is so already."""
    if theirs.is_gone:
        return None
    if takeover.standing == "begun" and not theirs.ends:
        return "end"
    return "go_on" if takeover.standing == "reverting" and theirs.ends else None


def following(
    theirs: Theirs | None, takeover: Takeover, takeover_id: UUID, at: datetime, refused: Code | None
) -> list[events.TakeoverEvent]:
    """What follows from how theirs stands now; None where the processor knows no such thing.

    It is ours to go on with where it was told to end for this takeover. `refused` is why it would not change.
    """
    subscription_id = takeover.subscription_id
    if subscription_id is None or takeover.standing not in (*UNDER_WAY, "reverted"):
        return []
    is_for_us = theirs is not None and theirs.takeover_id == takeover_id
    if takeover.standing == "reverted":
        # An answer that came very late has told it to end once more.
        late = theirs is not None and theirs.ends and is_for_us and not theirs.is_gone
        return [events.ReversalAsked()] if late else []
    if theirs is None or theirs.is_gone:
        gone = theirs if is_for_us else None
        return _gone(gone, takeover, subscription_id)
    if theirs.ends and not is_for_us:
        return [events.TakeoverFailed(subscription_id)]
    trouble = refused or (None if theirs.status == "active" else Code(theirs.status))
    if trouble:
        return _held_up(trouble, at, LATER, takeover)
    return _alive(theirs, takeover, subscription_id, at)


def _alive(
    theirs: Theirs, takeover: Takeover, subscription_id: UUID, at: datetime
) -> list[events.TakeoverEvent]:
    ends_at = takeover.ends_at
    has_renewed = ends_at is not None and theirs.period_end > ends_at
    news: list[events.TakeoverEvent] = (
        [events.TheirsRenewed(subscription_id, theirs.period)] if has_renewed else []
    )
    if takeover.standing == "reverting":
        return news if theirs.ends else [*news, events.TakeoverReverted(subscription_id)]
    if not theirs.ends:
        return news or _held_up(Code("set_to_go_on"), at, LATER, takeover)
    if ends_at is not None and at >= ends_at and not has_renewed:
        return _held_up(events.NOT_OVER_YET, at, SOON, takeover)
    is_known = takeover.standing == "confirmed" and not has_renewed and not takeover.held
    return [] if is_known else [*news, events.TheirsSetToEnd(theirs.period_end)]


def _held_up(
    code: Code, at: datetime, wait: timedelta, takeover: Takeover
) -> list[events.TakeoverEvent]:
    held, theirs = takeover.held, takeover.theirs
    again = held is not None and held.code == code
    if theirs is None or (again and held and held.look_at > at):
        return []
    return [events.TheirsHeldUp(theirs.subscription, code, at + wait, again)]


def _gone(
    theirs: Theirs | None, takeover: Takeover, subscription_id: UUID
) -> list[events.TakeoverEvent]:
    """It ended as it was told to, or otherwise, which is somebody's wish that nobody charges."""
    if theirs is None or theirs.ended_at is None or theirs.ended_at < theirs.period_end:
        return [events.TakeoverFailed(subscription_id)]
    news: list[events.TakeoverEvent] = []
    if takeover.ends_at and theirs.period_end > takeover.ends_at:
        news = [events.TheirsRenewed(subscription_id, theirs.period)]
    if takeover.standing == "reverting":
        news.append(events.ReversalMissed())
    return [*news, events.TheirsEnded(subscription_id, theirs.period_end)]
