from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

from services.membership.certificate.commands import (
    LookIfComplete,
    OpenCertificate,
    ReportDestruction,
    ReportKeptDestruction,
)
from services.membership.certificate.decider import CERTIFICATE, HOLDERS
from services.membership.certificate.events import (
    CertificateCompleted,
    CertificateOpened,
    CertificateOverdue,
    DestructionReported,
    KeptDestructionReported,
)
from services.membership.proof import mark_of, new_nonce
from shared.ids import Code, PersonId
from shared.testing import given
from tests.unit.membership.facts import noon

ada = PersonId(UUID(int=1))
mark = Code("mark")
opened = CertificateOpened(ada, noon, mark)
until = noon + timedelta(days=3_650)
later = noon + timedelta(hours=1)


def reported(*services: Any) -> list[DestructionReported]:
    return [DestructionReported(ada, service, noon, None) for service in services]


def test_it_is_complete_when_the_last_has_reported_and_not_before() -> None:
    *most, last = sorted(HOLDERS)
    given(CERTIFICATE, opened, *reported(*most[:-1])).when(
        ReportDestruction(ada, most[-1], noon, None)
    ).then(*reported(most[-1]))
    given(CERTIFICATE, opened, *reported(*most)).when(
        ReportDestruction(ada, last, later, until)
    ).then(DestructionReported(ada, last, later, until), CertificateCompleted(ada, later))


def test_each_reports_once_and_in_any_order() -> None:
    report = ReportDestruction(ada, "billing", later, None)
    given(CERTIFICATE, opened, *reported("billing")).when(report).then_nothing()
    given(CERTIFICATE, opened).when(OpenCertificate(ada, later, None)).then_nothing()
    given(CERTIFICATE).when(report).then(DestructionReported(ada, "billing", later, None))
    for services in permutations(sorted(HOLDERS)):
        given(CERTIFICATE, *reported(*services)).when(OpenCertificate(ada, noon, mark)).then(
            opened, CertificateCompleted(ada, noon)
        )


def test_what_is_waited_for_too_long_is_said_once() -> None:
    overdue = CertificateOverdue(ada, ("analytics", "events", "membership"))
    look = LookIfComplete(ada)
    given(CERTIFICATE, opened, *reported("billing")).when(look).then(overdue)
    given(CERTIFICATE, opened, *reported("billing"), overdue).when(look).then_nothing()
    given(CERTIFICATE, opened, *reported(*HOLDERS)).when(look).then_nothing()


def test_what_was_kept_goes_once_too() -> None:
    kept = KeptDestructionReported(ada, "billing", until)
    report = ReportKeptDestruction(ada, "billing", until)
    given(CERTIFICATE, opened, *reported("billing")).when(report).then(kept)
    given(CERTIFICATE, opened, kept).when(report).then_nothing()


def test_a_mark_is_the_standard_hmac_of_the_address_and_says_nothing_without_its_nonce() -> None:
    # openssl dgst -sha256 -mac HMAC -macopt hexkey:000102030405060708090a0b0c0d0e0f
    nonce = bytes(range(16)).hex()
    assert mark_of(nonce, " Ada@Example.com ") == mark_of(nonce, "ada@example.com")
    assert (
        mark_of(nonce, "ada@example.com")
        == "7902c00cd0941827c91e6de851e2f8b8a62e6df96402b1f2b1dc83de086c05db"
    )
    assert mark_of(new_nonce(), "ada@example.com") != mark_of(new_nonce(), "ada@example.com")
