"""The letters that a fact which many are told of leads to, each minute's turn after the other."""

from collections.abc import Sequence

from services.membership.announcement import commands, events
from services.membership.announcement.decider import CIRCULAR
from services.membership.announcement.reactions import when_turn_released_send_mail
from shared.reaction import Call, Intent
from tests.unit.membership.facts import fact, noon


def mails_of(calls: Sequence[Intent], a_minute: int = 400) -> list[commands.SendMail]:
    mails = []
    for call in calls:
        assert isinstance(call, Call)
        asked = call.action
        assert isinstance(asked, commands.Circulate)
        take = commands.TakeTurns(asked.template, asked.content, asked.people, a_minute, noon)
        taken = CIRCULAR.decide(take, CIRCULAR.initial)
        state = CIRCULAR.fold(taken)
        for turn in taken:
            assert isinstance(turn, events.TurnTaken)
            (released,) = CIRCULAR.decide(commands.ReleaseTurn(turn.number), state)
            mails += [sent.action for sent in when_turn_released_send_mail(fact(released))]
    return [mail for mail in mails if isinstance(mail, commands.SendMail)]
