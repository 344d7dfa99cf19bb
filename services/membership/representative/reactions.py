"""Who leaves, is shut out, is taken in or is erased represents nothing any more; and so do all that they were."""

from collections.abc import AsyncIterator, Callable

from services.membership.crowd import tell_each
from services.membership.member.events import (
    MemberBanned,
    MemberLeft,
    MemberTakenIn,
    PersonErased,
)
from services.membership.member.projections import standing_of
from services.membership.merging.events import TakenInBarred
from services.membership.merging.projections import merging_now
from services.membership.representative import commands
from services.membership.representative.decider import REPRESENTATIVE, representative_stream
from services.membership.representative.events import Gone, RepresentationBegan
from shared.event_store import Fact
from shared.ids import PersonId
from shared.reaction import Action, ActionContext, Ask, Call, Reaction


def _lose(person_id: PersonId, cause: Gone) -> Ask:
    lose = commands.LoseAll(person_id, cause)
    return Ask(REPRESENTATIVE, representative_stream(person_id), lose)


def _when_gone(cause: Gone) -> Callable[[Fact], list[Ask]]:
    return lambda fact: [_lose(PersonId(fact.stream_id), cause)]


def when_taken_in_barred_lose_all(fact: Fact) -> list[Ask]:
    barred: TakenInBarred = fact.body
    return [_lose(one, barred.cause) for one in barred.taken_in]


def when_member_left_look_at_taken_in(fact: Fact) -> list[Call]:
    """Nobody is given up who represents, but of old some were, and all that they were leaves with them."""
    return [Call(commands.LookAtTakenIn(PersonId(fact.stream_id)))]


def when_representation_began_look_at_standing(fact: Fact) -> list[Call]:
    began: RepresentationBegan = fact.body
    return [Call(commands.LookAtStanding(began.person_id))]


REACTIONS = (
    Reaction(
        "membership.representative.when_representation_began_look_at_standing",
        RepresentationBegan,
        when_representation_began_look_at_standing,
    ),
    Reaction(
        "membership.representative.when_member_taken_in_lose_all",
        MemberTakenIn,
        _when_gone("left"),
    ),
    Reaction("membership.representative.when_member_left_lose_all", MemberLeft, _when_gone("left")),
    Reaction(
        "membership.representative.when_member_left_look_at_taken_in",
        MemberLeft,
        when_member_left_look_at_taken_in,
    ),
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


async def look_at_standing(action: commands.LookAtStanding, context: ActionContext) -> Ask:
    """Whoever goes later is heard of; who went while they were being named is seen here."""
    person_id = action.person_id
    member = await standing_of(context.service, context.community_id, person_id)
    insist = commands.InsistOnMember(person_id, member)
    return Ask(REPRESENTATIVE, representative_stream(person_id), insist)


async def look_at_taken_in(action: commands.LookAtTakenIn, context: ActionContext) -> None:
    """Each loses what they still represent, as who took them in does."""
    merging = await merging_now(context.service, context.community_id, action.person_id)

    async def lost() -> AsyncIterator[tuple[PersonId, list[Ask]]]:
        for one in merging.taken_in:
            yield one, [_lose(one, "left")]

    await tell_each(lost(), context)


ACTIONS = (
    Action(of=commands.LookAtStanding, perform=look_at_standing),
    Action(of=commands.LookAtTakenIn, perform=look_at_taken_in),
)
