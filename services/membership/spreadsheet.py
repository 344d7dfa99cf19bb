"""Reads the members of elsewhere from a CSV file, row by row: each is wanted, or refused for one reason."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from services.membership.gateways.gateway import Address
from services.membership.member_import.events import RefusalReason
from services.membership.spelling import mailbox, plain
from shared.decider import Rejected
from shared.http import UNPRINTABLE

MOST_ROWS = 10_000
LONGEST = 200
LAST_YEAR = 2100
# What a spreadsheet runs when it is opened. Nobody is called that.
FORMULA = re.compile(r"^[=+\-@]")
DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
SEPARATORS = (";", ",", "\t")
COLUMNS = {
    "name": "name",
    "fullname": "name",
    "nom": "name",
    "lastname": "last_name",
    "surname": "last_name",
    "nomdefamille": "last_name",
    "firstname": "first_name",
    "givenname": "first_name",
    "prenom": "first_name",
    "email": "email",
    "mail": "email",
    "emailaddress": "email",
    "adresseemail": "email",
    "adressemail": "email",
    "courriel": "email",
    "tier": "tier",
    "plan": "tier",
    "formule": "tier",
    "paiduntil": "paid_until",
    "payejusquau": "paid_until",
    "externalid": "external_id",
    "id": "external_id",
}
NEEDED = ("name", "email")
WRITTEN = ("name", "first_name", "last_name", "email", "external_id")
_ADDRESS: TypeAdapter[str] = TypeAdapter(Address)


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody who is wanted; `until` is the end of the last day they have paid for."""

    line: int
    name: str
    email: str
    tier_id: UUID | None
    until: datetime | None
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    line: int
    reason: RefusalReason


@dataclass(frozen=True, slots=True)
class Rules:
    """What the community's rows are measured by: its tiers by name (None once retired), its time zone, now."""

    tiers: Mapping[str, UUID | None]
    paid_tiers: frozenset[UUID]
    time_zone: ZoneInfo
    now: datetime


class BadRow(Exception):
    def __init__(self, reason: RefusalReason) -> None:
        super().__init__(reason)
        self.reason: RefusalReason = reason


def read(raw: bytes, rules: Rules) -> tuple[list[Row], list[Refusal]]:
    """The wanted rows and the refused ones, in the order of the file; Rejected for the file as a whole."""
    lines = _lines(_text(raw))
    header = _columns(next(lines, (1, []))[1])
    wanted: list[Row] = []
    refused: list[Refusal] = []
    seen: set[tuple[str, str]] = set()
    for line, cells in lines:
        if len(wanted) + len(refused) == MOST_ROWS:
            told = f"A file has at most {MOST_ROWS} rows."
            raise Rejected("too_many_rows", told, pointer=_at(line), line=line)
        try:
            row = _row(line, header, cells, rules)
            _see(row, seen)
        except BadRow as refusal:
            refused.append(Refusal(line, refusal.reason))
        else:
            wanted.append(row)
    if not wanted and not refused:
        raise Rejected("no_rows", "The file has no row below its header.", pointer=_at(1))
    return wanted, refused


def _at(line: int) -> str:
    return f"line:{line}"


def _see(row: Row, seen: set[tuple[str, str]]) -> None:
    """Upper and lower case do not make two people."""
    names = {("email", mailbox(row.email))}
    if row.external_id:
        names.add(("external_id", row.external_id.casefold()))
    if names & seen:
        raise BadRow("twice_in_file")
    seen |= names


def _text(raw: bytes) -> str:
    """UTF-8 with or without its mark. Other encodings are not guessed: a wrong guess misspells names for ever."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        detail = "The file is not UTF-8; save it as CSV UTF-8."
        raise Rejected("not_utf8", detail, pointer=_at(line), line=line) from error
    if UNPRINTABLE.search(text):
        raise Rejected("not_text", "The file is no text; save it as CSV UTF-8.", pointer=_at(1))
    if not text.strip():
        raise Rejected("empty_file", "The file is empty.", pointer=_at(1))
    return text


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line it begins on."""
    first = text.lstrip().split("\n", 1)[0]
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    begins = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            detail = "A quotation mark is not where it belongs."
            raise Rejected("broken_quotes", detail, pointer=_at(begins), line=begins) from error
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield begins, [" ".join(cell.split()) for cell in cells]
        begins = reader.line_num + 1


def _columns(cells: Sequence[str]) -> list[str | None]:
    """What each column holds; those we do not know are left alone."""
    header = [COLUMNS.get(re.sub(r"[\W_]", "", plain(cell))) for cell in cells]
    known = [column for column in header if column is not None]
    found = {"name" if column == "last_name" else column for column in known}
    missing = [column for column in NEEDED if column not in found]
    if missing:
        detail = "The first line names the columns; there is no name or no email."
        raise Rejected("missing_columns", detail, pointer=_at(1), missing=" ".join(missing))
    if len(set(known)) < len(known):
        raise Rejected("column_twice", "Two columns mean the same.", pointer=_at(1))
    return header


def _row(line: int, header: Sequence[str | None], cells: Sequence[str], rules: Rules) -> Row:
    if len(cells) > len(header):
        raise BadRow("too_many_cells")
    said = {column: cell for column, cell in zip(header, cells, strict=False) if column and cell}
    name, external_id = _name(said), said.get("external_id")
    if not name:
        raise BadRow("name_missing")
    if len(name) > LONGEST or len(external_id or "") > LONGEST:
        raise BadRow("too_long")
    if any(FORMULA.match(said.get(column, "")) for column in WRITTEN):
        raise BadRow("formula")
    tier_id = _tier(said.get("tier"), rules)
    until = _until(said.get("paid_until"), rules)
    if until is not None and tier_id is None:
        raise BadRow("paid_until_without_tier")
    if until is None and tier_id in rules.paid_tiers:
        raise BadRow("paid_until_missing")
    return Row(line, name, _email(said.get("email")), tier_id, until, external_id)


def _name(said: Mapping[str, str]) -> str:
    """A column of names has all of them, or, beside one of first names, the others."""
    whole, first, last = (said.get(part, "") for part in ("name", "first_name", "last_name"))
    if whole and (last or f" {plain(first)} " in f" {plain(whole)} "):
        return whole
    return " ".join(part for part in (first, whole or last) if part)


def _email(cell: str | None) -> str:
    if cell is None:
        raise BadRow("email_missing")
    try:
        return _ADDRESS.validate_python(cell)
    except ValidationError as error:
        raise BadRow("not_an_email") from error


def _tier(cell: str | None, rules: Rules) -> UUID | None:
    if cell is None:
        return None
    if cell.casefold() not in rules.tiers:
        raise BadRow("unknown_tier")
    tier_id = rules.tiers[cell.casefold()]
    if tier_id is None:
        raise BadRow("retired_tier")
    return tier_id


def _until(cell: str | None, rules: Rules) -> datetime | None:
    """Only 2027-01-31 is a date: 01/02/2027 is two."""
    if cell is None:
        return None
    try:
        day = date.fromisoformat(cell if DAY.match(cell) else "")
    except ValueError as error:
        raise BadRow("not_a_date") from error
    if day.year > LAST_YEAR:
        raise BadRow("not_a_date")
    night = datetime.combine(day + timedelta(days=1), time(), rules.time_zone).astimezone(UTC)
    if night <= rules.now:
        raise BadRow("already_over")
    return night
