from services.billing.merchant import commands, events
from services.billing.merchant.decider import MERCHANT
from shared.ids import Code
from shared.testing import given

ours, another = Code("acct_ours"), Code("acct_another")
connected = events.AccountConnected(ours)


def test_a_community_connects_its_account() -> None:
    given(MERCHANT).when(commands.ConnectAccount(ours)).then(connected)


def test_connecting_the_same_account_again_changes_nothing() -> None:
    given(MERCHANT, connected).when(commands.ConnectAccount(ours)).then_nothing()


def test_another_account_is_refused_because_cards_cannot_move() -> None:
    refused = given(MERCHANT, connected).when(commands.ConnectAccount(another))
    refused.then_rejected("account_already_connected")


def test_paypal_is_connected_beside_it_and_as_much_for_good() -> None:
    wallet, other = Code("paypal:OURS"), Code("paypal:OTHER")
    beside = events.PaypalConnected(wallet)
    given(MERCHANT, connected).when(commands.ConnectPaypal(wallet)).then(beside)
    given(MERCHANT, beside).when(commands.ConnectPaypal(wallet)).then_nothing()
    given(MERCHANT, beside).when(commands.ConnectAccount(ours)).then(connected)
    refused = given(MERCHANT, beside).when(commands.ConnectPaypal(other))
    refused.then_rejected("account_already_connected")
