from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.membership.access.events import AccessBarred, AccessGranted, AccessRevoked, Barred
from services.membership.chat import commands, events
from services.membership.chat.decider import CHAT, stream_of
from services.membership.chat.reactions import PATIENCE, REACTIONS
from services.membership.chat_server.events import (
    ChatRulesSet,
    ChatServerConnected,
    ChatServerDisconnected,
)
from services.membership.tier.events import TierId
from shared.event_store import Forget, Keep
from shared.ids import Code, PersonId
from shared.reaction import Ask, At, Call, Intent, Reaction, intents_of
from tests.unit.membership.facts import fact, noon

ada = PersonId(UUID(int=1))
gold, order, link_id = TierId(UUID(int=2)), UUID(int=3), UUID(int=4)
look = Call(commands.LookAtAccess(ada))


def reacts_to(body: object) -> list[Intent]:
    by_type: dict[type, list[Reaction]] = {}
    for reaction in REACTIONS:
        by_type.setdefault(reaction.to, []).append(reaction)
    return [intent for _, _, intent in intents_of(by_type, fact(body))]


def test_access_that_begins_or_ends_is_looked_at() -> None:
    assert reacts_to(AccessGranted(ada, gold, "purchase", order, first=True)) == [look]
    assert reacts_to(AccessRevoked(ada, gold, "purchase", order, "refunded", last=True)) == [look]
    assert reacts_to(AccessBarred(ada, "banned")) == [look]


def test_one_reason_more_or_less_changes_nothing() -> None:
    assert reacts_to(AccessGranted(ada, gold, "purchase", order, first=False)) == []
    assert reacts_to(AccessRevoked(ada, gold, "purchase", order, "refunded", last=False)) == []


def test_changed_rules_are_everybodys() -> None:
    everybody = [Call(commands.LookAtEverybody())]
    assert reacts_to(ChatServerConnected(Code("10"))) == everybody
    assert reacts_to(ChatRulesSet((), "kick")) == everybody
    assert reacts_to(ChatServerDisconnected(Code("10"))) == everybody


def test_a_step_is_done() -> None:
    step = events.ChatStepAsked(ada, 7, events.Step("kick", Code("10")))
    assert reacts_to(step) == [Call(commands.DoStep(ada, 7))]


def give_up() -> list[Intent]:
    return [At(noon + PATIENCE, Ask(CHAT, stream_of(ada), commands.GiveUpLink(ada)))]


def test_a_wish_to_be_forgotten_does_not_wait_for_ever() -> None:
    def wanted(barred: Barred | None) -> events.ChatSeatWanted:
        return events.ChatSeatWanted(ada, None, (), barred, 1, 1)

    assert reacts_to(events.ChatUnlinkAsked(ada)) == give_up()
    assert reacts_to(wanted("erased")) == give_up()
    assert reacts_to(wanted("banned")) == reacts_to(wanted(None)) == []
    assert timedelta(0) < PATIENCE < timedelta(days=30), "the law allows a month"


def test_with_the_link_its_key_goes() -> None:
    forget = commands.ForgetLink(ada, link_id)
    keep = Keep(forget=(Forget(link_id),))
    assert reacts_to(events.ChatUnlinked(ada, link_id)) == [Ask(CHAT, stream_of(ada), forget, keep)]


def test_an_invite_is_good_until_its_last_moment() -> None:
    invite = events.ChatInvited(
        ada,
        Code("10"),
        invite=None,  # type: ignore[arg-type]  # nobody reads it here
        until=datetime(2026, 3, 2, tzinfo=UTC),
    )
    seat = CHAT.evolve(CHAT.initial, invite)
    assert seat.invited_at(datetime(2026, 3, 1, 23, 59, tzinfo=UTC))
    assert not seat.invited_at(datetime(2026, 3, 2, tzinfo=UTC))
