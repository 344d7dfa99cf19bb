"""Who is shut out or erased takes along whom they had taken in."""

from collections.abc import Callable

from services.membership.access.events import Barred
from services.membership.member.events import BanLifted, MemberBanned, PersonErased
from services.membership.merging import commands
from services.membership.merging.decider import MERGING, stream_of
from shared.event_store import Fact
from shared.ids import PersonId
from shared.reaction import Ask, Reaction


def _bar(cause: Barred) -> Callable[[Fact], list[Ask]]:
    def react(fact: Fact) -> list[Ask]:
        bar = commands.BarTakenIn(PersonId(fact.stream_id), cause)
        return [Ask(MERGING, stream_of(fact.stream_id), bar)]

    return react


def when_ban_lifted_lift_taken_in(fact: Fact) -> list[Ask]:
    lift = commands.LiftTakenIn(PersonId(fact.stream_id))
    return [Ask(MERGING, stream_of(fact.stream_id), lift)]


REACTIONS = (
    Reaction(
        name="membership.merging.when_ban_lifted_lift_taken_in",
        to=BanLifted,
        react=when_ban_lifted_lift_taken_in,
    ),
    Reaction(
        name="membership.merging.when_member_banned_bar_taken_in",
        to=MemberBanned,
        react=_bar("banned"),
    ),
    Reaction(
        name="membership.merging.when_person_erased_bar_taken_in",
        to=PersonErased,
        react=_bar("erased"),
    ),
)
