from uuid import UUID

from services.membership.acquaintance import commands, events
from services.membership.acquaintance.decider import (
    ACQUAINTANCE,
    MOST_WISHES,
    acquaintance_stream,
)
from services.membership.acquaintance.reactions import REACTIONS
from services.membership.introduction.events import (
    IntroductionAgreed,
    IntroductionAsked,
    IntroductionDeclined,
    IntroductionLapsed,
)
from services.membership.introduction.reactions import REACTIONS as OF_INTRODUCTIONS
from shared.ids import PersonId
from shared.reaction import Ask, At, Intent, Reaction, intents_of
from shared.testing import given
from tests.unit.membership.facts import fact, noon

ada, bob = PersonId(UUID(int=1)), PersonId(UUID(int=2))
one, other = UUID(int=3), UUID(int=4)
opened, closed, heard = events.WishOpened(one), events.WishClosed(one), events.WishHeard(other)


def reacts_to(body: object) -> list[Intent]:
    by_type: dict[type, list[Reaction]] = {}
    for reaction in (*REACTIONS, *OF_INTRODUCTIONS):
        by_type.setdefault(reaction.to, []).append(reaction)
    return [intent for _, _, intent in intents_of(by_type, fact(body))]


def test_a_wish_is_open_until_it_is_closed() -> None:
    given(ACQUAINTANCE).when(commands.OpenWish(one)).then(opened)
    given(ACQUAINTANCE, opened).when(commands.OpenWish(one)).then_nothing()
    given(ACQUAINTANCE, opened).when(commands.CloseWish(one)).then(closed)
    given(ACQUAINTANCE, opened, closed).when(commands.CloseWish(one)).then_nothing()


def test_nobody_asks_everybody_at_once() -> None:
    full = [events.WishOpened(UUID(int=n)) for n in range(10, 10 + MOST_WISHES)]
    given(ACQUAINTANCE, *full).when(commands.OpenWish(one)).then_rejected("too_many_wishes")
    given(ACQUAINTANCE, *full, events.WishClosed(UUID(int=10))).when(commands.OpenWish(one)).then(
        opened
    )


def test_who_leaves_leaves_everybody_they_had_to_do_with() -> None:
    leave = commands.LeaveAcquaintances("banned")
    given(ACQUAINTANCE, opened, closed, heard).when(leave).then(
        events.AcquaintancesLeft("banned", (one, other))
    )
    given(ACQUAINTANCE).when(leave).then_nothing()
    given(ACQUAINTANCE, heard).when(commands.HearWish(other)).then_nothing()


def test_a_no_closes_nothing_before_its_time() -> None:
    assert reacts_to(IntroductionDeclined(ada, bob)) == []
    stream = fact(IntroductionLapsed(ada)).stream_id
    close = commands.CloseWish(stream)
    adas, bobs = (Ask(ACQUAINTANCE, acquaintance_stream(who), close) for who in (ada, bob))
    assert reacts_to(IntroductionLapsed(ada)) == [adas]
    assert reacts_to(IntroductionAgreed(ada, bob)) == [adas, bobs]
    lapse, hear = reversed(reacts_to(IntroductionAsked(1, ada, bob, None, noon, noon)))
    assert isinstance(lapse, At)
    assert hear == Ask(ACQUAINTANCE, acquaintance_stream(bob), commands.HearWish(stream))


def test_who_left_ends_each_introduction() -> None:
    (first, second) = reacts_to(events.AcquaintancesLeft("left", (one, other)))
    assert isinstance(first, Ask)
    assert isinstance(second, Ask)
    assert [first.stream_id, second.stream_id] == [one, other]
