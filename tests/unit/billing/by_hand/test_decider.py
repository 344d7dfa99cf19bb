from uuid import UUID

import pytest

from services.billing.by_hand.commands import ClaimReceipt, OfferByHand, WithdrawByHand
from services.billing.by_hand.decider import BY_HAND, RECEIPT
from services.billing.by_hand.events import ByHandOffered, ByHandWithdrawn, ReceiptClaimed
from services.billing.references import ids_of, reference_of
from shared.ids import Label
from shared.testing import given

one, another = UUID(int=1), UUID(int=2)
here, there = Label("FR76 3000 6000"), Label("At the club, on Mondays")


def test_a_community_takes_money_by_hand_when_it_says_so() -> None:
    given(BY_HAND).when(OfferByHand(here)).then(ByHandOffered(here))
    given(BY_HAND, ByHandOffered(here)).when(OfferByHand(here)).then_nothing()
    given(BY_HAND, ByHandOffered(here)).when(OfferByHand(there)).then(ByHandOffered(there))
    given(BY_HAND, ByHandOffered(here)).when(WithdrawByHand()).then(ByHandWithdrawn())
    given(BY_HAND, ByHandOffered(here), ByHandWithdrawn()).when(WithdrawByHand()).then_nothing()


def test_a_receipt_is_the_money_of_one_payment() -> None:
    given(RECEIPT).when(ClaimReceipt(one)).then(ReceiptClaimed(one))
    given(RECEIPT, ReceiptClaimed(one)).when(ClaimReceipt(one)).then_nothing()
    given(RECEIPT, ReceiptClaimed(one)).when(ClaimReceipt(another)).then_rejected("receipt_used")


def test_a_reference_finds_its_payment_however_it_is_typed() -> None:
    payment_id = UUID("0110c8a1-9f00-8000-8000-000000000001")
    reference = reference_of(payment_id)
    assert reference == "048C-H8CZ"
    for typed in (reference, "048ch8cz", " O48C.H8CZ", "o48c h8cz"):
        first, last = ids_of(typed)
        assert first <= payment_id <= last
    assert reference_of(first) == reference_of(last) == reference
    assert reference_of(UUID(int=last.int + 1)) != reference


@pytest.mark.parametrize("typed", ["048C", "048C-H8CZ-1", "UUUU-UUUU", "", "048C-H8C!"])
def test_what_is_no_reference_of_ours_is_told_so(typed: str) -> None:
    with pytest.raises(ValueError, match="no reference of ours"):
        ids_of(typed)
