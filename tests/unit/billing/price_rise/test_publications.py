"""What who pays is told, in letters that exist and say what will be charged."""

from dataclasses import replace
from datetime import datetime, timedelta
from string import Formatter
from uuid import UUID

import pytest

from services.billing.price_rise.publications import (
    dropped,
    tell_again_of_rise,
    tell_of_rise,
    tell_of_withdrawal,
)
from services.billing.subscription import events
from services.billing.subscription.events import Rise, Terms
from services.membership.gateways.pages import TEMPLATES
from services.membership.writing import kind_of
from shared.contracts.billing_message import MessageRequested
from shared.contracts.contract import MoneyValue
from shared.ids import Code, Label
from tests.unit.billing.cast import ada, euros, fact, noon

due = noon + timedelta(days=61)
terms = Terms(ada, UUID(int=10), UUID(int=20), euros(10), "month", 2, Code("UTC"))
to = replace(terms, price=euros(15), price_version=2)
notice = Rise(UUID(int=70), UUID(int=10), Label("Gold"), 2, (euros(15),), noon, 30)
consent = replace(notice, needs_consent=True)
or_ends = replace(consent, otherwise="end")


def told(rise: Rise) -> events.PriceRiseAnnounced:
    return events.PriceRiseAnnounced(terms, rise, to, noon, due, due)


def again(rise: Rise, *, agreed: bool = False) -> events.PriceRiseRecalled:
    return events.PriceRiseRecalled(terms, rise, to, due, agreed)


def gone(reason: events.RiseDropReason, rise: Rise | None = notice) -> events.PriceRiseDropped:
    return events.PriceRiseDropped(terms, notice.rise_id, reason, rise)


LETTERS = [
    (tell_of_rise(fact(told(notice))), "price_rises"),
    (tell_of_rise(fact(told(consent))), "price_rise_asked"),
    (tell_of_rise(fact(told(or_ends))), "price_rise_asked_or_ends"),
    (tell_again_of_rise(fact(again(notice))), "price_rises_soon"),
    (tell_again_of_rise(fact(again(consent))), "price_rise_asked"),
    (tell_again_of_rise(fact(again(or_ends))), "price_rise_asked_or_ends"),
    (tell_again_of_rise(fact(again(or_ends, agreed=True))), "price_rises_soon"),
    (tell_of_withdrawal(fact(gone("withdrawn"))), "price_rise_withdrawn"),
]


@pytest.mark.parametrize(("letter", "template"), LETTERS)
def test_each_letter_has_its_words_and_none_can_be_turned_off(
    letter: MessageRequested | None, template: str
) -> None:
    assert letter
    assert letter.template == template
    assert kind_of(template) == "transactional"
    for language in ("en", "fr"):
        wanted = {name for _, name, _, _ in Formatter().parse(TEMPLATES[f"{template}.{language}"])}
        assert wanted - {None, "sender"} == set(letter.values)


def test_what_it_says_is_what_is_charged() -> None:
    values = tell_of_rise(fact(told(notice))).values
    assert values["before"] == MoneyValue.of(euros(20))
    assert values["amount"] == MoneyValue.of(euros(30)) == MoneyValue.of(to.amount)
    assert isinstance(values["from"], datetime)


def test_nobody_hears_of_the_end_of_what_they_were_not_told_of() -> None:
    assert dropped(fact(gone("by_hand", None))) is None
    assert tell_of_withdrawal(fact(gone("withdrawn", None))) is None
    assert tell_of_withdrawal(fact(gone("changed"))) is None
    heard = dropped(fact(gone("changed")))
    assert heard
    assert (heard.reason, heard.rise_id) == ("changed", notice.rise_id)
