"""A certificate is complete when the person was erased and every service has seen that nothing is left."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never, get_args
from uuid import UUID

from services.membership.certificate import commands, events
from services.membership.member.events import Service
from shared.decider import Decider
from shared.ids import derive

PATIENCE = timedelta(days=3)
"""After this an erasure that not every service has confirmed is overdue."""

HOLDERS: frozenset[Service] = frozenset(get_args(Service))


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is certified so far; reports may come before the certificate is opened."""

    opened: events.CertificateOpened | None = None
    reports: tuple[events.DestructionReported, ...] = ()
    kept: tuple[events.KeptDestructionReported, ...] = ()
    completed_at: datetime | None = None
    is_overdue: bool = False

    @property
    def reported(self) -> frozenset[Service]:
        return frozenset(report.service for report in self.reports)

    def kept_destroyed_at(self, service: Service) -> datetime | None:
        """When what the service had kept went too."""
        return next((one.destroyed_at for one in self.kept if one.service == service), None)


def certificate_stream(person_id: UUID) -> UUID:
    return derive(person_id, "certificate")


def decide(
    command: commands.CertificateCommand, certificate: Certificate
) -> list[events.CertificateEvent]:
    match command:
        case commands.OpenCertificate(person_id, erased_at, mark):
            if certificate.opened is not None:
                return []
            return _then(certificate, events.CertificateOpened(person_id, erased_at, mark))
        case commands.ReportDestruction(person_id, service, destroyed_at, kept_until):
            if service in certificate.reported:
                return []
            report = events.DestructionReported(person_id, service, destroyed_at, kept_until)
            return _then(certificate, report)
        case commands.ReportKeptDestruction(person_id, service, destroyed_at):
            if certificate.kept_destroyed_at(service) is not None:
                return []
            return [events.KeptDestructionReported(person_id, service, destroyed_at)]
        case commands.LookIfComplete(person_id):
            waiting_for = tuple(sorted(HOLDERS - certificate.reported))
            if not waiting_for or certificate.is_overdue:
                return []
            return [events.CertificateOverdue(person_id, waiting_for)]
        case _:
            assert_never(command)


def _then(
    before: Certificate, event: events.CertificateOpened | events.DestructionReported
) -> list[events.CertificateEvent]:
    certificate = evolve(before, event)
    if certificate.opened is None or certificate.reported != HOLDERS:
        return [event]
    last = max(report.destroyed_at for report in certificate.reports)
    return [event, events.CertificateCompleted(event.person_id, last)]


def evolve(certificate: Certificate, event: events.CertificateEvent) -> Certificate:
    match event:
        case events.CertificateOpened():
            return replace(certificate, opened=event)
        case events.DestructionReported():
            return replace(certificate, reports=(*certificate.reports, event))
        case events.KeptDestructionReported():
            return replace(certificate, kept=(*certificate.kept, event))
        case events.CertificateOverdue():
            return replace(certificate, is_overdue=True)
        case events.CertificateCompleted(completed_at=completed_at):
            return replace(certificate, completed_at=completed_at)
        case _:
            assert_never(event)


CERTIFICATE: Decider[commands.CertificateCommand, Certificate, events.CertificateEvent] = Decider(
    "certificate",
    initial=Certificate(),
    decide=decide,
    evolve=evolve,
    commands=commands.CertificateCommand,
    events=events.CertificateEvent,
)
