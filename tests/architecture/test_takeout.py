"""Whatever is kept of a community, its owner can take out, or a list says why not: a new table is on one of the two."""

import importlib
import re
from collections.abc import Iterator, Mapping

import pytest

from shared.takeout.community import Contents, called
from shared.takeout.forms import TYPES
from tools import house

SERVICES = house.SERVICES

# The kernel's, and of every service alike.
KERNEL = {
    "events": "what happened, sealed as it was; what it amounts to is in the tables",
    "inbox": "what others told: theirs to give",
    "agenda": "what is still to be done about it here",
    "lookups": "prints by which people are found",
}
# What a column's name or type makes one look at: somebody has, and this is what it holds.
LOOKED_AT = {
    ("membership", "documents.sha256"): "the digest of a public document",
    ("membership", "links.slug"): "what is in the link for everybody to see",
}
SECRETS = re.compile(r"secret|token|sha256|hash|print|_key$|password|seed|door")
SEALED = {"jsonb", "json", "bytea"}

CREATED = re.compile(r'CREATE TABLE (?:"\$service_personal"\.)?(\w+) \(')
NOT_COLUMNS = ("PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "EXCLUDE", "CONSTRAINT")
COLUMN = re.compile(r"(\w+)\s+(timestamptz|\w+)(\[\])?")
IN_FULL = {"int": "integer", "bool": "boolean", "timestamptz": "timestamp with time zone"}


def contents(service: str) -> Contents:
    found: Contents = importlib.import_module(f"services.{service}.takeout").CONTENTS
    return found


def tables_in(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The tables that some SQL makes, and their columns by type."""
    text = re.sub(r"--.*", "", text)
    for made in CREATED.finditer(text):
        depth, begin, parts = 1, made.end(), []
        for place in range(made.end(), len(text)):
            depth += {"(": 1, ")": -1}.get(text[place], 0)
            if depth == 0 or (depth == 1 and text[place] == ","):
                parts.append(text[begin:place].strip())
                begin = place + 1
            if depth == 0:
                break
        yield made[1], dict(_column(part) for part in parts if not part.startswith(NOT_COLUMNS))


def _column(text: str) -> tuple[str, str]:
    found = COLUMN.match(text)
    assert found, text
    return found[1], IN_FULL.get(found[2], found[2]) + (found[3] or "")


def kept_by(service: str) -> Mapping[str, dict[str, str]]:
    """The tables of a service that speak of a community, as they are called outside."""
    blueprint = next(one for one in house.blueprints() if one.name == service)
    texts = [projection.ddl for projection in blueprint.projections]
    texts += [path.read_text() for path in sorted(blueprint.migrations.glob("*.sql"))]
    found = [table for text in texts for table in tables_in(text)]
    return {called(name): columns for name, columns in found if "community_id" in columns}


@pytest.mark.parametrize("service", SERVICES)
def test_every_table_of_a_community_goes_out_or_stays_for_a_reason(service: str) -> None:
    listed = contents(service)
    assert set(listed.tables) & set(listed.without) == set()
    assert set(kept_by(service)) == set(listed.tables) | set(listed.without)
    assert all(why.endswith(".") for why in listed.without.values())


@pytest.mark.parametrize("service", SERVICES)
def test_every_sealed_word_and_every_secret_was_thought_of(service: str) -> None:
    """It is opened, or it stays for a reason, or somebody has looked at it and says here what it is."""
    kept = kept_by(service)
    for name, table in contents(service).tables.items():
        decided = {*table.opened, *table.without}
        assert decided <= set(kept[name]), name
        assert set(table.opened) & set(table.without) == set(), name
        for column, kind in kept[name].items():
            if kind in SEALED or SECRETS.search(column):
                assert column in decided or (service, f"{name}.{column}") in LOOKED_AT, column


@pytest.mark.parametrize("service", SERVICES)
def test_names_and_addresses_are_opened_by_membership_alone(service: str) -> None:
    opened = {column for table in contents(service).tables.values() for column in table.opened}
    assert service == "membership" or opened == set()


@pytest.mark.parametrize("service", SERVICES)
def test_every_column_that_goes_out_has_a_type_in_parquet(service: str) -> None:
    kept = kept_by(service)
    for name, table in contents(service).tables.items():
        for column in set(kept[name]) - set(table.without):
            assert kept[name][column] in TYPES, f"{name}.{column}"


def test_what_is_looked_at_is_there() -> None:
    for service, place in LOOKED_AT:
        name, column = place.split(".")
        assert column in kept_by(service)[name]


def test_every_table_of_the_kernel_that_speaks_of_a_community_is_known() -> None:
    texts = [path.read_text() for path in (house.ROOT / "shared").glob("*.sql")]
    tables = {name: columns for text in texts for name, columns in tables_in(text)}
    speak = {name for name, columns in tables.items() if "community_id" in columns}
    assert speak == set(KERNEL)
