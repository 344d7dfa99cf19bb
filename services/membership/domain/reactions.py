"""A claim leads to looks until it is over; who proves a name takes it, and whoever had it loses it."""

from services.membership.domain import commands, events
from services.membership.domain.decider import DOMAIN, DOMAIN_NAME, domain_stream, name_stream
from services.membership.domain.projections import record_of
from services.membership.gateways.gateway import Resolver, Unreachable
from shared.event_store import Fact
from shared.ids import PLATFORM, CommunityId
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction


def when_due_begin_look(fact: Fact) -> list[At]:
    due = fact.body.due
    return [At(due, Ask(DOMAIN, fact.stream_id, commands.BeginLook(due, due)))]


def when_look_begun_look_for_record(fact: Fact) -> list[Call]:
    begun: events.DomainLookBegun = fact.body
    return [Call(commands.LookForRecord(begun.look, begun.name, begun.token))]


def when_proved_take_name(fact: Fact) -> list[Ask]:
    proved: events.DomainProved = fact.body
    proof = events.Proof(CommunityId(fact.community_id), proved.proof)
    take = commands.TakeDomainName(proved.name, proof)
    return [Ask(DOMAIN_NAME, name_stream(proved.name), take, community_id=PLATFORM)]


def when_lost_free_name(fact: Fact) -> list[Ask]:
    lost: events.DomainLost = fact.body
    free = commands.FreeDomainName(events.Proof(CommunityId(fact.community_id), lost.proof))
    return [Ask(DOMAIN_NAME, name_stream(lost.name), free, community_id=PLATFORM)]


def when_name_taken_lose_domain(fact: Fact) -> list[Ask]:
    before: events.Proof | None = fact.body.before
    if before is None or before.community_id == fact.body.proof.community_id:
        return []
    lose, community_id = commands.LoseDomain(before.number), before.community_id
    return [Ask(DOMAIN, domain_stream(community_id), lose, community_id=community_id)]


async def look_for_record(action: commands.LookForRecord, context: ActionContext) -> Ask:
    resolver: Resolver = context.gateways["resolver"]
    try:
        texts = await resolver.texts(record_of(action.name))
    except Unreachable:
        finding: events.Finding = "unanswered"
    else:
        others: events.Finding = "another_record" if texts else "absent"
        finding = "found" if action.token in texts else others
    record = commands.RecordLook(action.look, finding, context.now)
    return Ask(DOMAIN, domain_stream(context.community_id), record)


REACTIONS = (
    *(
        Reaction(f"membership.domain.when_{name}_begin_look", to, when_due_begin_look)
        for name, to in (
            ("claimed", events.DomainClaimed),
            ("proved", events.DomainProved),
            ("seen", events.DomainSeen),
            ("not_seen", events.DomainNotSeen),
        )
    ),
    Reaction(
        "membership.domain.when_look_begun_look_for_record",
        events.DomainLookBegun,
        when_look_begun_look_for_record,
    ),
    Reaction("membership.domain.when_proved_take_name", events.DomainProved, when_proved_take_name),
    Reaction("membership.domain.when_lost_free_name", events.DomainLost, when_lost_free_name),
    Reaction(
        "membership.domain.when_name_taken_lose_domain",
        events.DomainNameTaken,
        when_name_taken_lose_domain,
    ),
)

ACTIONS = (Action(of=commands.LookForRecord, perform=look_for_record),)
