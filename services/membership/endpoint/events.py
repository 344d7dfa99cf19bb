"""What happened to an endpoint, an address where a community's own tools hear what happens in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NewType
from uuid import UUID

from shared.ids import Code, Label, PersonId

EndpointId = NewType("EndpointId", UUID)

GivenUpCause = Literal["gone", "failing"]
DisabledCause = Literal["staff", "gone", "failing"]


@dataclass(frozen=True, slots=True)
class EndpointRegistered:
    """No types are all types, also those to come. It is told what is heard after the place `after` in the inbox.

    The signing secret is made of `seed` and the service's own secret: neither is worth anything alone.
    """

    url: Label
    types: tuple[Code, ...]
    seed: Code
    after: int


@dataclass(frozen=True, slots=True)
class EndpointChanged:
    """What was refused there may be taken here: a run of its own, which begins with all its tries."""

    url: Label
    types: tuple[Code, ...]
    run: int


@dataclass(frozen=True, slots=True)
class SecretRotated:
    """The secret before this one is good until `old_until`; the one before that is not any more."""

    seed: Code
    old_until: datetime


@dataclass(frozen=True, slots=True)
class EndpointDisabled:
    """Nothing is sent any more; `tell` are the owners who are told, where nobody of the staff did it."""

    cause: DisabledCause
    url: Label
    tell: tuple[PersonId, ...] = ()


@dataclass(frozen=True, slots=True)
class EndpointEnabled:
    """It goes on where it stopped, or with what is heard after `after`. Each time is a run of its own."""

    run: int
    after: int | None


@dataclass(frozen=True, slots=True)
class EndpointRemoved:
    pass


EndpointEvent = (
    EndpointRegistered
    | EndpointChanged
    | SecretRotated
    | EndpointDisabled
    | EndpointEnabled
    | EndpointRemoved
)
