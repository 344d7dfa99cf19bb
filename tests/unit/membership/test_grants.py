from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from services.membership.access.events import Cause
from services.membership.access.projections import Bought, Reason
from services.membership.chat.events import ChatSeatStuck, Problem, Step, StepKind, Who
from services.membership.content.events import ContentId, Early, Item, Words
from services.membership.grants import (
    LINK,
    NUMBER,
    WITHDRAWN,
    Grant,
    Handed,
    Key,
    Offered,
    Shelved,
    Stuck,
    grants_of,
    in_group,
    of_content,
    of_gathering,
    on_chat,
)
from services.membership.tier.events import TierId
from shared.contracts.contract import MoneyValue
from shared.contracts.events_gathering import GatheringPublished, MemberPrice, Presale
from shared.ids import Code, Label, PersonId
from tests.unit.membership.facts import noon

gold, silver = TierId(UUID(int=1)), TierId(UUID(int=2))
day = timedelta(days=1)
now = noon + 100 * day
mug = Offered(gold, "perk", "mug", "Mug", noon)
role = Offered(gold, "chat_role", "7", None, noon)
course = ContentId(UUID(int=9))
of_course: Key = ("content", str(course))


def reason(
    begin: int, end: int | None = None, cause: Cause | None = None, tier: TierId = gold
) -> Reason:
    """From so many days after noon on, until so many."""
    ended_at = None if end is None else noon + end * day
    return Reason(tier, "gift", UUID(int=begin), noon + begin * day, None, ended_at, cause)


def bought(end: int | None = None) -> Bought:
    ended_at = None if end is None else noon + end * day
    cause: Cause | None = None if end is None else "refunded"
    return Bought(course, "purchase", UUID(int=5), noon + day, None, ended_at, cause)


def only(found: list[Grant]) -> Grant:
    (one,) = found
    return one


def had(offered: list[Offered], *reasons: Reason, at: datetime = now) -> Grant:
    return only(grants_of(offered, reasons, (), {}, {}, at))


def test_what_a_tier_gives_is_had_since_it_was_given_and_the_tier_was_open() -> None:
    grant = had([mug], reason(3))
    assert (grant.state, grant.since, grant.name) == ("given", noon + 3 * day, "Mug")
    assert had([replace(mug, since=noon + 5 * day)], reason(3)).since == noon + 5 * day
    assert grants_of([mug], [reason(3, tier=silver)], (), {}, {}, now) == []
    later = replace(mug, since=noon + 5 * day)
    assert grants_of([later], [reason(3, 4, "left")], (), {}, {}, now) == []


def test_two_tiers_give_one_benefit_in_one_record_and_losing_one_keeps_it_alive() -> None:
    both = [mug, replace(mug, tier_id=silver)]
    grant = had(both, reason(1), reason(4, tier=silver))
    assert [by.tier_id for by in grant.by] == [gold, silver]
    grant = had(both, reason(1, 9, "ended"), reason(4, tier=silver))
    assert (grant.state, grant.since) == ("given", noon + day)
    assert [by.tier_id for by in grant.by] == [silver]


def test_what_was_broken_off_began_anew() -> None:
    assert had([mug], reason(1, 4, "ended"), reason(5)).since == noon + 5 * day
    assert had([mug], reason(1, 5, "changed"), reason(5)).since == noon + day


def test_what_is_over_says_when_and_why() -> None:
    grant = had([mug], reason(1, 9, "refunded"))
    assert (grant.state, grant.ended_at, grant.cause) == ("ended", noon + 9 * day, "refunded")
    stopped = replace(mug, until=noon + 6 * day, stopped="set_up_anew")
    grant = had([stopped], reason(1, 9, "refunded"))
    assert (grant.ended_at, grant.cause) == (noon + 6 * day, "set_up_anew")


def test_its_planned_end_is_the_last_of_those_there_are() -> None:
    week, month = (replace(reason(1), until=now + days * day) for days in (7, 30))
    assert had([mug], week, month).until == now + 30 * day
    assert had([mug], week, reason(2)).until is None
    to_come = replace(mug, until=now + day, stopped="over")
    assert (had([to_come], week).state, had([to_come], week).until) == ("given", now + day)


def test_what_begins_later_is_waited_for() -> None:
    grant = had([replace(mug, since=now + day)], reason(1))
    assert (grant.state, grant.stuck, grant.since) == ("waiting", None, now + day)


def test_what_needs_somebody_stands_first_and_what_is_over_last() -> None:
    cup = replace(mug, subject="cup", since=noon + 2 * day)
    over = replace(mug, subject="call", until=noon + 2 * day, stopped="set_up_anew")
    handed: dict[Key, Handed] = {("chat_role", "7"): on_chat("7", (), is_linked=False, has=False)}
    found = grants_of([over, mug, cup, role], [reason(1)], (), {}, handed, now)
    assert [(one.subject, one.state) for one in found] == [
        ("7", "waiting"),
        ("cup", "given"),
        ("mug", "given"),
        ("call", "ended"),
    ]


def stuck(
    problem: Problem, who: Who, kind: StepKind = "add_role", of: str | None = "7"
) -> ChatSeatStuck:
    step = Step(kind, Code("1"), Code(of) if of else None)
    return ChatSeatStuck(PersonId(UUID(int=3)), step, who, problem)


def of_role(handed: Handed, *reasons: Reason) -> tuple[str, str | None]:
    grant = only(grants_of([role], reasons, (), {}, {("chat_role", "7"): handed}, now))
    return grant.state, grant.stuck.who if grant.stuck else None


def test_a_role_waits_for_who_can_put_it_right() -> None:
    live, over = reason(1), reason(1, 2, "ended")
    assert of_role(on_chat("7", (), is_linked=True, has=True), live) == ("given", None)
    assert of_role(on_chat("7", (), is_linked=True, has=False), live) == ("waiting", None)
    unlinked = on_chat("7", (), is_linked=False, has=False)
    assert of_role(unlinked, live) == ("waiting", "member")
    assert unlinked.to_have == Stuck("member", LINK)
    refused = on_chat("7", [stuck("bot_not_allowed", "owner")], is_linked=True, has=False)
    assert of_role(refused, live) == ("waiting", "owner")
    away = on_chat("7", [stuck("not_on_server", "member", of="8")], is_linked=True, has=False)
    assert of_role(away, live) == ("waiting", "member")
    other = on_chat("7", [stuck("role_unknown", "owner", of="8")], is_linked=True, has=False)
    assert of_role(other, live) == ("waiting", None)
    left = on_chat("7", [stuck("refused", "owner", "remove_role")], is_linked=True, has=True)
    assert of_role(left, over) == ("ending", "owner")
    assert of_role(on_chat("7", (), is_linked=True, has=True), over) == ("ending", None)
    assert of_role(unlinked, over) == ("ended", None)


def test_a_group_waits_for_a_number_and_its_end_for_who_takes_them_out() -> None:
    def of(handed: Handed, *reasons: Reason) -> Grant:
        offered = [Offered(gold, "group", "g", "Beginners", noon)]
        return only(grants_of(offered, reasons, (), {}, {("group", "g"): handed}, now))

    nobody = in_group(None, has=False, has_number=False, is_to_leave=False)
    assert of(nobody, reason(1)).stuck == Stuck("member", NUMBER)
    failed = in_group("number_refused", has=False, has_number=True, is_to_leave=False)
    assert "give another" in (of(failed, reason(1)).stuck or Stuck("owner", "")).detail
    sent = in_group(None, has=True, has_number=True, is_to_leave=False)
    assert of(sent, reason(1)).state == "given"
    inside = in_group(None, has=True, has_number=True, is_to_leave=True)
    grant = of(inside, reason(1, 2, "ended"))
    assert (grant.state, grant.stuck and grant.stuck.who) == ("ending", "owner")
    assert of(sent, reason(1, 2, "ended")).state == "ended"


def test_content_that_was_bought_and_that_a_tier_opens_is_one_benefit() -> None:
    offered = [Offered(gold, *of_course, "Endgames", noon + 3 * day)]
    shelf = {UUID(int=9): Shelved("Endgames", noon)}
    grant = only(grants_of(offered, [reason(2)], [bought()], shelf, {}, now))
    assert (grant.since, [by.tier_id for by in grant.by]) == (noon + day, [None, gold])
    grant = only(grants_of(offered, [reason(2)], [bought(8)], shelf, {}, now))
    assert (grant.state, [by.tier_id for by in grant.by]) == ("given", [gold])
    grant = only(grants_of((), (), [bought(8)], shelf, {}, now))
    assert (grant.state, grant.cause, grant.name) == ("ended", "refunded", "Endgames")
    grant = only(grants_of((), (), [bought()], {UUID(int=9): Shelved("E", None)}, {}, now))
    assert (grant.state, grant.stuck) == ("waiting", Stuck("owner", WITHDRAWN))
    grant = only(grants_of((), (), [bought()], {UUID(int=9): Shelved("E", now + day)}, {}, now))
    assert (grant.state, grant.since) == ("waiting", now + day)


def test_content_opens_to_some_tiers_earlier() -> None:
    item = Item(
        "article", (Words(Code("en"), Label("Endgames")),), (), "tiers", (gold,), (Early(gold, 24),)
    )
    assert list(of_content(course, item, now)) == [Offered(gold, *of_course, "Endgames", now - day)]
    for_all = replace(item, audience="members", tiers=())
    assert [(one.kind, one.since, one.until) for one in of_content(course, for_all, now)] == [
        ("early_access", now - day, now)
    ]


def test_a_gathering_gives_what_it_names_tiers_for() -> None:
    told = GatheringPublished(
        community_id=UUID(int=4),
        occurred_at=noon,
        gathering_id=UUID(int=6),
        name="Dinner",
        starts_at=now,
        ends_at=now + day,
        capacity=40,
        price=MoneyValue(minor=1200, currency="EUR"),
        presale=Presale(tiers=(gold,), opens_at=noon + day, everybody_at=noon + 2 * day),
        member_price=MemberPrice(tiers=(silver,), price=MoneyValue(minor=800, currency="EUR")),
        only_for=(gold,),
    )
    found = [(one.tier_id, one.kind, one.since, one.until) for one in of_gathering(told, noon)]
    assert found == [
        (gold, "presale", noon + day, noon + 2 * day),
        (silver, "member_price", noon, now + day),
        (gold, "gathering_access", noon, now + day),
    ]
    plain = told.model_copy(update={"presale": None, "member_price": None, "only_for": ()})
    assert list(of_gathering(plain, noon)) == []
