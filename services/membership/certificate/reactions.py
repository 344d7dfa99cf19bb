"""An erasure opens its certificate, each service's report goes into it, and it is not waited for silently."""

from collections.abc import Callable
from typing import Any

from services.membership.certificate import commands
from services.membership.certificate.decider import CERTIFICATE, PATIENCE, certificate_stream
from services.membership.certificate.events import CertificateOpened
from services.membership.member.events import PersonErased, Service
from shared.contracts import analytics_destruction, billing_destruction, events_destruction
from shared.event_store import Fact
from shared.reaction import Ask, At, Reaction
from shared.takeout import destruction


def _ask(command: commands.CertificateCommand) -> list[Ask]:
    return [Ask(CERTIFICATE, certificate_stream(command.person_id), command)]


def when_person_erased_open(fact: Fact) -> list[Ask]:
    erased: PersonErased = fact.body
    return _ask(commands.OpenCertificate(erased.person_id, fact.at, erased.mark))


def when_certificate_opened_look_later(fact: Fact) -> list[At]:
    opened: CertificateOpened = fact.body
    (look,) = _ask(commands.LookIfComplete(opened.person_id))
    return [At(opened.erased_at + PATIENCE, look)]


def _destroyed(service: Service) -> Callable[[Fact], list[Ask]]:
    def react(fact: Fact) -> list[Ask]:
        told = fact.body
        return _ask(commands.ReportDestruction(told.person_id, service, fact.at, told.kept_until))

    return react


def _kept_destroyed(service: Service) -> Callable[[Fact], list[Ask]]:
    return lambda fact: _ask(commands.ReportKeptDestruction(fact.body.person_id, service, fact.at))


SOURCES: tuple[tuple[Service, Any], ...] = (
    ("billing", billing_destruction),
    ("events", events_destruction),
    ("analytics", analytics_destruction),
)

REACTIONS = (
    Reaction(
        "membership.certificate.when_person_erased_open", PersonErased, when_person_erased_open
    ),
    Reaction(
        "membership.certificate.when_certificate_opened_look_later",
        CertificateOpened,
        when_certificate_opened_look_later,
    ),
    Reaction(
        "membership.certificate.when_membership_destroyed_report",
        destruction.DataDestroyed,
        _destroyed("membership"),
    ),
    Reaction(
        "membership.certificate.when_membership_destroyed_kept_report",
        destruction.KeptDataDestroyed,
        _kept_destroyed("membership"),
    ),
    *(
        Reaction(
            f"membership.certificate.when_{service}_destroyed_report",
            source.PersonDataDestroyed,
            _destroyed(service),
        )
        for service, source in SOURCES
    ),
    *(
        Reaction(
            f"membership.certificate.when_{service}_destroyed_kept_report",
            source.KeptDataDestroyed,
            _kept_destroyed(service),
        )
        for service, source in SOURCES
    ),
)
