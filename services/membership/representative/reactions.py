"""Who leaves, is shut out or is erased represents nothing any more; and so do all that they were."""

from collections.abc import Callable

from services.membership.member.events import MemberBanned, MemberLeft, PersonErased
from services.membership.merging.events import TakenInBarred
from services.membership.representative import commands
from services.membership.representative.decider import REPRESENTATIVE, representative_stream
from services.membership.representative.events import Gone
from shared.event_store import Fact
from shared.ids import PersonId
from shared.reaction import Ask, Reaction


def _lose(person_id: PersonId, cause: Gone) -> Ask:
    lose = commands.LoseAll(person_id, cause)
    return Ask(REPRESENTATIVE, representative_stream(person_id), lose)


def _when_gone(cause: Gone) -> Callable[[Fact], list[Ask]]:
    return lambda fact: [_lose(PersonId(fact.stream_id), cause)]


def when_taken_in_barred_lose_all(fact: Fact) -> list[Ask]:
    barred: TakenInBarred = fact.body
    return [_lose(one, barred.cause) for one in barred.taken_in]


REACTIONS = (
    Reaction("membership.representative.when_member_left_lose_all", MemberLeft, _when_gone("left")),
    Reaction(
        "membership.representative.when_member_banned_lose_all",
        MemberBanned,
        _when_gone("banned"),
    ),
    Reaction(
        "membership.representative.when_person_erased_lose_all",
        PersonErased,
        _when_gone("erased"),
    ),
    Reaction(
        "membership.representative.when_taken_in_barred_lose_all",
        TakenInBarred,
        when_taken_in_barred_lose_all,
    ),
)
