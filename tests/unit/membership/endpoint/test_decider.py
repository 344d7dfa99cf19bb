from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.membership.endpoint import commands, events
from services.membership.endpoint.decider import ENDPOINT, MOST_ENDPOINTS, OVERLAP
from shared.ids import Code, Label, PersonId
from shared.testing import given

url, elsewhere = Label("https://crm.example/hook"), Label("https://erp.example/hook")
everything: tuple[Code, ...] = ()
payments = (Code("io.tessera.billing.PaymentSucceeded"),)
olga = PersonId(UUID(int=1))
noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

register = commands.RegisterEndpoint(url, everything, Code("seed"), after=7, others=0)
registered = events.EndpointRegistered(url, everything, Code("seed"), after=7)
disabled = events.EndpointDisabled("staff", url)
stop = commands.StopEndpoint(run=0, cause="failing", tell=(olga,))


def test_an_endpoint_is_told_what_is_heard_from_now_on() -> None:
    given(ENDPOINT).when(register).then(registered)


def test_registering_twice_is_registering_once() -> None:
    given(ENDPOINT, registered).when(register).then_nothing()


def test_a_community_has_only_so_many_endpoints() -> None:
    one_more = commands.RegisterEndpoint(url, everything, Code("seed"), 7, MOST_ENDPOINTS)
    given(ENDPOINT).when(one_more).then_rejected("too_many_endpoints")


def test_address_and_types_may_change() -> None:
    change = commands.ChangeEndpoint(elsewhere, payments)
    changed = events.EndpointChanged(elsewhere, payments, run=1)
    given(ENDPOINT, registered).when(change).then(changed)
    given(ENDPOINT, registered, changed).when(change).then_nothing()
    given(ENDPOINT, registered, changed).when(stop).then_nothing()


def test_changing_nothing_is_no_change() -> None:
    given(ENDPOINT, registered).when(commands.ChangeEndpoint(url, everything)).then_nothing()


def test_after_a_rotation_both_secrets_sign_for_a_day() -> None:
    rotated = events.SecretRotated(Code("new"), noon + timedelta(days=1))
    given(ENDPOINT, registered).when(
        commands.RotateSecret(Code("new"), at_once=False, at=noon)
    ).then(rotated)
    endpoint = ENDPOINT.fold([registered, rotated])
    assert endpoint.seeds_at(noon) == ("new", "seed")
    assert endpoint.seeds_at(noon + OVERLAP - timedelta(seconds=1)) == ("new", "seed")
    assert endpoint.seeds_at(noon + OVERLAP) == ("new",)


def test_a_secret_in_wrong_hands_is_good_for_nothing_at_once() -> None:
    rotated = events.SecretRotated(Code("new"), noon)
    given(ENDPOINT, registered).when(
        commands.RotateSecret(Code("new"), at_once=True, at=noon)
    ).then(rotated)
    assert ENDPOINT.fold([registered, rotated]).seeds_at(noon) == ("new",)


def test_two_secrets_are_the_most() -> None:
    first = events.SecretRotated(Code("second"), noon + OVERLAP)
    then = events.SecretRotated(Code("third"), noon + OVERLAP)
    assert ENDPOINT.fold([registered, first, then]).seeds_at(noon) == ("third", "second")


def test_an_endpoint_may_rest() -> None:
    given(ENDPOINT, registered).when(commands.DisableEndpoint()).then(disabled)
    given(ENDPOINT, registered, disabled).when(commands.DisableEndpoint()).then_nothing()


def test_each_enabling_is_a_run_of_its_own() -> None:
    enable = commands.EnableEndpoint(after=None)
    given(ENDPOINT, registered).when(enable).then_nothing()
    given(ENDPOINT, registered, disabled).when(enable).then(events.EndpointEnabled(1, None))
    given(ENDPOINT, registered, disabled, events.EndpointEnabled(1, None), disabled).when(
        enable
    ).then(events.EndpointEnabled(2, None))


def test_what_was_missed_may_be_left_out() -> None:
    given(ENDPOINT, registered, disabled).when(commands.EnableEndpoint(after=90)).then(
        events.EndpointEnabled(1, 90)
    )


def test_an_endpoint_that_was_given_up_is_off_and_the_owners_are_told() -> None:
    given(ENDPOINT, registered).when(stop).then(events.EndpointDisabled("failing", url, (olga,)))


def test_a_verdict_on_an_earlier_run_stops_nothing() -> None:
    enabled = events.EndpointEnabled(1, None)
    given(ENDPOINT, registered, disabled, enabled).when(stop).then_nothing()


def test_what_is_off_or_gone_is_not_stopped_again() -> None:
    given(ENDPOINT, registered, disabled).when(stop).then_nothing()
    given(ENDPOINT, registered, events.EndpointRemoved()).when(stop).then_nothing()
    given(ENDPOINT).when(stop).then_nothing()


def test_a_removed_endpoint_is_not_there_any_more() -> None:
    removed = events.EndpointRemoved()
    given(ENDPOINT, registered).when(commands.RemoveEndpoint()).then(removed)
    given(ENDPOINT, registered, removed).when(commands.RemoveEndpoint()).then_nothing()
    for command in (
        commands.ChangeEndpoint(url, everything),
        commands.RotateSecret(Code("new"), at_once=False, at=noon),
        commands.DisableEndpoint(),
        commands.EnableEndpoint(after=None),
    ):
        given(ENDPOINT, registered, removed).when(command).then_rejected("endpoint_not_found")


def test_nobody_changes_what_was_never_registered() -> None:
    given(ENDPOINT).when(commands.RemoveEndpoint()).then_rejected("endpoint_not_found")
    given(ENDPOINT).when(commands.DisableEndpoint()).then_rejected("endpoint_not_found")
