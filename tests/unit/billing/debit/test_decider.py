from services.billing.debit import commands, events
from services.billing.debit.decider import DEBIT
from shared.testing import given

take = commands.TakeDebits("at_once", able=True)
taken = events.DebitsTaken("at_once")
stopped = events.DebitsStopped()


def test_debits_are_taken_where_the_account_may_make_them() -> None:
    given(DEBIT).when(take).then(taken)
    unable = commands.TakeDebits("at_once", able=False)
    given(DEBIT).when(unable).then_rejected("debits_not_possible")
    given(DEBIT, taken).when(unable).then_rejected("debits_not_possible")


def test_another_access_holds_from_then_on() -> None:
    given(DEBIT, taken).when(take).then_nothing()
    patient = commands.TakeDebits("when_paid", able=True)
    given(DEBIT, taken).when(patient).then(events.DebitsTaken("when_paid"))


def test_who_stops_takes_none_until_they_take_them_again() -> None:
    given(DEBIT).when(commands.StopDebits()).then_nothing()
    given(DEBIT, taken).when(commands.StopDebits()).then(stopped)
    given(DEBIT, taken, stopped).when(take).then(taken)
