"""What happened to deliveries: what staff asked for, what was given up, and what becomes of one attempt."""

from dataclasses import dataclass
from datetime import timedelta

from services.membership.endpoint.events import EndpointId, GivenUpCause
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class PingAsked:
    endpoint_id: EndpointId


@dataclass(frozen=True, slots=True)
class ReplayAsked:
    """What was heard from `first` to `last`, places in the inbox, is sent again."""

    endpoint_id: EndpointId
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class DeliveryGivenUp:
    """The endpoint does not take what it is sent, and nothing more is sent in this run."""

    endpoint_id: EndpointId
    run: int
    cause: GivenUpCause
    tell: tuple[PersonId, ...]


DeliveryEvent = PingAsked | ReplayAsked | DeliveryGivenUp


@dataclass(frozen=True, slots=True)
class Delivered:
    pass


@dataclass(frozen=True, slots=True)
class PutOff:
    """It is tried again after a while, and everything behind it waits."""

    wait: timedelta


@dataclass(frozen=True, slots=True)
class GivenUp:
    """This queue goes no further, and the endpoint is to be switched off."""

    cause: GivenUpCause


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was only sent because somebody asked is let go."""


AttemptEvent = Delivered | PutOff | GivenUp | Dropped
"""Not stored as events: a row of `webhook_queues` is their fold. docs/adr says why."""
