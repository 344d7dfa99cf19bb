from dataclasses import replace

import pytest

from services.membership.agreed import (
    Agreement,
    insist_on_agreement,
    insist_on_versions,
)
from shared.decider import NotFound, Rejected
from tests.unit.membership.documents import agreed, named, silent, terms


def test_what_is_not_accepted_is_named_with_where_it_can_be_read() -> None:
    with pytest.raises(Rejected) as refused:
        insist_on_agreement(silent)
    assert (refused.value.code, refused.value.pointer) == (
        "documents_not_accepted",
        "/accepted_documents",
    )
    assert refused.value.params == {
        "documents": [{"kind": "terms", "version": 2, "url": terms.url}]
    }


def test_one_document_is_not_accepted_by_another() -> None:
    other = Agreement((terms,), (replace(named, kind="privacy"),))
    with pytest.raises(Rejected):
        insist_on_agreement(other)


def test_where_nothing_is_asked_nothing_need_be_said() -> None:
    insist_on_agreement(Agreement())
    insist_on_agreement(agreed)


def test_a_version_is_there_and_not_over() -> None:
    insist_on_versions([named, replace(named, number=3, latest=3)])
    for wrong in (replace(named, number=3), replace(named, number=0)):
        with pytest.raises(NotFound):
            insist_on_versions([wrong])
    with pytest.raises(Rejected) as refused:
        insist_on_versions([replace(named, number=1)])
    assert (refused.value.code, refused.value.pointer) == ("document_replaced", named.pointer)
