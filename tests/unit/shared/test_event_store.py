"""The values a write is made of."""

from uuid import UUID

from shared.event_store import Forget, Keep, Lookup, Meta, NewKey
from shared.ids import Code, PersonId
from shared.personal_value import Sealed

PERSON = PersonId(UUID(int=1))


def test_meta_comes_back_from_its_stored_form() -> None:
    full = Meta(UUID(int=1), UUID(int=2), UUID(int=3), "00-a-b-01", "test")
    for meta in (full, Meta(UUID(int=1), UUID(int=2))):
        assert Meta.from_json(meta.to_json()) == meta


def test_what_is_empty_is_not_stored() -> None:
    assert Meta(UUID(int=1), UUID(int=2)).to_json() == (
        '{"correlation_id":"00000000-0000-0000-0000-000000000001",'
        '"causation_id":"00000000-0000-0000-0000-000000000002","mode":"live"}'
    )


def test_what_is_kept_adds_up() -> None:
    key = NewKey(PERSON, "profile", "1", b"w")
    lookup = Lookup(UUID(int=2), "email", UUID(int=3), PERSON)
    forget = Forget(PERSON)
    parts = Keep(keys=(key,)) + Keep(lookups=(lookup,)) + Keep(forget=(forget,))
    assert parts == Keep((key,), (lookup,), (forget,))
    assert Keep() + parts == parts


def test_a_sealed_value_comes_back_from_a_column() -> None:
    sealed = Sealed(PERSON, "accounting", Code("AAAA"))
    assert Sealed.from_json(sealed.to_json()) == sealed
