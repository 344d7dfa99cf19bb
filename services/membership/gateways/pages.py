"""Draws a letter: its subject, its plain text, and the same as a page of HTML under the sender's colours."""

import re
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import assert_never
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import nh3
from markdown_it import MarkdownIt

from services.membership.colours import edge_of, readable_on_paper, text_on
from services.membership.gateways.gateway import Language, Letter, Unsendable, Value
from shared.money import Money

# Each file: the subject, an empty line, the paragraphs; in brackets at the end what to do where it leads.
TEMPLATES = {
    path.stem: path.read_text()
    for path in sorted((Path(__file__).parent / "letters").glob("*.txt"))
}
MONTHS: dict[Language, str] = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}
OPEN: dict[Language, str] = {"en": "Open", "fr": "Ouvrir"}
WHY: dict[Language, dict[str, str]] = {
    "en": {
        "announcement": "You receive this announcement because you are in touch with {sender}.",
        "reminder": "You receive this reminder because you are in touch with {sender}.",
        "stop": "No more of these",
        "leave": "No more of these: {page}",
    },
    "fr": {
        "announcement": "Vous recevez cette annonce parce que vous êtes en lien avec {sender}.",
        "reminder": "Vous recevez ce rappel parce que vous êtes en lien avec {sender}.",
        "stop": "Ne plus en recevoir",
        "leave": "Ne plus en recevoir : {page}",
    },
}

DEED = re.compile(r"\[(.+)\]")
SCHEMES = {"https", "http", "mailto"}
TAGS = set("p br strong em a ul ol li h1 h2 h3 blockquote hr code pre".split())

STYLE = """
body{margin:0;padding:0;background:#f2f3f5;color:#1c1f23}
.text{font:16px/1.55 -apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
.text p,.text ul,.text ol,.text blockquote,.text pre{margin:0 0 16px}
.text h1,.text h2,.text h3{line-height:1.25;margin:24px 0 12px}
.text h1{font-size:24px}.text h2{font-size:20px}.text h3{font-size:17px}
.text li{margin:0 0 6px}.text blockquote p{margin:0}
.text blockquote{padding:2px 0 2px 16px;border-left:4px solid #d5d8dd;color:#4a5058}
.text hr{border:0;border-top:1px solid #d5d8dd;margin:24px 0}
.text code{font-size:14px;background:#f2f3f5;padding:1px 4px;border-radius:3px}
.text pre code{display:block;padding:12px;white-space:pre-wrap}
"""


@dataclass(frozen=True, slots=True)
class Drawn:
    subject: str
    plain: str
    html: str


def drawn(letter: Letter) -> Drawn:
    """The letter as it is read. Unsendable when its template or a value of it is missing."""
    subject, paragraphs, deed = _template(letter) if letter.words is None else _words(letter)
    body = (
        "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
        if letter.words is None
        else html_of(letter.words.text)
    )
    plain = [*paragraphs, *([letter.link] if letter.link else [])]
    if letter.way_out:
        leave = WHY[letter.language]["leave"].format(page=letter.way_out.page)
        plain += ["--", f"{_why(letter)}\n{leave}"]
    return Drawn(subject, "\n\n".join(plain) + "\n", _page(letter, subject, body, deed))


def short(letter: Letter, most: int) -> str:
    """The letter as a message in a chat that reads Markdown: of what is too long the end is left out, not the link."""
    if letter.words is None:
        subject, paragraphs, _ = _template(letter)
        subject, paragraphs = _literal(subject), [_literal(one) for one in paragraphs]
    else:
        subject, paragraphs, _ = _words(letter)
    head = f"**{_literal(_one_line(letter.sender))} · {subject}**"
    tail = [letter.link] if letter.link else []
    if letter.way_out:
        leave = WHY[letter.language]["leave"].format(page=f"<{letter.way_out.page}>")
        tail.append(f"-# {leave}")
    room = most - sum(len(part) + 2 for part in (head, *tail))
    text = "\n\n".join(paragraphs)
    if len(text) > room:
        text = text[: room - 1].rstrip() + "…"
    return "\n\n".join([head, text, *tail])


def _literal(text: str) -> str:
    """Nothing in it is Markdown; an address stays one."""
    return re.sub(r"https?://\S+|[\\*_~`|<>\[\]#]", _escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return found[0] if len(found[0]) > 1 else f"\\{found[0]}"


def _words(letter: Letter) -> tuple[str, list[str], str]:
    words, deed = letter.words, OPEN[letter.language]
    return (_one_line(words.subject), [words.text.strip()], deed) if words else ("", [], deed)


def _template(letter: Letter) -> tuple[str, list[str], str]:
    template = TEMPLATES.get(f"{letter.template}.{letter.language}")
    if template is None:
        raise Unsendable("unknown_template")
    values = {name: spoken(value, letter) for name, value in letter.values.items()}
    try:
        text = template.format_map({**values, "sender": _one_line(letter.sender)})
    except KeyError as missing:
        raise Unsendable("incomplete_values") from missing
    subject, *paragraphs = text.strip().split("\n\n")
    if named := DEED.fullmatch(template.strip().rpartition("\n\n")[2]):
        return subject, paragraphs[:-1], named[1]
    return subject, paragraphs, OPEN[letter.language]


def html_of(markdown: str) -> str:
    """A safe subset of Markdown: what is HTML in it is shown as it stands, pictures and scripts there are none."""
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable("image")
    parser.validateLink = _is_safe  # type: ignore[method-assign]  # the library's own way
    return nh3.clean(
        parser.render(markdown),
        tags=TAGS,
        attributes={"a": {"href"}, "*": set()},
        url_schemes=SCHEMES,
    )


def _is_safe(url: str) -> bool:
    try:
        return urlsplit(url).scheme in SCHEMES
    except ValueError:
        return False


def _page(letter: Letter, subject: str, body: str, deed: str) -> str:
    colour, sender = letter.look.colour, escape(_one_line(letter.sender))
    link = readable_on_paper(letter.look.pressed, colour)
    logo = (
        f'<img src="{escape(letter.look.logo)}" alt="" height="40"'
        ' style="display:block;height:40px;max-width:200px;margin:0 0 12px">'
        if letter.look.logo
        else ""
    )
    return (
        f'<!doctype html><html lang="{letter.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light">'
        f"<title>{escape(subject)}</title><style>{STYLE}.text a{{color:{link}}}</style></head>"
        '<body><table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr>'
        '<td align="center" style="padding:24px 12px"><table role="presentation" width="100%"'
        ' cellpadding="0" cellspacing="0" style="max-width:600px;background:#ffffff;'
        f'border-top:6px solid {colour};border-radius:6px"><tr><td class="text" align="left"'
        f' style="padding:28px 32px 16px">{logo}<p style="font-size:18px;font-weight:700">'
        f"{sender}</p>{body}{_button(letter, deed)}</td></tr>{_foot(letter)}</table></td></tr></table>"
        "</body></html>"
    )


def _button(letter: Letter, deed: str) -> str:
    """The address stands below it as text: for who will not press what they cannot see."""
    if not letter.link:
        return ""
    colour, href = letter.look.pressed, escape(letter.link)
    return (
        f'<p style="margin:24px 0 8px"><a href="{href}" style="display:inline-block;padding:11px 23px;'
        f"background:{colour};color:{text_on(colour)};border:1px solid {edge_of(colour)};"
        "border-radius:6px;font-weight:600;text-decoration:none"
        f'">{escape(deed)}</a></p><p style="font-size:13px;color:#5c636d;'
        f'overflow-wrap:anywhere">{href}</p>'
    )


def _foot(letter: Letter) -> str:
    if letter.way_out is None:
        return ""
    page, stop = escape(letter.way_out.page), WHY[letter.language]["stop"]
    return (
        '<tr><td class="text" align="left" style="padding:16px 32px 24px;border-top:1px solid #e4e6ea;'
        f'font-size:13px;color:#5c636d">{escape(_why(letter))}'
        f' <a href="{page}" style="color:#5c636d">{stop}</a></td></tr>'
    )


def _why(letter: Letter) -> str:
    kind = letter.way_out.kind if letter.way_out else ""
    return WHY[letter.language][kind].format(sender=_one_line(letter.sender))


def spoken(value: Value, letter: Letter) -> str:
    """A value as people write it, on one line: a label with a line break must not become a header."""
    match value:
        case datetime():
            local = value.astimezone(ZoneInfo(letter.time_zone))
            month = MONTHS[letter.language].split()[local.month - 1]
            return f"{local.day} {month} {local.year}, {local:%H:%M} ({letter.time_zone})"
        case Money():
            return str(value).replace(".", "," if letter.language == "fr" else ".")
        case int():
            return str(value)
        case str():
            return _one_line(value)
        case _:
            assert_never(value)


def _one_line(text: str) -> str:
    return " ".join(text.split())
