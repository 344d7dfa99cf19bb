"""Whom a fact speaks of, and what of it is told to them."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from shared.contracts.membership_attribution import PersonAttributed
from shared.ids import AccountId, Code, PersonId
from shared.money import Money
from shared.personal_value import Sealed
from shared.takeout.subjects import named, sealed_in, shown, speaks
from tools.samples import NOW

ada, bob, olga = PersonId(UUID(int=1)), PersonId(UUID(int=2)), AccountId(UUID(int=3))
key = PersonId(UUID(int=4))


def of(person_id: PersonId) -> Sealed:
    return Sealed(person_id, "profile", Code(f"box of {person_id.int}"))


@dataclass(frozen=True, slots=True)
class Guest:
    person_id: PersonId
    name: Sealed | None


@dataclass(frozen=True, slots=True)
class PartyGiven:
    host: PersonId | None
    guests: tuple[Guest, ...]
    people: frozenset[PersonId]
    named: tuple[tuple[Code, PersonId], ...]
    price: Money
    arranged_by: AccountId


@dataclass(frozen=True, slots=True)
class SecretKept:
    UNTOLD: ClassVar[tuple[str, ...]] = ("from_whom", "number")

    by: AccountId
    from_whom: PersonId
    number: int
    words: Sealed


@dataclass(frozen=True, slots=True)
class WeatherSeen:
    degrees: int
    place: UUID


party = PartyGiven(
    host=bob,
    guests=(Guest(ada, of(ada)), Guest(bob, of(bob)), Guest(ada, None)),
    people=frozenset({ada, bob}),
    named=((Code("a"), ada), (Code("b"), bob)),
    price=Money(1050, "EUR"),
    arranged_by=olga,
)


def test_it_speaks_of_whom_it_names_and_whose_words_it_has_but_not_of_who_did_it() -> None:
    assert named(party).ids == {ada, bob}
    assert named(party).owners == {ada, bob}
    assert speaks(PartyGiven)
    assert not speaks(WeatherSeen)
    assert named(WeatherSeen(3, UUID(int=1))).everybody == frozenset()


def test_it_is_told_without_anybody_else() -> None:
    assert shown(party, {ada}, {of(ada): "Ada", of(bob): "Bob"}) == {
        "host": None,
        "guests": [
            {"person_id": str(ada), "name": "Ada"},
            {"person_id": str(ada), "name": None},
        ],
        "people": [str(ada)],
        "named": [["a", str(ada)]],
        "price": {"minor": 1050, "currency": "EUR"},
        "arranged_by": None,
    }


def test_what_is_untold_is_neither_told_nor_spoken_of() -> None:
    secret = SecretKept(olga, from_whom=ada, number=7, words=of(bob))
    assert named(secret).everybody == {bob}
    assert sealed_in(secret) == [of(bob)]
    assert shown(secret, {ada, bob}, {of(bob): "Bob"}) == {"by": None, "words": "Bob"}


def test_a_contract_is_read_in_the_same_way() -> None:
    told = PersonAttributed(
        community_id=UUID(int=9),
        occurred_at=NOW,
        person_id=ada,
        link_id=UUID(int=8),
        kind="referral",
        owner_id=bob,
        until=NOW,
    )
    assert named(told).everybody == {ada}
    assert "owner_id" not in shown(told, {ada}, {})
    assert shown(told, set(), {})["person_id"] is None
