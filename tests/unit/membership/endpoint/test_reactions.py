from uuid import UUID

from services.membership.delivery.events import DeliveryGivenUp
from services.membership.endpoint.commands import StopEndpoint
from services.membership.endpoint.decider import ENDPOINT
from services.membership.endpoint.events import EndpointId
from services.membership.endpoint.reactions import when_delivery_given_up_stop_endpoint
from shared.ids import PersonId
from shared.reaction import Ask
from tests.unit.membership.facts import fact

crm, olga = EndpointId(UUID(int=1)), PersonId(UUID(int=2))


def test_an_endpoint_whose_deliveries_were_given_up_is_stopped_in_that_run() -> None:
    given_up = fact(DeliveryGivenUp(crm, run=3, cause="gone", tell=(olga,)))
    assert when_delivery_given_up_stop_endpoint(given_up) == [
        Ask(ENDPOINT, crm, StopEndpoint(run=3, cause="gone", tell=(olga,)))
    ]
