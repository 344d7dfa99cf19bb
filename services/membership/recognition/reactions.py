"""Once a day, and when the rules change, everybody is looked at; who is no member any more has no level."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Literal

from services.membership.crowd import caught_up, tell_each
from services.membership.member.events import MemberBanned, MemberLeft, MemberTakenIn, PersonErased
from services.membership.member.projections import standing_of
from services.membership.recognition import commands
from services.membership.recognition.decider import RECOGNITION, decide, is_overtaken, stream_of
from services.membership.recognition.projections import looks_at_everybody
from services.membership.recognition_rules.events import RecognitionRoundBegun
from services.membership.recognition_rules.projections import rules_now
from shared.event_store import Fact
from shared.ids import PersonId
from shared.reaction import Action, ActionContext, Ask, Call, Reaction


def when_round_begun_look_at_members(fact: Fact) -> list[Call]:
    begun: RecognitionRoundBegun = fact.body
    return [Call(commands.LookAtMembers(begun.due, begun.by_rules))]


def _end(cause: Literal["left", "banned", "erased"]) -> Callable[[Fact], list[Ask]]:
    def react(fact: Fact) -> list[Ask]:
        end = commands.EndRecognition(PersonId(fact.stream_id), cause)
        return [Ask(RECOGNITION, stream_of(fact.stream_id), end)]

    return react


REACTIONS = (
    Reaction(
        "membership.recognition.when_round_begun_look_at_members",
        RecognitionRoundBegun,
        when_round_begun_look_at_members,
    ),
    Reaction("membership.recognition.when_member_left_end", MemberLeft, _end("left")),
    Reaction("membership.recognition.when_member_taken_in_end", MemberTakenIn, _end("left")),
    Reaction("membership.recognition.when_member_banned_end", MemberBanned, _end("banned")),
    Reaction("membership.recognition.when_person_erased_end", PersonErased, _end("erased")),
)


async def look_at_members(action: commands.LookAtMembers, context: ActionContext) -> None:
    """Only whom a look would move is decided on; whoever else stands where they stood costs nothing but the look."""
    if is_overtaken(action.due, context.now, by_rules=action.by_rules):
        return
    await caught_up(context)
    service, community_id = context.service, context.community_id
    decided = await rules_now(service, community_id)
    async with service.pool.acquire() as connection:
        looks = await looks_at_everybody(
            connection,
            community_id,
            decided.rules,
            decided.version,
            action.due,
            by_rules=action.by_rules,
        )

    async def moves() -> AsyncIterator[tuple[PersonId, Sequence[Ask]]]:
        for look, now in looks:
            if decide(look, now):
                member = await standing_of(service, community_id, look.person_id)
                current = replace(look, member=member)
                yield look.person_id, [Ask(RECOGNITION, stream_of(look.person_id), current)]

    await tell_each(moves(), context)


ACTIONS = (Action(of=commands.LookAtMembers, perform=look_at_members),)
