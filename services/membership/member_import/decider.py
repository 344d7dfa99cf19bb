"""A file is imported when staff have seen what it would do; each row is taken once, and each letter released once."""

from dataclasses import dataclass, replace
from typing import Literal, assert_never
from uuid import UUID

from services.membership.member.events import Language
from services.membership.member_import import commands, events
from shared.decider import Decider, NotFound, Rejected
from shared.ids import PersonId, derive
from shared.personal_value import Sealed

REFUSED_AT_ONCE = 500

Standing = Literal["unknown", "uploaded", "running", "completed", "cancelled", "expired"]


@dataclass(frozen=True, slots=True)
class Import:
    """`next` is the number of the rows to be taken next; `due` are the letters nobody has released yet."""

    standing: Standing = "unknown"
    language: Language = "en"
    rows: tuple[Sealed, ...] = ()
    next: int = 1
    letters_a_minute: int = 0
    due: tuple[events.DueLetter, ...] = ()
    released: int = 0
    cards: events.CardsAsked | None = None


def file_of(import_id: UUID) -> PersonId:
    """Whose key seals the rows; it goes when the import is over."""
    return PersonId(derive(import_id, "file"))


def decide(command: commands.ImportCommand, state: Import) -> list[events.ImportEvent]:
    if isinstance(command, commands.UploadFile):
        return _upload(command) if state.standing == "unknown" else []
    if state.standing == "unknown":
        raise NotFound("import_not_found", "There is no such import.")
    match command:
        case commands.StartImport(letters_a_minute):
            return _start(letters_a_minute, state)
        case commands.TakeRows():
            return _take(command, state)
        case commands.GoOn(number):
            is_next = state.standing == "running" and state.next == number + 1
            return [events.RowsDue(state.next)] if is_next else []
        case commands.ReleaseLetters(number):
            is_next = state.standing == "completed" and state.released == number - 1
            letters = state.due[: state.letters_a_minute]
            return [events.LettersReleased(number, letters)] if is_next and letters else []
        case commands.CancelImport() if state.standing == "completed":
            raise Rejected("import_completed", "All of its rows have been taken.")
        case commands.CancelImport():
            is_open = state.standing in ("uploaded", "running")
            return [events.ImportCancelled()] if is_open else []
        case commands.ExpireImport():
            return [events.ImportExpired()] if state.standing == "uploaded" else []
        case _:
            assert_never(command)


def _upload(upload: commands.UploadFile) -> list[events.ImportEvent]:
    refused = upload.refused
    cards = _cards(upload)
    return [
        events.ImportUploaded(
            accepted=upload.accepted,
            known=upload.known,
            refused=len(refused),
            chunks=len(upload.rows),
            language=upload.language,
            expires_at=upload.expires_at,
        ),
        *([cards] if cards else []),
        *(events.RowsSealed(number, rows) for number, rows in enumerate(upload.rows, 1)),
        *(
            events.RowsRefused(refused[begin : begin + REFUSED_AT_ONCE])
            for begin in range(0, len(refused), REFUSED_AT_ONCE)
        ),
    ]


def _cards(upload: commands.UploadFile) -> events.CardsAsked | None:
    offer = upload.offer
    if offer is None and upload.letter == "before":
        return None
    if offer is None:
        detail = "Name the offer that the letter is to lead to."
        raise Rejected("offer_missing", detail, pointer="/offer_id")
    if not offer.known:
        raise Rejected("offer_not_found", "There is no such offer.", pointer="/offer_id")
    if not offer.fits:
        detail = "It grants a tier, again and again from any day on, to whoever buys it."
        raise Rejected("offer_does_not_fit", detail, pointer="/offer_id")
    return events.CardsAsked(offer.offer_id, upload.letter)


def _start(letters_a_minute: int, state: Import) -> list[events.ImportEvent]:
    if state.standing in ("cancelled", "expired"):
        raise Rejected("import_over", "Nothing is left of it; upload the file again.")
    if state.standing != "uploaded":
        return []
    if not state.rows:
        raise Rejected("nothing_to_import", "Every row was refused.")
    return [events.ImportStarted(letters_a_minute)]


def _take(take: commands.TakeRows, state: Import) -> list[events.ImportEvent]:
    if state.standing != "running" or take.number != state.next:
        return []
    rows = events.RowsTaken(
        number=take.number,
        taken=take.taken,
        refused=take.refused,
        language=state.language,
        free_tiers=take.free_tiers,
    )
    done = [events.ImportCompleted()] if take.number == len(state.rows) else []
    return [rows, *_prepaid(take, state.cards), *done]


def _prepaid(
    take: commands.TakeRows, cards: events.CardsAsked | None
) -> list[events.PrepaidRowsTaken]:
    people = tuple(events.PrepaidRow(row.person_id, row.until) for row in take.taken if row.until)
    if cards is None or not people:
        return []
    return [events.PrepaidRowsTaken(take.number, cards.offer_id, cards.letter, people)]


def evolve(state: Import, event: events.ImportEvent) -> Import:
    match event:
        case events.ImportUploaded(language=language):
            return Import("uploaded", language)
        case events.CardsAsked():
            return replace(state, cards=event)
        case events.RowsSealed(_, rows):
            return replace(state, rows=(*state.rows, rows))
        case events.ImportStarted(letters_a_minute):
            return replace(state, standing="running", letters_a_minute=letters_a_minute)
        case events.RowsTaken(number, taken):
            due = [events.DueLetter(row.person_id, row.until) for row in taken if row.writes]
            return replace(state, next=number + 1, due=(*state.due, *due))
        case events.ImportCompleted():
            return replace(state, standing="completed")
        case events.LettersReleased(number, letters):
            return replace(state, released=number, due=state.due[len(letters) :])
        case events.ImportCancelled():
            return replace(state, standing="cancelled")
        case events.ImportExpired():
            return replace(state, standing="expired")
        case events.RowsRefused() | events.PrepaidRowsTaken() | events.RowsDue():
            return state
        case _:
            assert_never(event)


MEMBER_IMPORT: Decider[commands.ImportCommand, Import, events.ImportEvent] = Decider(
    "member_import",
    initial=Import(),
    decide=decide,
    evolve=evolve,
    commands=commands.ImportCommand,
    events=events.ImportEvent,
)
