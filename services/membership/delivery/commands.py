"""What may be asked of deliveries, and how an attempt ended."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from services.membership.endpoint.events import EndpointId, GivenUpCause
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class AskPing:
    endpoint_id: EndpointId


@dataclass(frozen=True, slots=True)
class AskReplay:
    """`count` events lie from `first` to `last`; the places are None where there is none."""

    endpoint_id: EndpointId
    first: int | None
    last: int | None
    count: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    endpoint_id: EndpointId
    run: int
    cause: GivenUpCause
    tell: tuple[PersonId, ...]


DeliveryCommand = AskPing | AskReplay | GiveUp


Outcome = Literal["taken", "refused", "gone"]


@dataclass(frozen=True, slots=True)
class RecordAttempt:
    """`later` is when the other side wants to hear of us again; `jitter`, from 0 to 999, keeps queues apart."""

    outcome: Outcome
    later: timedelta | None = None
    jitter: int = 0


@dataclass(frozen=True, slots=True)
class ForgetExcerpts:
    """A call: what other systems said may speak of the person, so none of it is kept."""

    person_id: PersonId
