from services.membership.account.commands import OpenAccount
from services.membership.account.decider import ACCOUNT
from services.membership.account.events import AccountOpened
from shared.testing import given


def test_a_proved_address_opens_an_account() -> None:
    given(ACCOUNT).when(OpenAccount()).then(AccountOpened())


def test_an_account_opens_once() -> None:
    given(ACCOUNT, AccountOpened()).when(OpenAccount()).then_nothing()
