from datetime import UTC, datetime
from uuid import UUID

from shared.ids import PersonId
from shared.reaction import At
from shared.takeout.destruction import (
    DESTRUCTION,
    DataDestroyed,
    EndKeeping,
    KeepingEnded,
    KeptDataDestroyed,
    ReportDestroyed,
    ReportKeptDestroyed,
    when_data_destroyed_end_keeping,
)
from shared.testing import given
from tests.unit.membership.facts import fact

ada = PersonId(UUID(int=1))
later = datetime(2036, 3, 1, tzinfo=UTC)
destroyed, kept = DataDestroyed(ada, None), DataDestroyed(ada, later)
ended, gone = KeepingEnded(ada), KeptDataDestroyed(ada)


def test_it_is_reported_once() -> None:
    given(DESTRUCTION).when(ReportDestroyed(ada, later)).then(kept)
    for happened in ((destroyed,), (kept,), (kept, ended)):
        given(DESTRUCTION, *happened).when(ReportDestroyed(ada, None)).then_nothing()


def test_what_is_kept_goes_in_its_time_and_once() -> None:
    given(DESTRUCTION, kept).when(EndKeeping(ada)).then(ended)
    given(DESTRUCTION, kept, ended).when(ReportKeptDestroyed(ada)).then(gone)
    for happened in ((), (destroyed,), (kept, ended), (kept, ended, gone)):
        given(DESTRUCTION, *happened).when(EndKeeping(ada)).then_nothing()
    for happened in ((), (destroyed,), (kept,), (kept, ended, gone)):
        given(DESTRUCTION, *happened).when(ReportKeptDestroyed(ada)).then_nothing()


def test_the_end_is_awaited_only_where_something_is_kept() -> None:
    (at,) = when_data_destroyed_end_keeping(fact(kept))
    assert at == At(later, at.ask)
    assert at.ask.command == EndKeeping(ada)
    assert when_data_destroyed_end_keeping(fact(destroyed)) == []
