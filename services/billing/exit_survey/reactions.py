"""Who leaves and does not say why is asked by one letter; who thinks better of leaving has no reason to leave."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.billing.exit_survey import commands, events
from services.billing.exit_survey.decider import EXIT_SURVEY, exit_survey_stream
from services.billing.links import LINK_LIFE, OF_EXIT, make_link
from services.billing.offer.projections import offers_among
from services.billing.organisation.projections import is_organisation
from services.billing.payer.projections import standing_now
from services.billing.subscription.events import (
    CancellationScheduled,
    CancellationWithdrawn,
    SubscriptionEnded,
)
from services.billing.subscription.projections import leaving_now
from shared.event_store import Fact
from shared.ids import PersonId
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction

TIME_TO_SAY = timedelta(days=1)
"""Whoever cancels is asked where they do it: nobody is written to who says it there."""


@dataclass(frozen=True, slots=True)
class LookWhetherToAsk:
    subscription_id: UUID
    person_id: PersonId


def when_leaving_think_of_asking(fact: Fact) -> list[At]:
    leaving: CancellationScheduled | SubscriptionEnded = fact.body
    think = commands.ThinkOfAsking(fact.stream_id, leaving.terms.person_id)
    stream_id = exit_survey_stream(fact.stream_id)
    return [At(fact.at + TIME_TO_SAY, Ask(EXIT_SURVEY, stream_id, think))]


def when_exit_question_due_look(fact: Fact) -> list[Call]:
    due: events.ExitQuestionDue = fact.body
    return [Call(LookWhetherToAsk(due.subscription_id, due.person_id))]


def when_cancellation_withdrawn_drop_answer(fact: Fact) -> list[Ask]:
    stream_id = exit_survey_stream(fact.stream_id)
    return [Ask(EXIT_SURVEY, stream_id, commands.DropExitAnswer())]


REACTIONS = (
    Reaction(
        name="billing.exit_survey.when_cancellation_withdrawn_drop_answer",
        to=CancellationWithdrawn,
        react=when_cancellation_withdrawn_drop_answer,
    ),
    Reaction(
        name="billing.exit_survey.when_cancellation_scheduled_think_of_asking",
        to=CancellationScheduled,
        react=when_leaving_think_of_asking,
    ),
    Reaction(
        name="billing.exit_survey.when_subscription_ended_think_of_asking",
        to=SubscriptionEnded,
        react=when_leaving_think_of_asking,
    ),
    Reaction(
        name="billing.exit_survey.when_exit_question_due_look",
        to=events.ExitQuestionDue,
        react=when_exit_question_due_look,
    ),
)


async def look_whether_to_ask(action: LookWhetherToAsk, context: ActionContext) -> Ask:
    """As of now; done again after a crash, it makes another link for the one letter."""
    service, community_id = context.service, context.community_id
    subscription_id, person_id = action.subscription_id, action.person_id
    leaving = await leaving_now(service, community_id, subscription_id)
    standing = await standing_now(service, community_id, person_id)
    async with service.pool.acquire() as connection:
        offer = (await offers_among(connection, [leaving.offer_id])).get(leaving.offer_id)
        is_no_person = await is_organisation(connection, person_id)
    until = context.now + LINK_LIFE
    ask = commands.AskWhy(
        subscription_id,
        leaving.payer,
        standing,
        leaving.ended_for,
        leaving.source,
        is_no_person,
        offer.name if offer else None,
        make_link(service.secret, subscription_id, community_id, until, OF_EXIT),
    )
    return Ask(EXIT_SURVEY, exit_survey_stream(subscription_id), ask)


ACTIONS = (Action(LookWhetherToAsk, look_whether_to_ask),)
