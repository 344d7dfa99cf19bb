from dataclasses import replace
from uuid import UUID

import pytest

from services.membership.link.commands import KeepPromise, MakeLink, RetireLink
from services.membership.link.decider import LINK
from services.membership.link.events import LinkMade, LinkRetired, link_of
from services.membership.visit import make_visit, read_visit
from shared.ids import Code, Label, PersonId
from shared.testing import given
from tests.unit.membership.facts import noon

ada, bob = PersonId(UUID(int=1)), PersonId(UUID(int=2))
spring = LinkMade(Code("spring"), "campaign", Label("Spring"), None, Code("/join"), 30)
adas = LinkMade(Code("ada"), "affiliate", Label("Ada's"), ada, Code("/join"), 30)


def test_a_link_is_made_once_and_never_changes() -> None:
    given(LINK).when(MakeLink(spring)).then(spring)
    given(LINK, spring).when(MakeLink(spring)).then_nothing()
    other = replace(spring, days=60)
    given(LINK, spring).when(MakeLink(other)).then_rejected("slug_taken")


def test_a_retired_link_leads_nowhere_and_its_name_is_spent() -> None:
    given(LINK, spring).when(RetireLink()).then(LinkRetired())
    given(LINK, spring, LinkRetired()).when(RetireLink()).then_nothing()
    given(LINK).when(RetireLink()).then_rejected("link_not_found")
    given(LINK, spring, LinkRetired()).when(MakeLink(spring)).then_rejected("slug_taken")


def test_a_campaign_is_to_nobodys_credit_and_the_others_are_to_somebodys() -> None:
    given(LINK).when(MakeLink(adas)).then(adas)
    given(LINK).when(MakeLink(replace(spring, owner=ada))).then_rejected("campaign_has_no_owner")
    for kind in ("affiliate", "ambassador", "referral"):
        nobodys = replace(adas, kind=kind, owner=None)
        given(LINK).when(MakeLink(nobodys)).then_rejected("owner_needed")


def test_a_visit_is_our_signed_word_and_no_other() -> None:
    secret, link_id = b"s" * 32, link_of(UUID(int=3), "spring")
    token = make_visit(secret, link_id, noon)
    visit = read_visit(secret, token)
    assert (visit.link_id, visit.at) == (link_id, noon)
    assert read_visit(secret, make_visit(secret, link_id, noon)).visit_id != visit.visit_id
    forged = token[:-1] + ("A" if token[-1] != "A" else "Q")
    for wrong in (forged, token[:-4], "", "é", token + "AAAA"):
        with pytest.raises(ValueError, match=r".*"):
            read_visit(secret, wrong)
    with pytest.raises(ValueError, match="no visit of ours"):
        read_visit(b"t" * 32, token)


def test_a_promised_link_is_made_once() -> None:
    given(LINK).when(KeepPromise(adas)).then(adas)
    given(LINK, adas).when(KeepPromise(adas)).then_nothing()
