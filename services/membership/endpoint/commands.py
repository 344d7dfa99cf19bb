"""What may be asked of an endpoint."""

from dataclasses import dataclass
from datetime import datetime

from services.membership.endpoint.events import GivenUpCause
from shared.ids import Code, Label, PersonId


@dataclass(frozen=True, slots=True)
class RegisterEndpoint:
    """`others` is how many the community has already."""

    url: Label
    types: tuple[Code, ...]
    seed: Code
    after: int
    others: int


@dataclass(frozen=True, slots=True)
class ChangeEndpoint:
    url: Label
    types: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class RotateSecret:
    """`at_once` when the old secret is in wrong hands."""

    seed: Code
    at_once: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class DisableEndpoint:
    pass


@dataclass(frozen=True, slots=True)
class EnableEndpoint:
    """`after` skips what was heard up to a place in the inbox; None skips nothing."""

    after: int | None


@dataclass(frozen=True, slots=True)
class StopEndpoint:
    """Deliveries of this run were given up."""

    run: int
    cause: GivenUpCause
    tell: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True)
class RemoveEndpoint:
    pass


EndpointCommand = (
    RegisterEndpoint
    | ChangeEndpoint
    | RotateSecret
    | DisableEndpoint
    | EnableEndpoint
    | StopEndpoint
    | RemoveEndpoint
)
