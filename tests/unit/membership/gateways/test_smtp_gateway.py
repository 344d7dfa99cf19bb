import re
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.membership.gateways.gateway import Letter, Unsendable
from services.membership.gateways.pages import TEMPLATES
from services.membership.gateways.smtp_gateway import written
from shared.money import Money

ours = "Tessera <hello@tessera.example>"
bought = Letter(
    key=UUID(int=1),
    to="ada@example.com",
    sender="Chess & Go",
    template="ticket_bought",
    language="en",
    values={"gathering": "Simultaneous <exhibition>", "seats": 2, "amount": Money(1050, "EUR")},
    link="https://chess.example/tickets/7",
)


def plain(letter: Letter) -> str:
    part = written(letter, ours).get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html(letter: Letter) -> str:
    part = written(letter, ours).get_body(("html",))
    assert part is not None
    return str(part.get_content())


def test_a_letter_comes_from_the_community_at_our_address() -> None:
    message = written(bought, ours)
    assert message["From"] == "Chess & Go <hello@tessera.example>"
    assert message["To"] == "ada@example.com"
    assert message["Subject"] == "You are going to Simultaneous <exhibition>"


def test_a_letter_tried_twice_carries_one_message_id() -> None:
    assert written(bought, ours)["Message-ID"] == f"<{UUID(int=1)}@tessera.example>"


def test_both_parts_say_the_same() -> None:
    assert "Seats: 2. Amount: 10.50 EUR." in plain(bought)
    assert "Seats: 2. Amount: 10.50 EUR." in html(bought)
    assert "https://chess.example/tickets/7" in plain(bought)
    assert 'href="https://chess.example/tickets/7"' in html(bought)


def test_nothing_in_a_value_becomes_markup() -> None:
    assert "Simultaneous &lt;exhibition&gt;" in html(bought)
    assert "Chess &amp; Go" in html(bought)


def test_a_line_break_in_a_value_becomes_no_header() -> None:
    values = {**bought.values, "gathering": "Chess\r\nBcc: eve@example.com"}
    message = written(replace(bought, values=values), ours)
    assert message["Subject"] == "You are going to Chess Bcc: eve@example.com"
    assert message["Bcc"] is None


def test_french_has_its_own_words_and_numbers() -> None:
    assert "Places\xa0: 2. Montant\xa0: 10,50 EUR." in plain(replace(bought, language="fr"))


def test_a_time_is_told_in_the_time_zone_of_the_community() -> None:
    moment = datetime(2026, 8, 1, 16, 30, tzinfo=UTC)
    there = replace(bought, time_zone="Europe/Paris", values={**bought.values, "gathering": moment})
    assert "1 August 2026, 18:30 (Europe/Paris)" in plain(there)
    assert "1 août 2026, 18:30 (Europe/Paris)" in plain(replace(there, language="fr"))


def test_a_template_nobody_wrote_is_no_letter() -> None:
    with pytest.raises(Unsendable) as refusal:
        written(replace(bought, template="horoscope"), ours)
    assert refusal.value.reason == "unknown_template"


def test_a_letter_with_a_gap_is_not_sent() -> None:
    with pytest.raises(Unsendable) as refusal:
        written(replace(bought, values={}), ours)
    assert refusal.value.reason == "incomplete_values"


def test_every_template_says_the_same_in_every_language() -> None:
    names = {stem.split(".")[0] for stem in TEMPLATES}
    for name in names:
        english, french = TEMPLATES[f"{name}.en"], TEMPLATES[f"{name}.fr"]
        gaps = [set(re.findall(r"{(\w+)}", text)) - {"sender"} for text in (english, french)]
        assert gaps[0] == gaps[1], name
