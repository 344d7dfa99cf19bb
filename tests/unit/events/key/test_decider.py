from services.events.key.commands import AnnounceKey
from services.events.key.decider import KEYS
from services.events.key.events import KeyAnnounced
from shared.ids import Code
from shared.testing import given

spring = KeyAnnounced(Code("spring"), Code("AAAA"))


def test_a_key_is_announced() -> None:
    given(KEYS).when(AnnounceKey(Code("spring"), Code("AAAA"))).then(spring)


def test_a_key_is_announced_once() -> None:
    given(KEYS, spring).when(AnnounceKey(Code("spring"), Code("AAAA"))).then_nothing()


def test_a_new_key_stands_beside_the_old_one() -> None:
    given(KEYS, spring).when(AnnounceKey(Code("summer"), Code("BBBB"))).then(
        KeyAnnounced(Code("summer"), Code("BBBB"))
    )


def test_a_name_never_comes_to_mean_another_key() -> None:
    given(KEYS, spring).when(AnnounceKey(Code("spring"), Code("BBBB"))).then_rejected(
        "key_name_taken"
    )
