from services.membership.client.commands import RegisterClient, RevokeClient
from services.membership.client.decider import CLIENT
from services.membership.client.events import ClientRegistered, ClientRevoked
from shared.ids import Code, Label
from shared.testing import given

importer = Label("Nightly importer")
digest = Code("5f70bf18a0860070")
register = RegisterClient(importer, "accountant", digest)
registered = ClientRegistered(importer, "accountant", digest)
revoked = ClientRevoked("accountant")


def test_a_client_is_registered_with_the_hash_of_its_secret() -> None:
    given(CLIENT).when(register).then(registered)


def test_a_client_keeps_its_first_secret() -> None:
    given(CLIENT, registered).when(
        RegisterClient(importer, "accountant", Code("another"))
    ).then_nothing()


def test_a_client_is_shut_out_of_its_role() -> None:
    given(CLIENT, registered).when(RevokeClient()).then(revoked)


def test_a_client_is_shut_out_once() -> None:
    given(CLIENT, registered, revoked).when(RevokeClient()).then_nothing()


def test_a_client_that_was_shut_out_stays_out() -> None:
    given(CLIENT, registered, revoked).when(register).then_nothing()


def test_an_unknown_client_cannot_be_shut_out() -> None:
    given(CLIENT).when(RevokeClient()).then_rejected("client_not_found")
