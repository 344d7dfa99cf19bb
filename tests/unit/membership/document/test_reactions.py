from dataclasses import replace
from datetime import timedelta
from string import Formatter
from uuid import UUID

import pytest

from services.membership.announcement.commands import SendMail
from services.membership.announcement.reactions import when_readers_told_send_mail
from services.membership.document.commands import FindReaders
from services.membership.document.events import DocumentPublished, Kind, ReadersTold
from services.membership.document.reactions import when_document_published_find_readers
from services.membership.gateways.pages import TEMPLATES
from services.membership.writing import kind_of
from shared.ids import Code, Label, PersonId
from shared.reaction import Call
from tests.unit.membership.circulars import mails_of
from tests.unit.membership.facts import community_id, fact, noon

ada, bob = PersonId(UUID(int=1)), PersonId(UUID(int=2))
text = Code("https://club.example/terms.pdf")
soon = noon + timedelta(days=14)
told = ReadersTold("terms", 2, text, soon, Label("Plain words"), (ada, bob))


def mails_to(told: ReadersTold) -> list[SendMail]:
    return mails_of(when_readers_told_send_mail(fact(told)))


def test_who_is_to_be_told_is_looked_for_once_it_is_published() -> None:
    version = DocumentPublished(
        "terms", 2, text, Code("ab"), Code("en"), soon, must_accept=True, changes=None
    )
    found = when_document_published_find_readers(fact(version))
    assert found == [Call(FindReaders("terms", 2))]


def test_each_gets_a_letter_that_says_what_from_when_and_where() -> None:
    mails = mails_to(told)
    assert [mail.person_id for mail in mails] == [ada, bob]
    assert len({mail.message_id for mail in mails}) == 2
    assert dict(mails[0].values) == {
        "url": text,
        "from": soon.isoformat(),
        "changes": "Plain words",
    }
    assert mails[0].link == f"/communities/{community_id}/documents"


@pytest.mark.parametrize("kind", ["terms", "privacy", "conduct"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_it_is_written_for_each_document_and_cannot_be_turned_off(
    kind: Kind, language: str
) -> None:
    mail = mails_to(replace(told, kind=kind, changes=None))[0]
    assert kind_of(mail.template) == "transactional"
    written = Formatter().parse(TEMPLATES[f"{mail.template}.{language}"])
    wanted = {name for _, name, _, _ in written if name}
    assert wanted == {"sender", *dict(mail.values)}
