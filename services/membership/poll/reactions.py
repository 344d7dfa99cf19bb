"""A poll closes when it is due, is counted a minute later, and the key of its urn is destroyed."""

from datetime import timedelta

from services.membership.ballot.projections import answers_in, ballots_of, texts_in
from services.membership.crowd import caught_up
from services.membership.poll import commands, events
from services.membership.poll.decider import POLL, counts_of
from services.membership.poll.projections import poll_now, urn_of, words_of
from services.membership.remarks import sheets
from shared.erasure import forgetting
from shared.event_store import Fact
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction
from shared.service import Service

UNDER_WAY = timedelta(minutes=1)
"""Longer than any request lasts: a ballot that was being cast when the poll closed has arrived."""


def when_poll_opened_close(fact: Fact) -> list[At]:
    opened: events.PollOpened = fact.body
    return [At(opened.terms.closes_at, Ask(POLL, fact.stream_id, commands.CloseWhenDue()))]


def when_poll_closed_begin_count(fact: Fact) -> list[At]:
    return [At(fact.at + UNDER_WAY, Ask(POLL, fact.stream_id, commands.BeginCount()))]


def when_count_begun_count(fact: Fact) -> list[Call]:
    return [Call(commands.CountBallots(fact.stream_id))]


def when_poll_over_forget(fact: Fact) -> list[Ask]:
    """Of a poll by name there is no urn."""
    over: events.PollCounted | events.PollCancelled = fact.body
    return [forgetting(urn_of(fact.stream_id), fact.at)] if over.secrecy == "anonymous" else []


REACTIONS = (
    Reaction("membership.poll.when_poll_opened_close", events.PollOpened, when_poll_opened_close),
    Reaction(
        "membership.poll.when_poll_closed_begin_count",
        events.PollClosed,
        when_poll_closed_begin_count,
    ),
    Reaction("membership.poll.when_count_begun_count", events.CountBegun, when_count_begun_count),
    Reaction("membership.poll.when_poll_counted_forget", events.PollCounted, when_poll_over_forget),
    Reaction(
        "membership.poll.when_poll_cancelled_forget", events.PollCancelled, when_poll_over_forget
    ),
)


async def count_ballots(action: commands.CountBallots, context: ActionContext) -> Ask:
    """What is opened is added up here and forgotten: only the sums are written down, and the words, as nobody's."""
    service: Service = context.service
    _, terms = await poll_now(service, context.community_id, action.poll_id)
    await caught_up(context)
    async with service.pool.acquire() as connection:
        rows = await ballots_of(connection, action.poll_id)
    ballots = await answers_in(service, rows)
    counts, sealer = counts_of(terms, ballots), service.vault.sealer()
    sealed = [row for row in rows if row.sealed] if counts and terms.texts else []
    words = [
        await sealer.seal(words_of(action.poll_id), text)
        for text in sheets(await texts_in(service, sealed))
    ]
    count = commands.CountPoll(len(ballots), counts, tuple(words))
    return Ask(POLL, action.poll_id, count, sealer.take_keep())


ACTIONS = (Action(of=commands.CountBallots, perform=count_ballots),)
