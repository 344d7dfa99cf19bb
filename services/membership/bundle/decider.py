"""A bundle is ready when every service has packed its part, and never without one; then it is kept for days."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never, get_args
from uuid import UUID

from services.membership.bundle import commands, events
from services.membership.bundle.events import BundleId
from services.membership.member.events import Service
from shared.decider import Decider, NotFound, Rejected
from shared.ids import derive

HOLDERS: frozenset[Service] = frozenset(get_args(Service))
KEPT = timedelta(days=7)
"""How long a bundle can be opened once it is ready."""

LINK_LIFE = timedelta(minutes=10)
"""How long a link is good, from when it was opened."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The last that was asked for."""

    asked: events.BundleAsked
    parts: Mapping[Service, events.PartReported] = field(default_factory=dict)
    ready_at: datetime | None = None
    opened_at: datetime | None = None
    is_over: bool = False

    @property
    def awaited(self) -> tuple[Service, ...]:
        """Whose part has not come."""
        return tuple(sorted(HOLDERS - self.parts.keys()))

    @property
    def kept_until(self) -> datetime | None:
        return self.ready_at and self.ready_at + KEPT

    @property
    def open_until(self) -> datetime | None:
        return self.opened_at and self.opened_at + LINK_LIFE


def bundle_stream(person_id: UUID, *, by_staff: bool) -> BundleId:
    """What somebody asked for themselves is not for the staff, and the other way round."""
    return BundleId(derive(person_id, "bundle", "staff" if by_staff else "own"))


def decide(command: commands.BundleCommand, bundle: Bundle | None) -> list[events.BundleEvent]:
    match command:
        case commands.AskBundle():
            return _ask(command, bundle)
        case commands.ReportPart():
            return [] if bundle is None else _report(command, bundle)
        case commands.OpenBundle(by, at):
            kept = still_there(bundle)
            if kept.ready_at is None:
                told = "Not all is packed yet."
                raise Rejected("bundle_not_ready", told, awaited=kept.awaited)
            asked = kept.asked
            return [events.BundleOpened(asked.bundle_id, asked.number, asked.person_id, by, at)]
        case commands.EndBundle(number, why):
            if bundle is None or bundle.is_over or number not in (None, bundle.asked.number):
                return []
            return [_ended(bundle.asked, why)]
        case _:
            assert_never(command)


def still_there(bundle: Bundle | None) -> Bundle:
    """The bundle, until it is over."""
    if bundle is None or bundle.is_over:
        raise NotFound("bundle_not_found", "Nobody asked for that, or its time is over.")
    return bundle


def still_open(bundle: Bundle, at: datetime) -> Bundle:
    """The bundle while a link to this one is good: not the one before it, nor what nobody has opened."""
    if bundle.open_until is None or at >= bundle.open_until:
        raise Rejected("link_expired", "This link is no longer good.")
    return bundle


def _ask(command: commands.AskBundle, bundle: Bundle | None) -> list[events.BundleEvent]:
    """While it is packed it has been asked for already; a ready one is as of then, so a new one takes its place."""
    if not command.is_here:
        raise NotFound("person_not_found", "There is no such person.")
    kept = None if bundle is None or bundle.is_over else bundle
    if kept and kept.ready_at is None:
        return []
    asked = events.BundleAsked(
        bundle_id=command.bundle_id,
        number=1 + (bundle.asked.number if bundle else 0),
        person_id=command.person_id,
        account_id=command.account_id,
        asked_by=command.by,
        asked_at=command.at,
        public_key=command.public_key,
        private_key=command.private_key,
    )
    return [_ended(kept.asked, "replaced"), asked] if kept else [asked]


def _report(command: commands.ReportPart, bundle: Bundle) -> list[events.BundleEvent]:
    asked, number, service = bundle.asked, command.number, command.service
    place = (asked.bundle_id, number, asked.person_id)
    if bundle.is_over or number != asked.number:
        return [events.LatePartRefused(*place, service)]
    if service in bundle.parts:
        return []
    report = events.PartReported(*place, service, command.size, command.sha256)
    if set(bundle.awaited) != {service}:
        return [report]
    return [report, events.BundleReady(*place, command.at)]


def _ended(asked: events.BundleAsked, why: events.Ending) -> events.BundleEnded:
    return events.BundleEnded(asked.bundle_id, asked.number, asked.person_id, why)


def evolve(bundle: Bundle | None, event: events.BundleEvent) -> Bundle | None:
    match event:
        case events.BundleAsked():
            return Bundle(event)
        case events.PartReported():
            return bundle and replace(bundle, parts={**bundle.parts, event.service: event})
        case events.BundleReady(ready_at=ready_at):
            return bundle and replace(bundle, ready_at=ready_at)
        case events.BundleOpened(opened_at=opened_at):
            return bundle and replace(bundle, opened_at=opened_at)
        case events.BundleEnded():
            return bundle and replace(bundle, is_over=True)
        case events.LatePartRefused():
            return bundle
        case _:
            assert_never(event)


BUNDLE: Decider[commands.BundleCommand, Bundle | None, events.BundleEvent] = Decider(
    "bundle",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.BundleCommand,
    events=events.BundleEvent,
)
