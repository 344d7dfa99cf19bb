"""A checkout that is paid tells what its buyer handed in: it is credited as if they had come here with it."""

from services.membership.attribution import commands
from services.membership.attribution.decider import ATTRIBUTION, attribution_stream
from services.membership.attribution.projections import attributing
from services.membership.visit import read_visit
from shared.contracts.billing_checkout import CheckoutCompleted
from shared.event_store import Fact
from shared.ids import Code, PersonId
from shared.reaction import Action, ActionContext, Ask, Call, Reaction


def when_checkout_completed_read_visit(fact: Fact) -> list[Call]:
    bought: CheckoutCompleted = fact.body
    if bought.via is None:
        return []
    person_id, via = PersonId(bought.person_id), bought.via
    return [Call(commands.ReadVisit(person_id, bought.checkout_id, Code(via.visit), via.at))]


async def credit_visit(action: commands.ReadVisit, context: ActionContext) -> Ask:
    """By the moment it was handed in, which was before anything was paid."""
    service, community_id = context.service, context.community_id
    person_id, checkout_id = action.person_id, action.checkout_id
    stream_id = attribution_stream(person_id)
    try:
        visit = read_visit(service.secret, action.visit)
    except ValueError:
        no_visit = commands.RecordNoVisit(person_id, checkout_id, "not_a_visit")
        return Ask(ATTRIBUTION, stream_id, no_visit)
    asked = await attributing(service, community_id, person_id, visit, action.at)
    if asked is None:
        no_link = commands.RecordNoVisit(person_id, checkout_id, "link_not_found")
        return Ask(ATTRIBUTION, stream_id, no_link)
    return Ask(ATTRIBUTION, stream_id, commands.AttributeBuyer(asked, checkout_id))


REACTIONS = (
    Reaction(
        "membership.attribution.when_checkout_completed_read_visit",
        CheckoutCompleted,
        when_checkout_completed_read_visit,
    ),
)

ACTIONS = (Action(commands.ReadVisit, credit_visit),)
