from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.membership.member_import.commands import (
    CancelImport,
    ExpireImport,
    GoOn,
    OfferNamed,
    ReleaseLetters,
    StartImport,
    TakeRows,
    UploadFile,
)
from services.membership.member_import.decider import MEMBER_IMPORT, REFUSED_AT_ONCE
from services.membership.member_import.events import (
    CardsAsked,
    DueLetter,
    ImportCancelled,
    ImportCompleted,
    ImportExpired,
    ImportStarted,
    ImportUploaded,
    LettersReleased,
    PrepaidRow,
    PrepaidRowsTaken,
    RefusedRow,
    RowsDue,
    RowsRefused,
    RowsSealed,
    RowsTaken,
    TakenRow,
)
from services.membership.tier.events import TierId
from shared.ids import Code, PersonId
from shared.personal_value import Sealed
from shared.testing import given

noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
tomorrow = noon + timedelta(days=1)
ada, bob = PersonId(UUID(int=1)), PersonId(UUID(int=2))
gold = TierId(UUID(int=3))
first = Sealed(PersonId(UUID(int=4)), "profile", Code("some rows"))
second = replace(first, box=Code("other rows"))
bad = RefusedRow(3, "not_an_email")
upload = UploadFile(2, 1, (first, second), (bad,), "fr", tomorrow)
uploaded = (
    ImportUploaded(accepted=2, known=1, refused=1, chunks=2, language="fr", expires_at=tomorrow),
    RowsSealed(1, first),
    RowsSealed(2, second),
    RowsRefused((bad,)),
)
started = ImportStarted(letters_a_minute=1)
ada_is_new = TakenRow(2, ada, writes=True, until=tomorrow)
bob_is_here = TakenRow(4, bob, writes=False)
bob_is_new = replace(bob_is_here, writes=True)
take_first = TakeRows(1, (ada_is_new,), (), (gold,))
take_second = TakeRows(2, (bob_is_here,), (), (gold,))
took_first = RowsTaken(1, (ada_is_new,), (), "fr", (gold,))
took_second = RowsTaken(2, (bob_is_new,), (), "fr", (gold,))
completed = (*uploaded, started, took_first, RowsDue(2), took_second, ImportCompleted())
letter_to_ada = LettersReleased(1, (DueLetter(ada, tomorrow),))


def test_an_uploaded_file_says_what_it_would_do_and_waits() -> None:
    given(MEMBER_IMPORT).when(upload).then(*uploaded)
    given(MEMBER_IMPORT, *uploaded).when(upload).then_nothing()


def test_many_refusals_are_told_in_several_facts() -> None:
    many = tuple(RefusedRow(line, "formula") for line in range(REFUSED_AT_ONCE + 1))
    given(MEMBER_IMPORT).when(replace(upload, rows=(), refused=many)).then(
        replace(uploaded[0], chunks=0, refused=len(many)),
        RowsRefused(many[:-1]),
        RowsRefused(many[-1:]),
    )


def test_an_import_is_started_once() -> None:
    given(MEMBER_IMPORT, *uploaded).when(StartImport(1)).then(started)
    given(MEMBER_IMPORT, *uploaded, started).when(StartImport(1)).then_nothing()
    given(MEMBER_IMPORT, *completed).when(StartImport(1)).then_nothing()


def test_there_is_something_to_start() -> None:
    nothing = (replace(uploaded[0], chunks=0), RowsRefused((bad,)))
    given(MEMBER_IMPORT, *nothing).when(StartImport(1)).then_rejected("nothing_to_import")
    given(MEMBER_IMPORT).when(StartImport(1)).then_rejected("import_not_found")


def test_what_nobody_starts_is_over_in_a_day() -> None:
    given(MEMBER_IMPORT, *uploaded).when(ExpireImport()).then(ImportExpired())
    given(MEMBER_IMPORT, *uploaded, started).when(ExpireImport()).then_nothing()
    over = given(MEMBER_IMPORT, *uploaded, ImportExpired())
    over.when(StartImport(1)).then_rejected("import_over")
    over.when(CancelImport()).then_nothing()


def test_rows_are_taken_in_their_order_each_once() -> None:
    running = given(MEMBER_IMPORT, *uploaded, started)
    running.when(take_first).then(took_first)
    running.when(take_second).then_nothing()
    given(MEMBER_IMPORT, *uploaded, started, took_first).when(take_first).then_nothing()
    given(MEMBER_IMPORT, *uploaded).when(take_first).then_nothing()


def test_with_the_last_rows_it_is_completed() -> None:
    given(MEMBER_IMPORT, *uploaded, started, took_first, RowsDue(2)).when(take_second).then(
        replace(took_second, taken=(bob_is_here,)), ImportCompleted()
    )


def test_more_rows_are_due_when_what_these_led_to_is_under_way() -> None:
    given(MEMBER_IMPORT, *uploaded, started, took_first).when(GoOn(1)).then(RowsDue(2))
    given(MEMBER_IMPORT, *uploaded, started).when(GoOn(1)).then_nothing()
    given(MEMBER_IMPORT, *completed).when(GoOn(2)).then_nothing()
    given(MEMBER_IMPORT, *uploaded, started, took_first, ImportCancelled()).when(
        GoOn(1)
    ).then_nothing()


def test_an_import_is_cancelled_until_its_last_row_is_taken() -> None:
    given(MEMBER_IMPORT, *uploaded).when(CancelImport()).then(ImportCancelled())
    cancelled = given(MEMBER_IMPORT, *uploaded, started, took_first, ImportCancelled())
    cancelled.when(CancelImport()).then_nothing()
    cancelled.when(take_second).then_nothing()
    cancelled.when(ReleaseLetters(1)).then_nothing()
    cancelled.when(StartImport(1)).then_rejected("import_over")
    given(MEMBER_IMPORT, *completed).when(CancelImport()).then_rejected("import_completed")


def test_letters_go_so_many_a_minute_each_once() -> None:
    given(MEMBER_IMPORT, *completed).when(ReleaseLetters(1)).then(letter_to_ada)
    given(MEMBER_IMPORT, *completed, letter_to_ada).when(ReleaseLetters(1)).then_nothing()
    letter_to_bob = LettersReleased(2, (DueLetter(bob),))
    given(MEMBER_IMPORT, *completed, letter_to_ada).when(ReleaseLetters(2)).then(letter_to_bob)
    given(MEMBER_IMPORT, *completed, letter_to_ada, letter_to_bob).when(
        ReleaseLetters(3)
    ).then_nothing()


def test_no_letter_goes_before_all_rows_are_taken() -> None:
    given(MEMBER_IMPORT, *uploaded, started, took_first).when(ReleaseLetters(1)).then_nothing()


def test_who_paid_elsewhere_is_asked_for_a_card_if_an_offer_is_named() -> None:
    monthly = UUID(int=9)
    named = OfferNamed(monthly, known=True, fits=True)
    asked = CardsAsked(monthly, "at_once")
    with_cards = (uploaded[0], asked, *uploaded[1:])
    ask = replace(upload, offer=named, letter="at_once")
    given(MEMBER_IMPORT).when(ask).then(*with_cards)
    prepaid = PrepaidRowsTaken(1, monthly, "at_once", (PrepaidRow(ada, tomorrow),))
    began = (*with_cards, started)
    given(MEMBER_IMPORT, *began).when(take_first).then(took_first, prepaid)
    state = (*began, took_first, prepaid, RowsDue(2))
    given(MEMBER_IMPORT, *state).when(take_second).then(
        replace(took_second, taken=(bob_is_here,)), ImportCompleted()
    )


def test_an_offer_that_nobody_could_go_on_with_is_refused() -> None:
    unknown, unfit = OfferNamed(UUID(int=9)), OfferNamed(UUID(int=9), known=True)
    for ask, code in (
        (replace(upload, offer=unknown), "offer_not_found"),
        (replace(upload, offer=unfit), "offer_does_not_fit"),
        (replace(upload, letter="at_once"), "offer_missing"),
    ):
        given(MEMBER_IMPORT).when(ask).then_rejected(code)
