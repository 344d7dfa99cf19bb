from services.billing.merchant import commands, events
from services.billing.merchant.decider import MERCHANT
from shared.ids import Code
from shared.testing import given

ours, another = Code("acct_ours"), Code("acct_another")
connected = events.AccountConnected(ours)


def connect(account: Code) -> commands.ConnectAccount:
    return commands.ConnectAccount(account, proved=True, charges=True)


def test_a_community_connects_its_account() -> None:
    given(MERCHANT).when(connect(ours)).then(connected)


def test_an_account_that_may_be_anybodys_is_refused() -> None:
    refused = given(MERCHANT).when(commands.ConnectAccount(ours, proved=False, charges=True))
    refused.then_rejected("account_not_proved")


def test_an_account_that_may_not_charge_is_not_connected_for_good() -> None:
    idle = commands.ConnectAccount(ours, proved=True, charges=False)
    for before in ((), (events.AccountMade(ours),)):
        given(MERCHANT, *before).when(idle).then_rejected("account_cannot_charge")
    given(MERCHANT, connected).when(idle).then_nothing()


def test_an_account_that_was_made_sells_once_it_may_charge() -> None:
    made = events.AccountMade(ours)
    given(MERCHANT).when(commands.MakeAccount(ours)).then(made)
    given(MERCHANT, made).when(commands.MakeAccount(ours)).then_nothing()
    given(MERCHANT, made).when(commands.CompleteAccount(ours, charges=False)).then_nothing()
    given(MERCHANT, made).when(commands.CompleteAccount(ours, charges=True)).then(connected)
    complete = commands.CompleteAccount(ours, charges=True)
    given(MERCHANT, made, connected).when(complete).then_nothing()


def test_what_was_not_made_for_the_community_is_not_completed() -> None:
    complete = commands.CompleteAccount(another, charges=True)
    given(MERCHANT).when(complete).then_nothing()
    given(MERCHANT, events.AccountMade(ours)).when(complete).then_nothing()


def test_no_account_is_made_beside_one_that_is_there() -> None:
    make = commands.MakeAccount(another)
    given(MERCHANT, connected).when(commands.MakeAccount(ours)).then_nothing()
    for before in (connected, events.AccountMade(ours)):
        given(MERCHANT, before).when(make).then_rejected("account_already_connected")


def test_who_lets_us_act_for_their_own_needs_no_other() -> None:
    given(MERCHANT, events.AccountMade(another)).when(connect(ours)).then(connected)


def test_connecting_the_same_account_again_changes_nothing() -> None:
    given(MERCHANT, connected).when(connect(ours)).then_nothing()


def test_another_account_is_refused_because_cards_cannot_move() -> None:
    refused = given(MERCHANT, connected).when(connect(another))
    refused.then_rejected("account_already_connected")


def test_paypal_is_connected_beside_it_and_as_much_for_good() -> None:
    wallet, other = Code("paypal:OURS"), Code("paypal:OTHER")
    beside = events.PaypalConnected(wallet)
    given(MERCHANT, connected).when(commands.ConnectPaypal(wallet)).then(beside)
    given(MERCHANT, beside).when(commands.ConnectPaypal(wallet)).then_nothing()
    given(MERCHANT, beside).when(connect(ours)).then(connected)
    refused = given(MERCHANT, beside).when(commands.ConnectPaypal(other))
    refused.then_rejected("account_already_connected")
