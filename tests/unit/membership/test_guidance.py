"""What a person is told to do next, and calls that the services would really take."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import pytest

from services.membership.access.projections import Reason
from services.membership.group.events import GroupId
from services.membership.guidance import SOON, Chat, InGroups, Next, Situation, Step, next_steps
from services.membership.member.events import StandingNow
from services.membership.tier.events import TierId
from shared.ids import Code
from tools import house

community, ada = UUID(int=1), UUID(int=2)
gold, silver = TierId(UUID(int=3)), TierId(UUID(int=4))
noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def reason(tier_id: TierId = gold, until: datetime | None = None) -> Reason:
    return Reason(tier_id, "gift", UUID(int=5), noon, until, None, None)


content = Situation(
    community, ada, "joined", (), (reason(),), None, None, (), bounced=False, now=noon
)


def steps(**changes: Any) -> list[Step]:
    return [step.step for step in next_steps(replace(content, **changes))]


def test_who_has_all_they_need_has_nothing_to_do() -> None:
    assert steps() == []
    assert steps(chat=Chat(linked=True, wanted=True, problem=None)) == []


def test_who_has_told_no_goal_is_asked_for_one_after_all_else() -> None:
    assert steps(goal="goal", asked=(("terms", 1),)) == ["accept_document", "tell_goal"]
    assert steps(goal="review") == ["review_goal"]
    assert steps(goal="goal", standing="banned") == []


def test_who_left_may_come_back_and_who_was_shut_out_may_not() -> None:
    assert steps(standing="left", asked=(("terms", 1),)) == ["join_again"]
    shut_out: tuple[StandingNow, ...] = ("banned", "erased", "unknown")
    for standing in shut_out:
        assert steps(standing=standing, asked=(("terms", 1),), reasons=()) == []


def test_each_document_is_accepted_in_the_version_that_holds() -> None:
    asked = replace(content, asked=(("terms", 2), ("privacy", 1)))
    first, second = next_steps(asked)
    assert (first.subject, first.body) == ("terms", {"version": 2})
    assert (second.subject, second.body) == ("privacy", {"version": 1})


def test_who_may_enter_nothing_is_shown_what_there_is() -> None:
    assert steps(reasons=()) == ["choose_offer"]


def test_a_role_that_waits_needs_an_account() -> None:
    assert steps(chat=Chat(linked=False, wanted=True, problem=None)) == ["link_chat"]
    assert steps(chat=Chat(linked=False, wanted=False, problem=None)) == []


def test_who_may_enter_a_group_is_asked_for_a_number_and_led_past_what_got_stuck() -> None:
    chess = GroupId(UUID(int=6))
    assert steps(groups=InGroups(wanted=True, has_number=False, stuck=())) == ["give_number"]
    assert steps(groups=InGroups(wanted=True, has_number=True, stuck=())) == []
    assert steps(groups=InGroups(wanted=False, has_number=False, stuck=())) == []
    (step,) = next_steps(replace(content, groups=InGroups(True, True, (chess,))))  # noqa: FBT003
    assert (step.step, step.subject) == ("put_group_right", str(chess))


def test_what_only_the_person_can_put_right_is_said() -> None:
    stuck = replace(content, chat=Chat(linked=True, wanted=True, problem="not_on_server"))
    (step,) = next_steps(stuck)
    assert (step.step, step.subject) == ("put_chat_right", "not_on_server")


def test_an_address_that_takes_no_mail_is_theirs_to_look_at() -> None:
    assert steps(bounced=True) == ["look_at_address"]


def test_a_tier_that_closes_soon_is_said_in_time() -> None:
    soon = noon + SOON
    (step,) = next_steps(replace(content, reasons=(reason(until=soon),)))
    assert step == Next(
        "stay",
        "GET",
        f"/api/billing/v1/public/communities/{community}/offers",
        None,
        str(gold),
        soon,
    )
    assert steps(reasons=(reason(until=soon + timedelta(seconds=1)),)) == []


def test_a_tier_closes_when_its_last_reason_ends() -> None:
    soon, later = noon + timedelta(days=1), noon + timedelta(days=300)
    assert steps(reasons=(reason(until=soon), reason(until=later))) == []
    assert steps(reasons=(reason(until=soon), reason())) == []
    assert steps(reasons=(reason(), reason(until=soon))) == []
    assert steps(reasons=(reason(until=soon), reason(silver))) == ["stay"]


def test_the_most_pressing_comes_first() -> None:
    everything = steps(
        asked=(("terms", 1),),
        reasons=(),
        chat=Chat(linked=False, wanted=True, problem="not_on_server"),
        bounced=True,
    )
    expected = ["accept_document", "choose_offer", "link_chat", "put_chat_right", "look_at_address"]
    assert everything == expected


def told() -> list[Next]:
    """One of each step."""
    stuck = Chat(linked=False, wanted=True, problem="not_on_server")
    soon = (reason(until=noon + SOON),)
    groups = InGroups(wanted=True, has_number=False, stuck=(GroupId(UUID(int=6)),))
    steps = ((gold, Code("introduce")),)
    joined = replace(
        content, asked=(("terms", 1),), chat=stuck, groups=groups, steps=steps, bounced=True
    )
    return [
        *next_steps(replace(content, standing="left")),
        *next_steps(replace(joined, reasons=())),
        *next_steps(replace(content, reasons=soon)),
        *next_steps(replace(content, goal="goal")),
        *next_steps(replace(content, goal="review")),
    ]


def test_every_step_is_told_at_some_time() -> None:
    assert {step.step for step in told()} == set(get_args(Step))


@pytest.mark.parametrize("step", told(), ids=lambda step: step.step)
def test_the_call_of_a_step_is_one_that_a_service_documents(step: Next) -> None:
    if step.path is None or step.method is None:
        assert step.step == "look_at_address"
        return
    service = step.path.split("/")[2]
    document = json.loads((house.ROOT / f"docs/openapi/{service}.json").read_text())
    known = [path for path, methods in document["paths"].items() if step.method.lower() in methods]
    assert any(_is_like(step.path, path) for path in known), step.path


def _is_like(path: str, template: str) -> bool:
    parts, wanted = path.split("/"), template.split("/")
    return len(parts) == len(wanted) and all(
        part == want or want.startswith("{") for part, want in zip(parts, wanted, strict=True)
    )
