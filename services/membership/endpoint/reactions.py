"""An endpoint to which deliveries were given up is switched off."""

from services.membership.delivery.events import DeliveryGivenUp
from services.membership.endpoint import commands
from services.membership.endpoint.decider import ENDPOINT
from shared.event_store import Fact
from shared.reaction import Ask, Reaction


def when_delivery_given_up_stop_endpoint(fact: Fact) -> list[Ask]:
    verdict: DeliveryGivenUp = fact.body
    stop = commands.StopEndpoint(verdict.run, verdict.cause, verdict.tell)
    return [Ask(ENDPOINT, verdict.endpoint_id, stop)]


REACTIONS = (
    Reaction(
        name="membership.endpoint.when_delivery_given_up_stop_endpoint",
        to=DeliveryGivenUp,
        react=when_delivery_given_up_stop_endpoint,
    ),
)
