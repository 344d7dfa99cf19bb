from datetime import timedelta
from typing import get_args
from uuid import UUID

import pytest

from services.billing.links import Opened, Purpose, make_link, read_link
from shared.auth import ExpiredLink
from tests.unit.billing.cast import community_id, noon

SECRET = b"s" * 32
subscription_id = UUID(int=10)
tomorrow = noon + timedelta(days=1)


def test_a_link_opens_one_subscription_of_one_community() -> None:
    token = make_link(SECRET, subscription_id, community_id, tomorrow)
    assert read_link(SECRET, token, noon) == Opened(subscription_id, community_id)


def test_a_link_fits_into_a_message_and_is_never_made_twice() -> None:
    tokens = {make_link(SECRET, subscription_id, community_id, tomorrow) for _ in range(20)}
    assert len(tokens) == 20
    assert max(map(len, tokens)) < 100


def test_a_link_is_good_for_a_while() -> None:
    token = make_link(SECRET, subscription_id, community_id, tomorrow)
    with pytest.raises(ExpiredLink):
        read_link(SECRET, token, tomorrow)


def test_a_link_that_was_touched_or_signed_by_another_opens_nothing() -> None:
    token = make_link(SECRET, subscription_id, community_id, tomorrow)
    foreign = make_link(b"t" * 32, subscription_id, community_id, tomorrow)
    touched = "B" + token[1:] if token[0] == "A" else "A" + token[1:]
    for bad in (foreign, touched, token[:-1], token + "A", "", "é", "a b", "." * 83):
        with pytest.raises(ExpiredLink):
            read_link(SECRET, bad, noon)


def test_a_link_is_good_for_its_own_purpose_alone() -> None:
    for purpose in get_args(Purpose):
        link = make_link(SECRET, subscription_id, community_id, tomorrow, purpose)
        assert read_link(SECRET, link, noon, purpose).subject == subscription_id
        for other in set(get_args(Purpose)) - {purpose}:
            with pytest.raises(ExpiredLink):
                read_link(SECRET, link, noon, other)
