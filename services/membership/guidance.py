"""What a person has to do next, by how they stand with the community; and the call that gets it done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from services.membership.access.projections import Reason
from services.membership.chat.events import Problem, Who
from services.membership.document.events import Kind
from services.membership.goal.events import Asks
from services.membership.group.events import GroupId
from services.membership.member.events import StandingNow
from services.membership.onboarding.events import StepState
from services.membership.onboarding_plan.events import StepKind
from services.membership.tier.events import TierId
from shared.ids import Code

Step = Literal[
    "join_again",
    "accept_document",
    "choose_offer",
    "link_chat",
    "put_chat_right",
    "give_number",
    "take_step",
    "put_group_right",
    "look_at_address",
    "stay",
    "tell_goal",
    "review_goal",
]
HERE = "/api/membership/v1"
OFFERS = "/api/billing/v1/public/communities/{}/offers"
SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Chat:
    """How the person stands with the chat server; `problem` is what they themselves must put right."""

    linked: bool
    wanted: bool
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class InGroups:
    """How the person stands with the groups; `stuck` are those whose door did not reach them."""

    wanted: bool
    has_number: bool
    stuck: tuple[GroupId, ...]


@dataclass(frozen=True, slots=True)
class Situation:
    """`asked` are the documents to accept, each in a version; `reasons` all that live; no `chat`: no chat server.

    `steps` are those of an onboarding that wait for the person; `goal` what they are asked of their goal.
    """

    community_id: UUID
    person_id: UUID
    standing: StandingNow
    asked: tuple[tuple[Kind, int], ...]
    reasons: tuple[Reason, ...]
    chat: Chat | None
    groups: InGroups | None
    steps: tuple[tuple[TierId, Code], ...]
    bounced: bool
    now: datetime
    goal: Asks | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """`subject` is what the step is about, where there are several; `due` when it is too late."""

    step: Step
    method: Literal["GET", "POST", "PUT"] | None = None
    path: str | None = None
    body: dict[str, Any] | None = None
    subject: str | None = None
    due: datetime | None = None


def next_steps(at: Situation) -> list[Next]:
    """The most pressing first; nothing for who was shut out, or is gone."""
    if at.standing == "left":
        path = f"{HERE}/communities/{at.community_id}/members"
        return [Next("join_again", "POST", path)]
    if at.standing != "joined":
        return []
    return [
        *_to_agree(at),
        *_to_enter(at),
        *_to_find_their_way(at),
        *_to_be_reached(at),
        *_to_stay(at),
        *_to_be_heard(at),
    ]


def _to_agree(at: Situation) -> Iterator[Next]:
    for kind, version in at.asked:
        path = f"{HERE}/documents/{kind}/acceptance"
        yield Next("accept_document", "POST", path, {"version": version}, subject=kind)


def _to_enter(at: Situation) -> Iterator[Next]:
    if not at.reasons:
        yield Next("choose_offer", "GET", OFFERS.format(at.community_id))
    if at.chat is not None and at.chat.wanted and not at.chat.linked:
        yield Next("link_chat", "GET", f"{HERE}/me/chat/authorization")
    if at.chat is not None and at.chat.problem is not None:
        path = f"{HERE}/people/{at.person_id}/chat/retry"
        yield Next("put_chat_right", "POST", path, subject=at.chat.problem)
    if at.groups is not None and at.groups.wanted and not at.groups.has_number:
        yield Next("give_number", "PUT", f"{HERE}/me/whatsapp")
    for group_id in at.groups.stuck if at.groups else ():
        path = f"{HERE}/me/groups/{group_id}/door"
        yield Next("put_group_right", "POST", path, subject=str(group_id))


def _to_find_their_way(at: Situation) -> Iterator[Next]:
    for tier_id, key in at.steps:
        path = f"{HERE}/me/onboarding/{tier_id}/steps/{key}/done"
        yield Next("take_step", "POST", path, subject=key)


def _to_be_reached(at: Situation) -> Iterator[Next]:
    if at.bounced:
        yield Next("look_at_address")


def _to_stay(at: Situation) -> Iterator[Next]:
    """A tier that closes soon, with nothing else to keep it open."""
    ends: dict[UUID, datetime | None] = {}
    for reason in at.reasons:
        before = ends.get(reason.tier_id, reason.until)
        ends[reason.tier_id] = max(before, reason.until) if before and reason.until else None
    for tier_id, end in sorted(ends.items()):
        if end is not None and end - at.now <= SOON:
            yield Next("stay", "GET", OFFERS.format(at.community_id), subject=str(tier_id), due=end)


def _to_be_heard(at: Situation) -> Iterator[Next]:
    match at.goal:
        case "goal":
            yield Next("tell_goal", "PUT", f"{HERE}/me/goal")
        case "review":
            yield Next("review_goal", "PUT", f"{HERE}/me/goal/review")


def who_acts(
    kind: StepKind, state: StepState, problem: tuple[Who, str] | None
) -> tuple[Who | None, str | None]:
    """Who must act for an open step of an onboarding to be done, and why; `problem` is that of the chat."""
    if state != "open" or kind in ("access", "welcome"):
        return None, None
    return problem if kind == "chat" and problem else ("member", None)
