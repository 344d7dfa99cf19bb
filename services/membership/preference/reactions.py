"""Who calls a letter unwanted in their mail program has opted out of what may be opted out of."""

from typing import get_args

from services.membership.announcement.events import MessageReturned
from services.membership.preference import commands
from services.membership.preference.decider import PREFERENCE, stream_of
from services.membership.preference.events import OptionalKind
from shared.event_store import Fact
from shared.reaction import Ask, Reaction


def when_message_returned_opt_out(fact: Fact) -> list[Ask]:
    returned: MessageReturned = fact.body
    if returned.kind != "complained":
        return []
    choices = tuple(commands.Choice("email", kind, wanted=False) for kind in get_args(OptionalKind))
    choose = commands.ChoosePreferences(returned.person_id, choices, "complaint")
    return [Ask(PREFERENCE, stream_of(returned.person_id), choose)]


REACTIONS = (
    Reaction(
        name="membership.preference.when_message_returned_opt_out",
        to=MessageReturned,
        react=when_message_returned_opt_out,
    ),
)
