"""An endpoint is told things while it is enabled, and at most two of its secrets sign, the older for a day."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from services.membership.endpoint import commands, events
from shared.decider import Decider, NotFound, Rejected
from shared.ids import Code, Label

MOST_ENDPOINTS = 10
OVERLAP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Without an address it was never registered, or was removed."""

    url: Label | None = None
    types: tuple[Code, ...] = ()
    seed: Code | None = None
    old_seed: Code | None = None
    old_until: datetime | None = None
    after: int = 0
    run: int = 0
    enabled: bool = False
    known: bool = False

    def seeds_at(self, moment: datetime) -> tuple[Code, ...]:
        """What signs then, the newest first."""
        is_over = self.old_until is None or self.old_until <= moment
        seeds = (self.seed, None if is_over else self.old_seed)
        return tuple(seed for seed in seeds if seed is not None)


def decide(command: commands.EndpointCommand, endpoint: Endpoint) -> list[events.EndpointEvent]:
    if isinstance(command, commands.RegisterEndpoint):
        return _register(command, endpoint)
    if isinstance(command, commands.StopEndpoint):
        return _stop(command, endpoint)
    if isinstance(command, commands.RemoveEndpoint) and endpoint.known:
        return [events.EndpointRemoved()] if endpoint.url else []
    if endpoint.url is None:
        raise NotFound("endpoint_not_found", "There is no such endpoint.")
    match command:
        case commands.ChangeEndpoint(url, types):
            is_so = (url, types) == (endpoint.url, endpoint.types)
            return [] if is_so else [events.EndpointChanged(url, types, endpoint.run + 1)]
        case commands.RotateSecret(seed, at_once, at):
            return [events.SecretRotated(seed, at if at_once else at + OVERLAP)]
        case commands.DisableEndpoint():
            return [events.EndpointDisabled("staff", endpoint.url)] if endpoint.enabled else []
        case commands.EnableEndpoint(after):
            return [] if endpoint.enabled else [events.EndpointEnabled(endpoint.run + 1, after)]
        case commands.RemoveEndpoint():
            return [events.EndpointRemoved()]
        case _:
            assert_never(command)


def _register(
    register: commands.RegisterEndpoint, endpoint: Endpoint
) -> list[events.EndpointEvent]:
    if endpoint.known:
        return []
    if register.others >= MOST_ENDPOINTS:
        detail = f"A community has at most {MOST_ENDPOINTS} endpoints."
        raise Rejected("too_many_endpoints", detail, most=MOST_ENDPOINTS)
    return [events.EndpointRegistered(register.url, register.types, register.seed, register.after)]


def _stop(stop: commands.StopEndpoint, endpoint: Endpoint) -> list[events.EndpointEvent]:
    """A verdict on an earlier run says nothing of this one."""
    if endpoint.url is None or not endpoint.enabled or stop.run != endpoint.run:
        return []
    return [events.EndpointDisabled(stop.cause, endpoint.url, stop.tell)]


def evolve(endpoint: Endpoint, event: events.EndpointEvent) -> Endpoint:
    match event:
        case events.EndpointRegistered(url, types, seed, after):
            return Endpoint(url, types, seed, after=after, enabled=True, known=True)
        case events.EndpointChanged(url, types, run):
            return replace(endpoint, url=url, types=types, run=run)
        case events.SecretRotated(seed, old_until):
            return replace(endpoint, seed=seed, old_seed=endpoint.seed, old_until=old_until)
        case events.EndpointDisabled():
            return replace(endpoint, enabled=False)
        case events.EndpointEnabled(run, after):
            return replace(endpoint, enabled=True, run=run, after=after or endpoint.after)
        case events.EndpointRemoved():
            return Endpoint(known=True)
        case _:
            assert_never(event)


ENDPOINT: Decider[commands.EndpointCommand, Endpoint, events.EndpointEvent] = Decider(
    "endpoint",
    initial=Endpoint(),
    decide=decide,
    evolve=evolve,
    commands=commands.EndpointCommand,
    events=events.EndpointEvent,
)
