from services.membership.delivery.projections import FEED, TOLD
from shared.contracts.billing_message import StaffMessageRequested
from shared.contracts.contract import MessageRequested, PartPacked
from shared.contracts.membership_bundle import BundleAsked
from shared.contracts.membership_feedback import FeedbackContract
from tools import house


def test_whatever_is_published_anywhere_can_be_told_but_what_is_somebodys_own() -> None:
    written = {
        contract
        for contract in house.contracts()
        if issubclass(contract, MessageRequested | StaffMessageRequested)
    }
    assert len(written) >= 3
    taken_out = {
        contract for contract in house.contracts() if issubclass(contract, BundleAsked | PartPacked)
    }
    assert len(taken_out) == 4
    spoken = {one for one in house.contracts() if issubclass(one, FeedbackContract)}
    assert len(spoken) == 3, "a rating at its moment names whoever has just been there"
    assert set(FEED.facts) == set(house.contracts()) - written - taken_out - spoken
    assert not any("link" in contract.model_fields for contract in TOLD)
    (membership,) = (plan for plan in house.blueprints() if plan.name == "membership")
    assert membership.heard() >= set(house.contracts()) - {BundleAsked} - spoken


def test_nothing_is_parked_so_nothing_is_overtaken() -> None:
    assert not FEED.parks
