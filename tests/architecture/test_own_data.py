"""Whatever is kept of a person, `GET /me/data` gives them: a new feature is covered, or fails here until it is."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints
from uuid import UUID

import pytest

from shared.decider import members
from shared.ids import AccountId
from shared.personal_value import Retention
from shared.service import Blueprint
from shared.takeout.index import index, spoken_by
from shared.takeout.retention import RULES
from shared.takeout.subjects import fields, is_actor, named, sealed_in, shown, speaks
from tools import house, samples

BLUEPRINTS = house.blueprints()
ABOUT_SOMEBODY = re.compile(
    r"person|people|account|member|payer|owner|holder|author|asker|asked|tell$"
)

# Whose facts name nobody, and are found because their stream follows from the person: `Reach.streams`.
OF_A_PERSON_BY_STREAM = {"account", "acquaintance", "sitter", "payer"}

# Whose first fact speaks of somebody: while it speaks of nobody else, the facts that name nobody are theirs as well.
OF_A_PERSON = {
    "member", "invitation", "application", "idea", "link", "seat", "discount", "checkout", "payment", "order",
    "subscription", "guest", "present",
}  # fmt: skip

# Whose facts that name nobody are the community's, or everybody's, though people are named beside them.
OF_THE_COMMUNITY = {
    "community": "its name, brand and address",
    "broadcast": "when it goes and to how many",
    "circular": "that it was stopped: whoever waits, or is written to, is named",
    "ritual": "what is promised and what became of it",
    "endpoint": "where webhooks go",
    "delivery": "which webhooks go again",
    "chat_audit": "how the server as a whole compares",
    "member_import": "the file as a whole",
    "sale": "what is on sale for all",
    "hold": "that a hold began, and that its money went back: what names the person says more",
    "export": "what staff took out: who did is not who it is about",
    "migration": "what was read of the creator's own account, by the ids there",
    "takeover": "how one subscription there stands: what became of it here names its person in its own stream",
    "price_rise": "which subscriptions it is about, and when: what each is told stands in its own",
    "offer_awaited": "from when on an offer is paid for",
    "transition": "what becomes of the free tiers, and when: what each is told stands in their own stream",
    "sponsorship": "what the sponsor is called and where it is placed",
    "improvement": "what was done: whom it was told to is said of each",
    "organisation": "what it is called, and that it needs somebody: who represents it is named",
    "poll": "what is asked and what came of it: words of an anonymous poll are nobody's",
    "introduction": "that it ended: which of the two went is not for the other",
}

# Whose facts speak of nobody, though whoever may ask for them is looked at beside them.
IMPERSONAL = {
    "slug",
    "document",
    "content",
    "chat_server",
    "chat_claim",
    "by_hand",
    "merchant",
    "receipt",
    "retention_rules",
    "risk_rounds",
    "stay_rules",
}
SPOKEN_OF = re.compile(r"\b(person_id|PersonId|account_id|AccountId)\b")

# Whose sealed words nobody is told: how somebody voted is not for them to prove; a bundle's key is no word of theirs.
SECRET = {"SealedBallotCast", "BundleAsked"}

# Tables that no fact rebuilds, and what of a person is in them.
TABLES = {
    "sessions": "told as `beside`: `sessions_of`",
    "sign_in_codes": "HMACs that live for ten minutes",
    "sign_in_requests": "HMACs that live for an hour",
    "letters_in_hand": "ids of letters while they are handed over",
    "webhook_queues": "nobody",
    "webhook_deliveries": "nobody; what an endpoint answered, while it refuses",
    "link_visits": "numbers by day",
    "chat_listeners": "nobody",
    "chat_streams": "nobody; which session was heard to which number",
}


def stored() -> Iterator[type]:
    for blueprint in BLUEPRINTS:
        for decider in blueprint.deciders:
            yield from members(decider.events)


def deciders() -> Iterator[tuple[str, list[bool], bool]]:
    """Each by name: which of its facts speak of somebody, and whether anything in its folder does."""
    for blueprint in BLUEPRINTS:
        for feature in blueprint.features:
            folder = house.ROOT / "services" / blueprint.name / feature.name
            texts = [path.read_text() for path in folder.glob("*.py")]
            mentions = not texts or any(SPOKEN_OF.search(text) for text in texts)
            for decider in feature.deciders:
                yield decider.name, [speaks(event) for event in members(decider.events)], mentions


def test_what_happens_without_a_name_is_known_to_be_whose() -> None:
    """A new decider that has to do with people is put into one of the four: then somebody has thought of it."""
    sorted_out = OF_A_PERSON | OF_A_PERSON_BY_STREAM | set(OF_THE_COMMUNITY) | IMPERSONAL
    asked = {name for name, speaking, mentions in deciders() if mentions and not all(speaking)}
    assert asked == sorted_out


def test_what_is_impersonal_speaks_of_nobody() -> None:
    assert [name for name, speaking, _ in deciders() if name in IMPERSONAL and any(speaking)] == []


@pytest.mark.parametrize("blueprint", BLUEPRINTS, ids=lambda blueprint: blueprint.name)
def test_everything_that_speaks_of_somebody_is_followed(blueprint: Blueprint) -> None:
    """Mounted features that came after the index would be missing from it."""
    own = next(feature for feature in blueprint.features if feature.name == "own_data")
    (projection,) = own.projections
    everything = {cls for cls in spoken_by(blueprint.features) if speaks(cls)}
    assert {cls for cls in projection.facts if speaks(cls)} == everything
    assert projection.facts == index(blueprint.features).facts


def test_an_id_of_somebody_says_so_by_its_type() -> None:
    """A bare UUID would be passed over, and its person with it."""
    records = {record for cls in stored() for record in _records(cls)}
    wrong = [
        f"{cls.__name__}.{name}"
        for cls in records
        for name, annotation in fields(cls)
        if ABOUT_SOMEBODY.search(name)
        and UUID in _leaves(annotation)
        and not speaks(annotation, name)
        and not is_actor(name)
    ]
    assert sorted(set(wrong)) == []


def test_a_contract_names_somebody_by_a_name_that_is_known() -> None:
    wrong = [
        f"{contract.__name__}.{name}"
        for contract in house.contracts()
        for name, annotation in fields(contract)
        if ABOUT_SOMEBODY.search(name)
        and UUID in _leaves(annotation)
        and not speaks(annotation, name)
    ]
    assert wrong == []


def test_who_did_something_is_told_from_whom_it_is_about() -> None:
    names = {
        name
        for cls in stored()
        for record in _records(cls)
        for name, annotation in fields(record)
        if AccountId in {annotation, *get_args(annotation)}
    }
    assert {name for name in names if not is_actor(name)} == {"account_id"}


def test_every_class_of_words_has_a_rule_for_how_long_it_is_kept() -> None:
    assert tuple(RULES) == get_args(Retention)


def test_what_is_untold_is_there() -> None:
    for cls in (*stored(), *house.contracts()):
        untold = set(getattr(cls, "UNTOLD", ()))
        assert untold <= set(get_type_hints(cls)), cls.__name__


SAMPLES = sorted(samples.SAMPLES.glob("events/*/*.json"))
TYPES = {blueprint.name: house.event_types(blueprint) for blueprint in BLUEPRINTS}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_word_that_was_ever_sealed_is_told_to_whom_it_is_sealed_for(path: Path) -> None:
    """Of every stored form, the old ones as well."""
    name, version = path.name.removesuffix(".json").rsplit(".v", 1)
    body = TYPES[path.parent.name].decode(name, int(version), path.read_text())
    boxes = 0 if name in SECRET else path.read_text().count('"box"')
    assert len(sealed_in(body)) == boxes
    words = {sealed: f"words {number}" for number, sealed in enumerate(sealed_in(body))}
    told = json.dumps(shown(body, named(body).everybody, words))
    assert all(word in told for word in words.values())
    untold = json.dumps(shown(body, frozenset(), words))
    assert not any(word in untold for word in words.values())
    for one in named(body).everybody:
        assert str(one) not in untold


def test_every_table_that_no_fact_rebuilds_is_known() -> None:
    texts = [
        path.read_text()
        for service in house.SERVICES
        for path in (house.ROOT / "services" / service / "migrations").glob("*.sql")
    ]
    tables = {name for text in texts for name in re.findall(r"CREATE TABLE (\w+)", text)}
    assert tables == set(TABLES)


def _records(cls: type) -> Iterator[type]:
    yield cls
    for _, annotation in fields(cls):
        for leaf in _leaves(annotation):
            if isinstance(leaf, type) and hasattr(leaf, "__dataclass_fields__"):
                yield from _records(leaf)


def _leaves(annotation: Any) -> set[Any]:
    parts = get_args(annotation)
    return set().union(*map(_leaves, parts)) if parts else {annotation}
