"""Who is no member any more is in the directory no more."""

from collections.abc import Callable

from services.membership.directory import commands
from services.membership.directory.decider import DIRECTORY, entry_stream
from services.membership.directory.events import HiddenBecause
from services.membership.member.events import MemberBanned, MemberLeft, MemberTakenIn, PersonErased
from shared.event_store import Fact
from shared.reaction import Ask, Reaction


def _hide(cause: HiddenBecause) -> Callable[[Fact], list[Ask]]:
    hide = commands.HideEntry(cause)
    return lambda fact: [Ask(DIRECTORY, entry_stream(fact.stream_id), hide)]


REACTIONS = (
    Reaction(
        name="membership.directory.when_member_left_hide",
        to=MemberLeft,
        react=_hide("left"),
    ),
    Reaction(
        name="membership.directory.when_member_taken_in_hide",
        to=MemberTakenIn,
        react=_hide("left"),
    ),
    Reaction(
        name="membership.directory.when_member_banned_hide",
        to=MemberBanned,
        react=_hide("banned"),
    ),
    Reaction(
        name="membership.directory.when_person_erased_hide",
        to=PersonErased,
        react=_hide("erased"),
    ),
)
