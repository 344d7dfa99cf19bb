import re
from dataclasses import replace
from uuid import UUID

import pytest

from services.membership.gateways.gateway import Letter, Look, WayOut, Words
from services.membership.gateways.pages import TEMPLATES, drawn, html_of, short
from shared.money import Money

announced = Letter(
    key=UUID(int=1),
    to="ada@example.com",
    sender="Chess & Go",
    template="announcement",
    language="en",
    values={},
    look=Look("#aa3355", "https://chess.example/logo.png"),
    words=Words("Simul on\r\nSaturday", "Bring **a board**.\n\n* one\n* two"),
    way_out=WayOut("announcement", "https://t.example/post", "https://t.example/page?a=1&b=2"),
)


def test_what_staff_write_is_drawn_as_they_mean_it() -> None:
    html = html_of(
        "# Hello\n\nBring *a* **board**:\n\n- one\n- two\n\n> quoted\n\n[site](https://a.b)"
    )
    assert "<h1>Hello</h1>" in html
    assert "<em>a</em> <strong>board</strong>" in html
    assert "<li>one</li>" in html
    assert "<blockquote>" in html
    assert '<a href="https://a.b" rel="noopener noreferrer">site</a>' in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<b onmouseover=alert(1)>x</b>",
        "<style>body{display:none}</style>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](//evil.example)",
        "[x](/relative)",
        "<javascript:alert(1)>",
        "![pixel](https://evil.example/p.gif)",
        '[x](https://a.b "onload=alert(1)")',
        "[x]: javascript:alert(1)\n\n[x]",
        "```html\n<script>alert(1)</script>\n```",
        '[x](https://a.b/"onclick="alert(1))',
    ],
)
def test_nothing_that_staff_write_does_anything(text: str) -> None:
    html = html_of(text)
    for tag in ("<script", "<img", "<style", "<b ", "<iframe"):
        assert tag not in html
    assert 'href="javascript' not in html.lower()
    assert 'href="data' not in html
    assert 'href="/' not in html
    assert " title=" not in html
    assert ' onclick="' not in html


def test_both_parts_carry_the_text_and_the_way_out() -> None:
    page = drawn(announced)
    assert page.subject == "Simul on Saturday"
    assert "Bring **a board**." in page.plain
    assert page.plain.endswith("No more of these: https://t.example/page?a=1&b=2\n")
    assert "<strong>a board</strong>" in page.html
    assert 'href="https://t.example/page?a=1&amp;b=2"' in page.html
    assert "in touch with Chess &amp; Go" in page.html


def test_the_button_says_what_is_done_where_it_leads() -> None:
    owed = replace(
        announced,
        template="subscription_past_due",
        values={"amount": Money(1200, "EUR")},
        words=None,
        way_out=None,
        link="https://chess.example/pay/7",
    )
    assert ">Pay now</a>" in drawn(owed).html
    assert ">Payer</a>" in drawn(replace(owed, language="fr")).html
    for text in (drawn(owed).plain, short(owed, 2000)):
        assert "Pay now" not in text
        assert "https://chess.example/pay/7" in text
    assert "</a>" not in drawn(replace(owed, link=None)).html


@pytest.mark.parametrize("name", sorted({stem.rpartition(".")[0] for stem in TEMPLATES}))
def test_every_letter_says_the_same_in_both_languages(name: str) -> None:
    english, french = (TEMPLATES[f"{name}.{language}"] for language in ("en", "fr"))
    placeholders = [sorted(set(re.findall(r"{(\w+)}", text))) for text in (english, french)]
    assert placeholders[0] == placeholders[1]
    assert len({text.rstrip().endswith("]") for text in (english, french)}) == 1
    assert "'" not in french
    assert not re.search(" [:;?!]", french)


def test_the_page_wears_the_colours_of_its_sender() -> None:
    page = drawn(announced).html
    assert "border-top:6px solid #aa3355" in page
    assert '<img src="https://chess.example/logo.png"' in page
    assert ".text a{color:#aa3355}" in page
    assert "<img" not in drawn(replace(announced, look=Look())).html


def test_a_colour_that_cannot_be_read_is_not_written_in() -> None:
    yellow = drawn(replace(announced, look=Look("#ffee00"), link="https://t.example/x")).html
    assert ".text a{color:#1c1f23}" in yellow
    assert "background:#ffee00;color:#1c1f23" in yellow
    blue = drawn(replace(announced, look=Look("#0b3d91"), link="https://t.example/x")).html
    assert "background:#0b3d91;color:#ffffff" in blue


def test_what_is_pressed_has_the_accent_and_the_sender_their_colour() -> None:
    linked = replace(announced, link="https://t.example/x")
    both = drawn(replace(linked, look=Look("#0b3d91", accent="#c2410c"))).html
    assert "border-top:6px solid #0b3d91" in both
    assert "background:#c2410c;color:#ffffff;border:1px solid #c2410c" in both
    assert ".text a{color:#c2410c}" in both
    one = drawn(replace(linked, look=Look("#0b3d91"))).html
    assert "background:#0b3d91;color:#ffffff;border:1px solid #0b3d91" in one


def test_a_light_accent_is_seen_on_paper_and_links_take_what_can_be_read() -> None:
    linked = replace(announced, link="https://t.example/x")
    light = drawn(replace(linked, look=Look("#0b3d91", accent="#fffbe6"))).html
    assert "background:#fffbe6;color:#1c1f23;border:1px solid #1c1f23" in light
    assert ".text a{color:#0b3d91}" in light


def test_french_readers_are_told_in_french_how_to_leave() -> None:
    page = drawn(replace(announced, language="fr"))
    assert "Ne plus en recevoir : https://t.example/page" in page.plain
    assert 'lang="fr"' in page.html


def test_in_a_chat_it_is_short_and_shows_whose_it_is() -> None:
    asked = replace(
        announced,
        template="level_reached",
        words=None,
        values={"level": "*Gold* @everyone"},
        link="https://t.example/a_b_c",
    )
    text = short(asked, 2_000)
    assert text.startswith("**Chess & Go · ")
    assert "\\*Gold\\*" in text, "what a value says is no Markdown"
    assert "https://t.example/a_b_c" in text
    assert text.endswith("-# No more of these: <https://t.example/page?a=1&b=2>")
    assert "Bring **a board**." in short(announced, 2_000), "what staff write is"


def test_of_what_is_too_long_the_end_is_left_out_and_not_the_link() -> None:
    long = replace(
        announced, words=Words("Simul", "chess " * 2_000), link="https://t.example/simul"
    )
    text = short(long, 2_000)
    assert len(text) <= 2_000
    assert "chess…" in text
    assert "https://t.example/simul" in text
